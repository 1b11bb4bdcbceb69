import { z } from "zod";
import type { HostReader, Reading } from "../host/host.ts";
import type { Evidence } from "./evidence.ts";

/** What dockerd(8) was told about packet filters; null: nothing, so its default holds. */
export interface DockerOptions {
  /** `false`: it writes no rules for IPv4. */
  readonly iptables: boolean | null;
  readonly ip6tables: boolean | null;
  /** `iptables` or `nftables`. */
  readonly firewallBackend: string | null;
  /** `false`: published ports have no listener of their own. */
  readonly userlandProxy: boolean | null;
  readonly evidence: readonly Evidence[];
}

const CONFIGURATION = "/etc/docker/daemon.json";
const SWITCHES = { iptables: "iptables", ip6tables: "ip6tables", "userland-proxy": "userlandProxy" } as const;

type Told = { -readonly [Key in keyof DockerOptions]: DockerOptions[Key] };

/**
 * From the daemon's file, and from its command line where one runs: it refuses to start where both say the same
 * option. Absent where there is neither. Every other option is dropped, for a proxy's may hold a password.
 */
export async function gatherDockerOptions(host: HostReader, pid: number | null): Promise<Reading<DockerOptions>> {
  const line = pid === null ? null : await host.readFile(`/proc/${pid}/cmdline`);
  const words = line?.ok === true ? line.value.split("\0") : [];
  const path = findOption(words, "--config-file") ?? CONFIGURATION;
  const file = await host.readFile(path);
  if (!file.ok && file.why !== "absent") return file;
  if (!file.ok && (line === null || !line.ok)) return line ?? file;
  const inFile = file.ok ? parseDaemonJson(file.value, path) : toNothing();
  if (inFile === null) return { ok: false, why: "unparsed", from: path };
  const inLine = parseDaemonWords(words, line?.from ?? "");
  const value: DockerOptions = {
    iptables: inLine.iptables ?? inFile.iptables,
    ip6tables: inLine.ip6tables ?? inFile.ip6tables,
    firewallBackend: inLine.firewallBackend ?? inFile.firewallBackend,
    userlandProxy: inLine.userlandProxy ?? inFile.userlandProxy,
    evidence: [...inLine.evidence, ...inFile.evidence],
  };
  return { ok: true, value, from: [...(line === null ? [] : [line.from]), path].join(", ") };
}

function toNothing(): Told {
  return { iptables: null, ip6tables: null, firewallBackend: null, userlandProxy: null, evidence: [] };
}

const DaemonJson = z.looseObject({
  iptables: z.boolean().optional(),
  ip6tables: z.boolean().optional(),
  "userland-proxy": z.boolean().optional(),
  "firewall-backend": z.string().optional(),
});

/** Reads daemon.json. Null: it is no JSON object, or an option is of another type; dockerd does not start with it. */
export function parseDaemonJson(text: string, from: string): DockerOptions | null {
  const parsed = DaemonJson.safeParse(toJson(text.trim() === "" ? "{}" : text));
  if (!parsed.success) return null;
  const options = parsed.data;
  const lines = text.split("\n");
  const names = [...Object.keys(SWITCHES), "firewall-backend"].filter((name) => options[name] !== undefined);
  return {
    iptables: options.iptables ?? null,
    ip6tables: options.ip6tables ?? null,
    firewallBackend: toBackend(options["firewall-backend"]),
    userlandProxy: options["userland-proxy"] ?? null,
    evidence: names.map((name): Evidence => {
      const line = lines.findIndex((each) => each.includes(`"${name}"`)) + 1;
      const said = `"${name}": ${JSON.stringify(options[name]).slice(0, 40)}`;
      return { from, ...(line > 0 ? { line } : {}), text: said };
    }),
  };
}

/** Reads the words of dockerd's command line. A switch without a value is on. */
export function parseDaemonWords(words: readonly string[], from: string): DockerOptions {
  const told: Told = toNothing();
  const evidence: Evidence[] = [];
  for (const word of words.slice(0, MOST_WORDS)) {
    const [, name = "", value = "true"] = /^--([a-z0-9-]+)(?:=(.*))?$/.exec(word) ?? [];
    if (!isSwitch(name)) continue;
    const isOn = /^(?:1|t|true)$/i.test(value) ? true : /^(?:0|f|false)$/i.test(value) ? false : null;
    if (isOn === null) continue;
    told[SWITCHES[name]] = isOn;
    evidence.push({ from, text: `--${name}=${isOn}` });
  }
  told.firewallBackend = toBackend(findOption(words, "--firewall-backend"));
  if (told.firewallBackend !== null) evidence.push({ from, text: `--firewall-backend=${told.firewallBackend}` });
  return { ...told, evidence };
}

const MOST_WORDS = 1_000;

function isSwitch(name: string): name is keyof typeof SWITCHES {
  return Object.hasOwn(SWITCHES, name);
}

function findOption(words: readonly string[], name: string): string | null {
  for (const [index, word] of words.entries()) {
    if (word === name) return words[index + 1] ?? null;
    if (word.startsWith(`${name}=`)) return word.slice(name.length + 1);
  }
  return null;
}

function toBackend(word: string | null | undefined): string | null {
  return word !== null && word !== undefined && /^[a-z]{1,20}$/.test(word) ? word : null;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
