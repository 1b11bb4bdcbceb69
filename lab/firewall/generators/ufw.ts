import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { AddressFamily } from "../../../src/firewall/address.ts";
import { type Addresses, openAddresses } from "../addresses.ts";
import { type Case, type Input, type Line, toNeededLine, toRuleLine } from "../case.ts";
import type { Random } from "../random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES } from "../world.ts";
import { drawPort, drawPortRange, drawWays } from "./ways.ts";

type Policy = "allow" | "deny" | "reject";

/** One rule as ufw's command line has it. */
interface UfwRule {
  readonly verdict: "allow" | "deny" | "reject" | "limit";
  readonly routed: boolean;
  readonly log: boolean;
  readonly inInterface: string | null;
  /** `any`, an address or a prefix. */
  readonly from: string;
  readonly to: string;
  /** Null: every port. */
  readonly port: string | null;
  readonly protocol: "tcp" | "udp" | null;
  /** Put before the rules that are there already. */
  readonly first: boolean;
}

interface Ufw {
  readonly incoming: Policy;
  readonly routedPolicy: Policy;
  readonly rules: readonly UfwRule[];
  readonly features: ReadonlySet<string>;
}

/** Rules of ufw given to ufw itself; a second or so each. */
export function drawUfwCommands(random: Random): Case {
  const ufw = drawUfw(random);
  const lines = [
    toNeededLine("exec >/dev/null"),
    toNeededLine(`ufw default ${ufw.incoming} incoming`),
    toNeededLine(`ufw default ${ufw.routedPolicy} routed`),
    toNeededLine("ufw --force enable"),
    ...ufw.rules.map((rule) => toRuleLine(toCommand(rule))),
  ];
  return toCase("ufw commands", random, ufw, [{ tool: "sh -e", lines }]);
}

/** The same rules as ufw would have written them, around what ufw 0.36.2 really put into the kernel. */
export function drawUfwRules(random: Random): Case {
  const ufw = drawUfw(random);
  return toCase("ufw rules", random, ufw, [toInput(ufw, 4), toInput(ufw, 6)]);
}

function toCase(dialect: string, random: Random, ufw: Ufw, inputs: readonly Input[]): Case {
  const ways = [...drawWays(random, 4, 2), ...drawWays(random, 6, 2)];
  return { dialect, features: [...ufw.features], inputs, ways, routeLocalnet: false };
}

function drawUfw(random: Random): Ufw {
  const features = new Set<string>();
  const addresses = { 4: openAddresses(random, 4), 6: openAddresses(random, 6) };
  const rules = Array.from({ length: 1 + random.below(5) }, (_, index) => drawRule(random, addresses, features, index));
  const incoming = random.pick<Policy>(["deny", "deny", "deny", "allow", "reject"]);
  return { incoming, routedPolicy: random.pick<Policy>(["deny", "deny", "allow", "reject"]), rules, features };
}

function drawRule(
  random: Random,
  addresses: Readonly<Record<AddressFamily, Addresses>>,
  features: Set<string>,
  index: number,
): UfwRule {
  const family = random.chance(0.7) ? 4 : 6;
  const routed = random.chance(0.2);
  const own = routed
    ? CONTAINER_ADDRESS[family]
    : random.pick([HOST_ADDRESSES.eth0[family], HOST_ADDRESSES.eth1[family]]);
  const to = random.chance(0.3) ? own : "any";
  // ufw itself refuses a prefix of length 0 together with an address.
  const from = random.chance(0.7) ? addresses[family].prefix().replace(/\/0$/, "/1") : "any";
  const verdict = random.pick<UfwRule["verdict"]>([
    "allow",
    "allow",
    "allow",
    "deny",
    "deny",
    "reject",
    random.chance(0.2) ? "limit" : "allow",
  ]);
  const list = `${drawPort(random)},${drawPortRange(random).join(":")}`;
  const port = random.pick([null, `${drawPort(random)}`, `${drawPort(random)}`, list]);
  if (verdict === "limit") features.add("limit");
  if (routed) features.add("ufw route");
  return {
    verdict,
    routed,
    log: random.chance(0.15),
    inInterface: random.chance(0.3) ? random.pick(["eth0", "eth1", "docker0"]) : null,
    from,
    to,
    port,
    protocol: port === list ? "tcp" : random.pick(["tcp", "tcp", "udp", null]),
    // Only rules of one family share positions, and the first place is taken once there is a rule.
    first: index > 0 && family === 4 && from !== "any" && random.chance(0.2),
  };
}

function toCommand(rule: UfwRule): string {
  const { verdict, inInterface, from, to, port, protocol } = rule;
  const interfaces = inInterface === null ? "" : ` in on ${inInterface}`;
  const protocols = protocol === null ? "" : ` proto ${protocol}`;
  const ports = port === null ? "" : ` port ${port}`;
  const log = rule.log && !rule.routed ? " log" : "";
  return `ufw ${rule.routed ? "route " : ""}${verdict}${interfaces}${log}${protocols} from ${from} to ${to}${ports}`;
}

