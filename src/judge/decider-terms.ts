import type { Evidence } from "../facts/evidence.ts";
import type { Facts } from "../facts/facts.ts";
import type { FirewalldZone } from "../facts/firewalld.ts";
import type { UfwRule } from "../facts/ufw.ts";
import type { ChainDecider } from "../firewall/partition.ts";
import { portOf } from "./ruled-port.ts";
import { toLoadedForm } from "./ufw-rules.ts";

/** A rule or a policy as the administrator knows it who set it, through the manager that wrote it. */
export interface DeciderTerms {
  readonly manager: "ufw" | "firewalld" | "docker" | "nftables" | "iptables";
  readonly name: DeciderName;
  /** The rule as the kernel has it; of a policy, its chain. */
  readonly evidence: Evidence;
  /** The line in the manager's own file that it comes from; null where none is known. */
  readonly written: Evidence | null;
}

export type DeciderName =
  /** A rule of ufw's, as `ufw show added` prints it. */
  | { readonly kind: "ufw-rule"; readonly command: string }
  /** `Default: deny (incoming)` of `ufw status verbose`. */
  | {
      readonly kind: "ufw-default";
      readonly policy: "allow" | "deny" | "reject";
      readonly direction: "incoming" | "outgoing" | "routed";
    }
  /** A rule of ufw's own files (/etc/ufw/before.rules and others), or of its limit. */
  | { readonly kind: "ufw-built-in"; readonly chain: string }
  /** A zone of firewalld's, and what in it: `port 11434/tcp`, a rich rule. Null: what the zone does with the rest. */
  | { readonly kind: "firewalld-zone"; readonly zone: string; readonly element: FirewalldElement | null }
  | { readonly kind: "firewalld-policy"; readonly policy: string }
  /** A rule of firewalld's own, of no zone. */
  | { readonly kind: "firewalld-built-in"; readonly chain: string }
  /** What Docker wrote for a published port. */
  | {
      readonly kind: "docker-port";
      readonly chain: string;
      readonly address: string | null;
      readonly port: number;
    }
  /** Another rule in a chain of Docker's. */
  | { readonly kind: "docker-chain"; readonly chain: string }
  /** A rule that no manager is known to have written. */
  | { readonly kind: "rule"; readonly table: string; readonly chain: string }
  | {
      readonly kind: "policy";
      readonly table: string;
      readonly chain: string;
      readonly policy: "accept" | "drop" | null;
    };

export interface FirewalldElement {
  readonly kind: "port" | "source" | "rich-rule";
  /** As firewall-cmd takes it. */
  readonly text: string;
}

/**
 * Says who wrote what decided, by the names of the chains that ufw, firewalld and Docker make; the words they are
 * known by are taken from the managers' own files where those were read.
 */
export function toDeciderTerms(decider: ChainDecider, facts: Pick<Facts, "managers">): DeciderTerms {
  const { at } = decider;
  const table = `${at.table.family} ${at.table.name}`;
  const evidence = toEvidence(decider, table);
  const plain = at.engine === "nftables" ? "nftables" : "iptables";
  const told = toUfw(decider, facts) ??
    toFirewalld(decider, facts) ??
    toDocker(decider) ?? { manager: plain, name: toPlainName(decider, table), written: null };
  return { ...told, evidence };
}

type Told = Omit<DeciderTerms, "evidence">;

function toEvidence(decider: ChainDecider, table: string): Evidence {
  if (decider.kind === "rule") {
    const { from, line, text } = decider.rule.place;
    return { from, ...(line === null ? {} : { line }), text };
  }
  const { engine, base, baseChain } = decider.at;
  const from =
    engine === "nftables" ? "nft list ruleset" : decider.at.table.family === "ip6" ? "ip6tables-save" : "iptables-save";
  return { from, text: `${table} ${baseChain}: policy ${base.policy ?? "?"}` };
}

