import { writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { attemptCommand, runCommand } from "../command.ts";
import { type Case, type Input, toText, type Tool } from "./case.ts";

const ARGUMENTS: Readonly<Record<Tool, readonly string[]>> = {
  "ipset restore": ["ipset", "-exist", "restore"],
  "iptables-restore": ["iptables-nft-restore"],
  "ip6tables-restore": ["ip6tables-nft-restore"],
  "iptables-legacy-restore": ["iptables-legacy-restore"],
  "ip6tables-legacy-restore": ["ip6tables-legacy-restore"],
  "nft -f -": ["nft", "-f", "-"],
  "sh -e": ["sh", "-e"],
};
const PATIENCE_MS = 2_000;
const ROUTE_LOCALNET = "/proc/sys/net/ipv4/conf/all/route_localnet";
/** See private-files.sh, which keeps what was there before. */
const RESTORE_FILES =
  "for name in ufw default firewalld; do [ ! -d /mnt/pristine/$name ] || cp -a /mnt/pristine/$name/. /etc/$name/; done";
const EMPTY_LEGACY = ["raw", "mangle", "nat", "filter"].map((table) => `*${table}\n${toEmptyChains(table)}COMMIT\n`);

/** Gives the case to the real tools, in the network namespace this process stands in. Rejects where one refuses. */
export async function loadCase({ inputs, routeLocalnet }: Case): Promise<void> {
  if (routeLocalnet) writeFileSync(ROUTE_LOCALNET, "1");
  for (const input of inputs) await runCommand(ARGUMENTS[input.tool], { input: toText(input) });
}

/** Leaves the host without a rule, whatever a case has put there. */
export async function unloadCase({ inputs, routeLocalnet }: Case): Promise<void> {
  if (routeLocalnet) writeFileSync(ROUTE_LOCALNET, "0");
  if (inputs.some(({ tool }) => tool === "sh -e")) await runCommand(["sh", "-ec", RESTORE_FILES]);
  await runCommand(["nft", "flush", "ruleset"]);
  for (const tool of new Set(inputs.map((input: Input) => input.tool))) {
    if (tool.includes("legacy")) await runCommand(ARGUMENTS[tool], { input: EMPTY_LEGACY.join("") });
  }
  if (inputs.some(({ tool }) => tool === "ipset restore")) await destroySets();
}

/** A set in a list counts as used; and the kernel lets go of a set some time after the rules that used it are gone. */
async function destroySets(): Promise<void> {
  await runCommand(["ipset", "flush"]);
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(5)) {
    if ((await attemptCommand(["ipset", "destroy"])).exitCode === 0) return;
  }
  await runCommand(["ipset", "destroy"]);
}

function toEmptyChains(table: string): string {
  const chains = {
    raw: ["PREROUTING", "OUTPUT"],
    mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
    nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
    filter: ["INPUT", "FORWARD", "OUTPUT"],
  };
  return (Object.entries(chains).find(([name]) => name === table)?.[1] ?? [])
    .map((chain) => `:${chain} ACCEPT [0:0]\n`)
    .join("");
}