/** An address says the family of its rule; a rule without one is written for both. */
function toFamilies({ from, to }: UfwRule): readonly AddressFamily[] {
  const address = from === "any" ? to : from;
  return address === "any" ? [4, 6] : address.includes(":") ? [6] : [4];
}

const SAVED = {
  4: readFileSync(join(import.meta.dirname, "saved/ufw-0.36.2-ipv4.txt"), "utf8"),
  6: readFileSync(join(import.meta.dirname, "saved/ufw-0.36.2-ipv6.txt"), "utf8"),
};

function toInput(ufw: Ufw, family: AddressFamily): Input {
  const prefix = family === 4 ? "ufw" : "ufw6";
  const lines = SAVED[family].trim().split("\n");
  const framework = lines
    .slice(0, -1)
    .flatMap((line) => applyPolicy(line, "input", ufw.incoming, family))
    .flatMap((line) => applyPolicy(line, "forward", ufw.routedPolicy, family));
  const policies = [
    ...toPolicyRules(prefix, "input", ufw.incoming, family),
    ...toPolicyRules(prefix, "forward", ufw.routedPolicy, family),
  ];
  const rules = ufw.rules
    .filter((rule) => toFamilies(rule).includes(family))
    .flatMap((rule) => toRuleLines(rule, prefix, family));
  return {
    tool: family === 4 ? "iptables-restore" : "ip6tables-restore",
    lines: [...[...framework, ...policies].map(toNeededLine), ...rules, toNeededLine("COMMIT")],
  };
}

/** The saved rules are those of `deny`; what another policy changes in them. */
function applyPolicy(
  line: string,
  chain: "input" | "forward",
  policy: Policy,
  family: AddressFamily,
): readonly string[] {
  if (policy === "deny") return [line];
  const refuse = `REJECT --reject-with ${family === 4 ? "icmp" : "icmp6"}-port-unreachable`;
  const target = policy === "allow" ? "ACCEPT" : refuse;
  if (line.startsWith(`:${chain.toUpperCase()} `))
    return [`:${chain.toUpperCase()} ${policy === "allow" ? "ACCEPT" : "DROP"}`];
  if (line.includes(`-skip-to-policy-${chain} -j DROP`)) return [line.replace("DROP", target)];
  if (policy === "allow" && line.includes(`-after-logging-${chain} -m limit`)) return [];
  return [line];
}

function toPolicyRules(prefix: string, chain: string, policy: Policy, family: AddressFamily): readonly string[] {
  if (policy === "reject") {
    return [`-A ${prefix}-reject-${chain} -j REJECT --reject-with ${family === 4 ? "icmp" : "icmp6"}-port-unreachable`];
  }
  if (policy === "deny") return [];
  return ["tcp", "udp"].map((name) => `-A ${prefix}-track-${chain} -p ${name} -m conntrack --ctstate NEW -j ACCEPT`);
}

function toRuleLines(rule: UfwRule, prefix: string, family: AddressFamily): readonly Line[] {
  const chain = `${prefix}-user-${rule.routed ? "forward" : "input"}`;
  const command = rule.first ? `-I ${chain} 1` : `-A ${chain}`;
  const interfaces = rule.inInterface === null ? "" : `-i ${rule.inInterface}`;
  const addresses = [rule.from === "any" ? "" : `-s ${rule.from}`, rule.to === "any" ? "" : `-d ${rule.to}`];
  const protocols =
    rule.protocol === null ? (rule.port === null ? [null] : (["tcp", "udp"] as const)) : [rule.protocol];
  return protocols.flatMap((protocol) => {
    const ports = toPorts(rule.port);
    const matches = [interfaces, ...addresses, protocol === null ? "" : `-p ${protocol} ${ports}`];
    if (rule.verdict === "limit") return toLimitLines(prefix, chain, matches, family);
    return [toRuleLine(command, ...matches, toTarget(rule.verdict, protocol))];
  });
}

function toPorts(port: string | null): string {
  if (port === null) return "";
  return port.includes(",") ? `-m multiport --dports ${port}` : `--dport ${port}`;
}

function toTarget(verdict: "allow" | "deny" | "reject", protocol: string | null): string {
  if (verdict === "reject") return protocol === "tcp" ? "-j REJECT --reject-with tcp-reset" : "-j REJECT";
  return verdict === "allow" ? "-j ACCEPT" : "-j DROP";
}

function toLimitLines(
  prefix: string,
  chain: string,
  matches: readonly string[],
  family: AddressFamily,
): readonly Line[] {
  const mask = family === 4 ? "255.255.255.255" : "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff";
  const recent = `--name DEFAULT --mask ${mask} --rsource`;
  return [
    toRuleLine(`-A ${chain}`, ...matches, "-m conntrack --ctstate NEW", `-m recent --set ${recent}`),
    toRuleLine(
      `-A ${chain}`,
      ...matches,
      "-m conntrack --ctstate NEW",
      `-m recent --update --seconds 30 --hitcount 6 ${recent}`,
      `-j ${prefix}-user-limit`,
    ),
    toRuleLine(`-A ${chain}`, ...matches, `-j ${prefix}-user-limit-accept`),
  ];
}
