import { setTimeout as sleep } from "node:timers/promises";
import type { Host } from "./host.ts";

/** What an administrator would compare to say that a host is as it was, by what it is called. */
export type HostState = Readonly<Record<string, readonly string[]>>;

/**
 * Files with type, mode, owner, time of the last write and content; folders without the time. Not looked at: what
 * services and managers write while they run, and Portlock's own journal.
 */
const LIST_FILES = `
cd /
find etc root home usr/local usr/share/ollama var/lib/ufw var/spool/cron run/systemd/system \\
  -xdev \\( -path 'etc/machine-id' -o -path '*/.ollama/models' -o -path 'usr/local/lib*' \\) -prune \\
  -o \\( -type f -printf '%p %y %m %U %G %T@\\n' -o -printf '%p %y %m %U %G %l\\n' \\) 2>/dev/null | sort
find etc root home usr/local var/lib/ufw run/systemd/system -xdev -type f -size -1024k \\
  -not -path '*/.ollama/*' -exec sha256sum {} + 2>/dev/null | sort`;

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  files: ["sh", "-c", LIST_FILES],
  "rules of nftables": ["nft", "--stateless", "list", "ruleset"],
  "rules of iptables": ["iptables-save"],
  "rules of ip6tables": ["ip6tables-save"],
  "rules of iptables-legacy": ["iptables-legacy-save"],
  "rules of ip6tables-legacy": ["ip6tables-legacy-save"],
  units: [
    "systemctl",
    "list-units",
    "--plain",
    "--no-legend",
    "--type=service,socket,timer,path",
    "--state=active,activating,failed",
  ],
  "unit files": ["systemctl", "list-unit-files", "--plain", "--no-legend", "--type=service"],
  // The runner of a model that a real Ollama has loaded comes with the first question, on a port by chance.
  listeners: [
    "sh",
    "-c",
    String.raw`ss -H -tln | grep -vwF -e 'no port' $(pgrep -af 'ollama runner' | sed -n 's/.*--port \([0-9][0-9]*\).*/-e 127.0.0.1:\1/p'); true`,
  ],
  // Of containers' pairs each start makes new ones, which have names like these.
  links: ["sh", "-c", "ls /sys/class/net | grep -v ^veth"],
  containers: [
    "sh",
    "-c",
    "docker ps --all --no-trunc --format '{{.ID}} {{.Names}} {{.Ports}} {{.State}}' 2>/dev/null; docker volume ls --quiet 2>/dev/null; true",
  ],
};

/** What differs each time although nothing was changed: counters, times, and services and watches that come and go. */
const NOISE =
  /^#|\[\d+:\d+\]|^systemd-(hostnamed|logind|tmpfiles-clean|timedated)\.|^user(-runtime-dir)?@0\.|^session-|^run-|^portlock-revert-|^plymouth/;

/** Looks at a host as its administrator would. */
export async function readHostState(host: Host): Promise<HostState> {
  const looks = Object.entries(COMMANDS).map(async ([what, command]) => {
    const { stdout } = await host.attempt(command);
    const lines = stdout.split("\n").map((line) =>
      line
        .replace(/\[\d+:\d+\]/, "")
        .replaceAll(/ +/g, " ")
        .trim(),
    );
    return [what, lines.filter((line) => line !== "" && !NOISE.test(line)).toSorted()] as const;
  });
  return Object.fromEntries(await Promise.all(looks));
}

/** How long services may take to be there again after a change was taken back. */
const PATIENCE_MS = 30_000;

/**
 * Looks until a host is as it was, and returns the lines in which it is not when patience is at its end; lines that
 * `mayDiffer` knows are passed over.
 */
export async function waitUntilAsBefore(host: Host, before: HostState, mayDiffer?: RegExp): Promise<readonly string[]> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(300)) {
    const all = compareHostStates(before, await readHostState(host));
    const differences = all.filter((each) => mayDiffer?.test(each) !== true);
    if (differences.length === 0 || Date.now() > deadline) return differences;
  }
}

/** Lines that only one of two looks has, each with where it stood; empty where the host is as it was. */
function compareHostStates(before: HostState, after: HostState): readonly string[] {
  return Object.keys(before).flatMap((what) => {
    const [was, is] = [new Set(before[what]), new Set(after[what])];
    return [
      ...[...was].filter((line) => !is.has(line)).map((line) => `${what}: - ${line}`),
      ...[...is].filter((line) => !was.has(line)).map((line) => `${what}: + ${line}`),
    ];
  });
}