function toPlainName(decider: ChainDecider, table: string): DeciderName {
  const { at } = decider;
  return decider.kind === "rule"
    ? { kind: "rule", table, chain: at.chain }
    : { kind: "policy", table, chain: at.baseChain, policy: at.base.policy };
}

const UFW_CHAIN: RegExp = /^ufw6?-/;
const UFW_DIRECTIONS = { input: "incoming", output: "outgoing", forward: "routed" } as const;

function toUfw(decider: ChainDecider, { managers }: Pick<Facts, "managers">): Told | null {
  const { at } = decider;
  if (at.engine === "nftables" && at.table.name !== "filter") return null;
  if (decider.kind === "policy") return toUfwPolicy(decider, managers);
  if (!UFW_CHAIN.test(at.chain)) return null;
  const [, direction] = /^ufw6?-(?:reject|skip-to-policy)-(input|output|forward)$/.exec(at.chain) ?? [];
  if (direction === "input" || direction === "output" || direction === "forward") {
    const { kind } = decider.rule.action;
    const policy = kind === "accept" ? "allow" : kind === "reject" ? "reject" : "deny";
    const name = { kind: "ufw-default", policy, direction: UFW_DIRECTIONS[direction] } as const;
    return { manager: "ufw", name, written: direction === "input" ? writtenPolicy(managers) : null };
  }
  const rule = findUfwRule(decider.rule.place.text, managers);
  if (rule === null) return { manager: "ufw", name: { kind: "ufw-built-in", chain: at.chain }, written: null };
  return { manager: "ufw", name: { kind: "ufw-rule", command: rule.command }, written: rule.evidence };
}

/** `ufw disable` leaves its chains behind with the policy ACCEPT, which then is nobody's. */
function toUfwPolicy(decider: ChainDecider, managers: Facts["managers"]): Told | null {
  const { base, engine } = decider.at;
  if (managers?.ufw.ok !== true || managers.ufw.value.enabled !== true || engine === "nftables") return null;
  if (decider.at.table.name !== "filter" || base.policy === null) return null;
  if (base.hook !== "input" && base.hook !== "forward" && base.hook !== "output") return null;
  const policy = base.policy === "drop" ? "deny" : "allow";
  const name = { kind: "ufw-default", policy, direction: UFW_DIRECTIONS[base.hook] } as const;
  return { manager: "ufw", name, written: base.hook === "input" ? writtenPolicy(managers) : null };
}

function writtenPolicy(managers: Facts["managers"]): Evidence | null {
  if (managers?.ufw.ok !== true) return null;
  return managers.ufw.value.evidence.find(({ text }) => text.startsWith("DEFAULT_INPUT_POLICY")) ?? null;
}

/** The rule of ufw's that was loaded as this one. */
function findUfwRule(text: string, managers: Facts["managers"]): UfwRule | null {
  if (managers?.ufw.ok !== true || !managers.ufw.value.rules.ok) return null;
  const wanted = toLoadedForm(text);
  const rules = managers.ufw.value.rules.value;
  return rules.find(({ loadedAs }) => loadedAs.some((line) => toLoadedForm(line) === wanted)) ?? null;
}

/** Chains of firewalld: `filter_IN_public_allow` on nftables, `IN_public_allow` on iptables. */
const FIREWALLD_CHAIN: RegExp =
  /^(?:(?:filter|nat|mangle|raw)_)?(?:IN|FWD|FWDI|FWDO|FWO|PRE|POST|OUT)_(.+?)(?:_(pre|log|deny|allow|post))?$/;
const FIREWALLD_OWN: RegExp =
  /^(?:(?:filter|nat|mangle|raw)_)?(?:INPUT|FORWARD|OUTPUT|PREROUTING|POSTROUTING)(?:_.+)?$/;

