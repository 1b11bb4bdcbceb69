import type { HostReader, Reading } from "../host/host.ts";
import type { Evidence } from "./evidence.ts";

/** What ufw(8) was told, from its files: `ufw status` is a slow Python program, and says no more than these do. */
export interface Ufw {
  /** `ENABLED=` of ufw.conf: whether its rules are loaded, now and when the host starts. Null: not said. */
  readonly enabled: boolean | null;
  /** `IPV6=` of /etc/default/ufw. With `no`, IPv6 is dropped but for loopback. Null: not said. */
  readonly ipv6: boolean | null;
  /** `DEFAULT_INPUT_POLICY=` of /etc/default/ufw, as written there. Null: not said. */
  readonly inputPolicy: string | null;
  readonly rules: Reading<readonly UfwRule[]>;
  /** The line that says `ENABLED=`, and that of the policy. */
  readonly evidence: readonly Evidence[];
}

/** One rule as somebody gave it to ufw, for one family. */
export interface UfwRule {
  readonly family: 4 | 6;
  /** As `ufw show added` prints it, and as it can be given again; without its comment, which may say anything. */
  readonly command: string;
  readonly action: "allow" | "deny" | "reject" | "limit";
  /** About packets that the host passes on (`ufw route`). */
  readonly routed: boolean;
  readonly direction: "in" | "out";
  /** `tcp`, `udp`, `any`, … */
  readonly protocol: string;
  /** `any`, `11434`, `80,443`, `8000:8010`. */
  readonly port: string;
  /** The rules of iptables that it is loaded as, without comments. */
  readonly loadedAs: readonly string[];
  readonly evidence: Evidence;
}

const CONFIGURATION = "/etc/ufw/ufw.conf";
const DEFAULTS = "/etc/default/ufw";
const RULE_FILES = [
  { path: "/etc/ufw/user.rules", family: 4 },
  { path: "/etc/ufw/user6.rules", family: 6 },
] as const;
/** Absent where ufw is not installed, or has never been: its configuration is not there. */
export async function gatherUfw(host: HostReader): Promise<Reading<Ufw>> {
  const configuration = await host.readFile(CONFIGURATION);
  if (!configuration.ok) return configuration;
  const [defaults, rules] = await Promise.all([host.readFile(DEFAULTS), gatherRules(host)]);
  const enabled = findVariable(configuration.value, "ENABLED", CONFIGURATION);
  const policy = defaults.ok ? findVariable(defaults.value, "DEFAULT_INPUT_POLICY", DEFAULTS) : null;
  const ipv6 = defaults.ok ? findVariable(defaults.value, "IPV6", DEFAULTS) : null;
  const value: Ufw = {
    enabled: toSwitch(enabled?.value),
    ipv6: toSwitch(ipv6?.value),
    inputPolicy: policy?.value ?? null,
    rules,
    evidence: [enabled, policy].flatMap((found) => (found === null ? [] : [found.evidence])),
  };
  return { ok: true, value, from: CONFIGURATION };
}

async function gatherRules(host: HostReader): Promise<Reading<readonly UfwRule[]>> {
  const paths = RULE_FILES.map(({ path }) => path).join(", ");
  const texts = await Promise.all(RULE_FILES.map(async (file) => ({ ...file, text: await host.readFile(file.path) })));
  const failed = texts.find(({ text }) => !text.ok && text.why !== "absent");
  if (failed !== undefined && !failed.text.ok) return failed.text;
  if (texts.every(({ text }) => !text.ok)) return { ok: false, why: "absent", from: paths };
  const value = texts.flatMap(({ path, family, text }) => (text.ok ? parseUfwRules(text.value, family, path) : []));
  return { ok: true, value, from: paths };
}

