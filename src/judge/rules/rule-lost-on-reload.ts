import type { FirewallManagers } from "../../facts/firewall-managers.ts";
import type { Chain, Rule as PacketRule, RuleSet, Table } from "../../firewall/rule-set.ts";
import type { FindingOf } from "../finding.ts";
import type { Rule } from "../rule.ts";
import { portOf } from "../ruled-port.ts";
import { isHeldByRules, portsOf } from "./others-reach.ts";

interface Lost {
  readonly manager: "docker" | "firewalld";
  readonly chain: string;
  /** `put-behind`: it stays, and Docker's own rules come to stand before it. */
  readonly how: "removed" | "put-behind";
  readonly rule: PacketRule;
}

/**
 * A rule about a server's port stands in a chain that Docker or firewalld makes anew, and neither of them wrote it:
 * it is gone after their next start or reload.
 */
export const RULE_LOST_ON_RELOAD: Rule<"rule-lost-on-reload"> = {
  id: "rule-lost-on-reload",
  judge: (host) => {
    if (!host.ruleSets.ok || host.servers.length === 0) return [];
    const ports = portsOf(host.servers);
    const lost = host.ruleSets.value.flatMap((ruleSet) => findLost(ruleSet, host.facts.managers));
    const about = lost.filter(({ rule }) => {
      const port = portOf(rule.place.text);
      return port !== null && ports.includes(port);
    });
    return [...Map.groupBy(about, ({ manager, chain }) => `${manager} ${chain}`).values()].flatMap((same) => {
      const [first] = same;
      return first === undefined ? [] : [toFinding(first, same, isHeldByRules(host))];
    });
  },
};

function toFinding(
  { manager, chain, how }: Lost,
  same: readonly Lost[],
  isHeld: boolean,
): FindingOf<"rule-lost-on-reload"> {
  const stops = same.some(({ rule }) => rule.action.kind === "drop" || rule.action.kind === "reject");
  return {
    rule: "rule-lost-on-reload",
    severity: stops && isHeld ? "high" : stops ? "medium" : "low",
    server: null,
    routes: [],
    data: { manager, chain, how, rules: same.map(({ rule }) => rule.place.text) },
    evidence: same.map(({ rule }) => {
      const { from, line, text } = rule.place;
      return { from, ...(line === null ? {} : { line }), text };
    }),
  };
}

function findLost({ engine, tables }: RuleSet, managers: FirewallManagers | undefined): readonly Lost[] {
  return tables.flatMap((table) =>
    table.chains.flatMap((chain): readonly Lost[] => {
      if (engine === "nftables") return findInFirewalld(table, chain, managers);
      return [...findInDocker(table, chain), ...findBesideFirewalld(table, chain)];
    }),
  );
}

/** The chain of what Docker publishes; it makes it anew. DOCKER-USER it leaves alone. */
const DOCKER = "DOCKER";
/** What FORWARD is sent to by Docker. It puts these rules at the head when it starts, before those by hand. */
const TO_DOCKER: RegExp = /^DOCKER(?:-|$)/;

/** Docker's own rules name a bridge, or lead to a container by DNAT; rules by hand seldom do. */
function findInDocker(table: Table, { name, rules }: Chain): readonly Lost[] {
  if (table.name !== "filter") return [];
  if (name === "FORWARD") return findBeforeDocker(rules);
  if (name !== DOCKER) return [];
  return rules
    .filter(({ place }) => !/ -[io] /.test(place.text) || / -s /.test(place.text))
    .map((rule): Lost => ({ manager: "docker", chain: name, how: "removed", rule }));
}

function findBeforeDocker(rules: readonly PacketRule[]): readonly Lost[] {
  const first = rules.findIndex(({ action }) => action.kind === "jump" && TO_DOCKER.test(action.chain));
  return rules
    .slice(0, Math.max(0, first))
    .filter(({ action }) => action.kind === "drop" || action.kind === "reject")
    .map((rule): Lost => ({ manager: "docker", chain: "FORWARD", how: "put-behind", rule }));
}

/** firewalld on iptables empties the chains of the kernel's own when it is reloaded. */
function findBesideFirewalld(table: Table, { name, rules }: Chain): readonly Lost[] {
  const isFirewalld = table.chains.some((chain) => chain.name === "INPUT_ZONES");
  if (table.name !== "filter" || !isFirewalld || (name !== "INPUT" && name !== "FORWARD")) return [];
  return rules.map((rule): Lost => ({ manager: "firewalld", chain: name, how: "removed", rule }));
}

/** Services that come with firewalld's zones; the ports of others are not read. */
const KNOWN_SERVICES: ReadonlySet<string> = new Set([
  "ssh",
  "dhcpv6-client",
  "mdns",
  "samba-client",
  "ipp-client",
  "cockpit",
  "http",
  "https",
]);

/** A rule in a zone's chain for which the zone, as firewalld knows it, has no port and no rich rule. */
function findInFirewalld(table: Table, chain: Chain, managers: FirewallManagers | undefined): readonly Lost[] {
  if (table.name !== "firewalld" || managers?.firewalld.ok !== true) return [];
  const { runtime } = managers.firewalld.value;
  const [, name] = /^filter_IN_(.+)_(?:pre|deny|allow|post)$/.exec(chain.name) ?? [];
  const zone = runtime.ok ? runtime.value.find((each) => each.name === name) : undefined;
  if (zone === undefined || zone.services.some((service) => !KNOWN_SERVICES.has(service))) return [];
  const told = [...zone.ports, ...zone.richRules, ...zone.forwardPorts].join("\n");
  // Ranges of ports, and rules that name no port of their own but a service, may hold any port.
  const mayHoldAny = /\d-\d|service name=/.test(told);
  return chain.rules
    .filter(({ place }) => !mayHoldAny && !new RegExp(`\\b${portOf(place.text) ?? "-"}\\b`).test(told))
    .map((rule): Lost => ({ manager: "firewalld", chain: chain.name, how: "removed", rule }));
}