function toFirewalld(decider: ChainDecider, { managers }: Pick<Facts, "managers">): Told | null {
  const { at } = decider;
  const isTable = at.engine === "nftables" && at.table.name === "firewalld";
  if (decider.kind === "policy") {
    const name = { kind: "firewalld-built-in", chain: at.baseChain } as const;
    return isTable ? { manager: "firewalld", name, written: null } : null;
  }
  if (at.engine === "nftables" && !isTable) return null;
  const [, owner, part] = FIREWALLD_CHAIN.exec(at.chain) ?? [];
  if (owner === undefined) {
    if (!isTable && !/_(?:direct|ZONES|POLICIES_pre|POLICIES_post)$/.test(at.chain)) return null;
    const name = FIREWALLD_OWN.test(at.chain) ? at.chain : at.baseChain;
    return { manager: "firewalld", name: { kind: "firewalld-built-in", chain: name }, written: null };
  }
  if (owner.startsWith("policy_")) {
    const policy = owner.slice("policy_".length);
    return { manager: "firewalld", name: { kind: "firewalld-policy", policy }, written: null };
  }
  const zone = findZone(owner, managers);
  const element = part === undefined || zone === null ? null : findElement(zone, decider.rule.place.text);
  const written =
    zone === null || element === null ? null : { from: zone.from, text: `${element.kind} ${element.text}` };
  return { manager: "firewalld", name: { kind: "firewalld-zone", zone: zone?.name ?? owner, element }, written };
}

/** Names of chains hold at most 17 characters of a zone's. */
function findZone(name: string, managers: Facts["managers"]): FirewalldZone | null {
  if (managers?.firewalld.ok !== true || !managers.firewalld.value.runtime.ok) return null;
  return managers.firewalld.value.runtime.value.find((zone) => zone.name === name) ?? null;
}

/** What in a zone a rule was made of: that of a port names no source, that of a rich rule usually does. */
function findElement(zone: FirewalldZone, text: string): FirewalldElement | null {
  const port = portOf(text);
  if (port === null) return null;
  const isPlain = !/\bsaddr\b| -s /.test(text);
  const plain = zone.ports.find((each) => coversPort(each, port));
  if (isPlain && plain !== undefined) return { kind: "port", text: plain };
  const rich = zone.richRules.filter((each) => new RegExp(`port="${port}"`).test(each));
  const bySource = rich.filter((each) => {
    const [, address] = /source (?:NOT )?address="([^"]+)"/.exec(each) ?? [];
    return address === undefined ? isPlain : text.includes(address.replace(/\/(?:32|128)$/, ""));
  });
  const [only, ...others] = bySource;
  return only === undefined || others.length > 0 ? null : { kind: "rich-rule", text: only };
}

function coversPort(element: string, port: number): boolean {
  const [, first, last = first] = /^(\d+)(?:-(\d+))?\/tcp$/.exec(element) ?? [];
  return first !== undefined && Number(first) <= port && port <= Number(last);
}

const DOCKER_CHAIN: RegExp = /^DOCKER(?:-[A-Z0-9-]+)?$/;
/** Tables and chains of Docker's nftables backend. */
const DOCKER_TABLE = "docker-bridges";

function toDocker(decider: ChainDecider): Told | null {
  const { at } = decider;
  if (at.engine === "nftables" && at.table.name === DOCKER_TABLE) {
    const chain = decider.kind === "rule" ? at.chain : at.baseChain;
    return { manager: "docker", name: { kind: "docker-chain", chain }, written: null };
  }
  // What stands in DOCKER-USER is the administrator's own.
  if (decider.kind === "policy" || !DOCKER_CHAIN.test(at.chain) || at.chain === "DOCKER-USER") return null;
  const { text } = decider.rule.place;
  const port = at.chain === "DOCKER" ? portOf(text) : null;
  if (port === null) return { manager: "docker", name: { kind: "docker-chain", chain: at.chain }, written: null };
  const [, address = null] =
    / --to-destination \[?([0-9a-f.:]+?)\]?:\d+/.exec(text) ?? / -d ([0-9a-f.:]+)/.exec(text) ?? [];
  return { manager: "docker", name: { kind: "docker-port", chain: at.chain, address, port }, written: null };
}