/** One variable of a file in the form of a shell's, which ufw reads by itself: the last line that sets it counts. */
function findVariable(text: string, name: string, from: string): { value: string; evidence: Evidence } | null {
  const found = text.split("\n").flatMap((line, index) => {
    const [, key, value] = /^\s*([A-Z0-9_]+)=["']?([A-Za-z]*)["']?\s*$/.exec(line) ?? [];
    if (key !== name || value === undefined) return [];
    return [{ value, evidence: { from, line: index + 1, text: line.trim() } }];
  });
  return found.at(-1) ?? null;
}

function toSwitch(value: string | undefined): boolean | null {
  const lower = value?.toLowerCase();
  return lower === "yes" ? true : lower === "no" ? false : null;
}

const TUPLE: RegExp =
  /^### tuple ### (?<route>route:)?(?<action>allow|deny|reject|limit)(?<log>_log(?:-all)?)? (?<words>\S+(?: \S+)*)$/;
const LOADED: RegExp = /^-A ufw6?-user-(?:input|output|forward) /;

/** Reads user.rules, whose `### tuple ###` lines are what ufw itself keeps: every rule with what it is loaded as. */
export function parseUfwRules(text: string, family: 4 | 6, from: string): readonly UfwRule[] {
  const rules: (UfwRule & { readonly loadedAs: string[] })[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.startsWith("### END RULES")) break;
    if (LOADED.test(line)) rules.at(-1)?.loadedAs.push(line.replace(/ -m comment --comment '[^']*'/, ""));
    if (!line.startsWith("### tuple ###")) continue;
    const rule = toRule(line.replace(/ comment=\S*$/, ""), family, { from, line: index + 1 });
    if (rule !== null) rules.push(rule);
  }
  return rules;
}

function toRule(
  line: string,
  family: 4 | 6,
  place: Pick<Evidence, "from" | "line">,
): (UfwRule & { readonly loadedAs: string[] }) | null {
  const groups = TUPLE.exec(line)?.groups;
  const words = groups?.["words"]?.split(" ") ?? [];
  const [protocol, port, to, fromPort, source] = words;
  const last = words.at(-1);
  if (protocol === undefined || port === undefined || to === undefined) return null;
  if (fromPort === undefined || source === undefined || last === undefined) return null;
  const [, direction, interfaces = ""] = /^(in|out)(?:_(\S+))?$/.exec(last) ?? [];
  const action = toAction(groups?.["action"]);
  if ((direction !== "in" && direction !== "out") || action === null) return null;
  const [toApp, fromApp] = words.length === 8 ? [words[5], words[6]] : [];
  const routed = groups?.["route"] !== undefined;
  const command = toCommand({
    prefix: [
      "ufw",
      ...(routed ? ["route"] : []),
      action,
      ...toDirection(direction, interfaces),
      ...(groups?.["log"] === undefined ? [] : [groups["log"].slice(1)]),
    ],
    destination: { address: to, port, application: toApplication(toApp) },
    source: { address: source, port: fromPort, application: toApplication(fromApp) },
    protocol,
    isBare: interfaces === "",
  });
  return {
    family,
    command,
    action,
    routed,
    direction,
    protocol,
    port,
    loadedAs: [],
    evidence: { ...place, text: line },
  };
}

function toAction(word: string | undefined): UfwRule["action"] | null {
  return word === "allow" || word === "deny" || word === "reject" || word === "limit" ? word : null;
}

/** `in` is what ufw takes without being told. */
function toDirection(direction: "in" | "out", interfaces: string): readonly string[] {
  if (interfaces === "") return direction === "out" ? ["out"] : [];
  return [
    direction,
    ...interfaces.split("!").flatMap((name, index) => [...(index > 0 ? ["out"] : []), "on", name.replace(/^out_/, "")]),
  ];
}

interface End {
  readonly address: string;
  readonly port: string;
  readonly application: string | null;
}

interface CommandParts {
  readonly prefix: readonly string[];
  readonly destination: End;
  readonly source: End;
  readonly protocol: string;
  /** No interface is named. */
  readonly isBare: boolean;
}

/** ufw's short form where only a port is named, else its long one. */
function toCommand({ prefix, destination, source, protocol, isBare }: CommandParts): string {
  const hasEnds = !isAnywhere(destination.address) || !isAnywhere(source.address) || toPort(source) !== null;
  const port = toPort(destination);
  if (!hasEnds && isBare && port !== null) {
    const suffix = destination.application === null && protocol !== "any" ? `/${protocol}` : "";
    return [...prefix, `${destination.application ?? destination.port}${suffix}`].join(" ");
  }
  const words = [...prefix];
  if (!isAnywhere(source.address) || toPort(source) !== null)
    words.push("from", toAddress(source), ...(toPort(source) ?? []));
  if (!isAnywhere(destination.address) || port !== null) words.push("to", toAddress(destination), ...(port ?? []));
  if (protocol !== "any" && destination.application === null && source.application === null) {
    if (!hasEnds && port === null) words.push("to", "any");
    words.push("proto", protocol);
  }
  return words.join(" ");
}

function toPort({ port, application }: End): readonly string[] | null {
  if (application !== null) return ["app", application];
  return port === "any" ? null : ["port", port];
}

function toAddress({ address }: End): string {
  return isAnywhere(address) ? "any" : address;
}

function isAnywhere(address: string): boolean {
  return address === "0.0.0.0/0" || address === "::/0" || address === "any";
}

/** Spaces in an application's name are written so. */
function toApplication(word: string | undefined): string | null {
  return word === undefined || word === "-" ? null : word.replaceAll("%20", " ");
}
