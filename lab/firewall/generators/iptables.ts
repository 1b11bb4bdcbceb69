import type { AddressFamily } from "../../../src/firewall/address.ts";
import { type Addresses, openAddresses } from "../addresses.ts";
import { type Case, type Input, type Line, toNeededLine, toRuleLine, type Tool } from "../case.ts";
import type { Random } from "../random.ts";
import { drawSets, type IpSet } from "./ip-sets.ts";
import { drawMatches } from "./iptables-matches.ts";
import { drawWays } from "./ways.ts";

/** A chain a rule stands in: its table, and which of in and out interface its packets have. */
export interface Chain {
  readonly table: string;
  readonly name: string;
  readonly hook: string;
}

/** What the rules of a case are drawn with. */
export interface Draw {
  readonly random: Random;
  readonly addresses: Addresses;
  readonly features: Set<string>;
  readonly sets: readonly IpSet[];
}

const HOOKS: Readonly<Record<string, readonly string[]>> = {
  raw: ["PREROUTING"],
  mangle: ["PREROUTING", "INPUT", "FORWARD", "POSTROUTING"],
  filter: ["INPUT", "FORWARD"],
};
/** Answers of the container are let pass: what is tried here is who may begin. */
const ANSWERS: Readonly<Record<string, string>> = {
  PREROUTING: "-A PREROUTING -i docker0 -j ACCEPT",
  FORWARD: "-A FORWARD -i docker0 -j ACCEPT",
  POSTROUTING: "-A POSTROUTING -o eth+ -j ACCEPT",
};

/** A random rule set for iptables, IPv4 or IPv6, of the engine's own tables raw, mangle and filter. */
export function drawIptables(random: Random, engine: "nft" | "legacy"): Case {
  const family = random.chance(0.6) ? 4 : 6;
  const features = new Set<string>();
  const sets = random.chance(0.25) ? drawSets(random, family) : [];
  const draw: Draw = { random, features, sets, addresses: openAddresses(random, family) };
  const tables = Object.keys(HOOKS).filter((table) => table === "filter" || random.chance(0.25));
  const lines = tables.flatMap((table) => drawTable(draw, table));
  const rules: Input = { tool: toRestoreTool(engine, family), lines };
  const setLines = sets.flatMap(({ lines }) => lines);
  return {
    dialect: `iptables-${engine}`,
    features: [...features],
    inputs: [...(sets.length === 0 ? [] : [{ tool: "ipset restore", lines: setLines } as const]), rules],
    ways: drawWays(random, family, 3),
    routeLocalnet: false,
  };
}

export function toRestoreTool(engine: "nft" | "legacy", family: AddressFamily): Tool {
  if (engine === "nft") return family === 4 ? "iptables-restore" : "ip6tables-restore";
  return family === 4 ? "iptables-legacy-restore" : "ip6tables-legacy-restore";
}

function drawTable(draw: Draw, table: string): readonly Line[] {
  const { random } = draw;
  const hooks = HOOKS[table] ?? [];
  const own = Array.from({ length: random.below(4) }, (_, index) => `own-${table}-${index}`);
  const policies = hooks.map((hook) => `:${hook} ${random.chance(0.4) ? "DROP" : "ACCEPT"} [0:0]`);
  const answers = hooks.flatMap((hook) => ANSWERS[hook] ?? []);
  const rules = [...hooks, ...own].flatMap((name, index) => {
    const hook = hooks.includes(name) ? name : "";
    const below = hooks.includes(name) ? own : own.slice(index - hooks.length + 1);
    const count = hook === "" || table === "filter" ? 1 + random.below(6) : random.below(3);
    return Array.from({ length: count }, () => drawRule(draw, { table, name, hook }, below));
  });
  return [
    toNeededLine(`*${table}`),
    ...policies.map(toNeededLine),
    ...own.map((name) => toNeededLine(`:${name} - [0:0]`)),
    ...answers.map(toNeededLine),
    ...rules,
    toNeededLine("COMMIT"),
  ];
}

function drawRule(draw: Draw, chain: Chain, below: readonly string[]): Line {
  const matches = drawMatches(draw, chain);
  const isTcp = matches.some((match) => /^-p tcp\b/.test(match));
  return toRuleLine(`-A ${chain.name}`, ...matches, drawTarget(draw, chain, below, isTcp));
}

function drawTarget(draw: Draw, chain: Chain, below: readonly string[], isTcp: boolean): string {
  const { random, features } = draw;
  const [first, ...rest] = below;
  if (first !== undefined && random.chance(0.35)) {
    const goes = random.chance(0.3);
    features.add(goes ? "goto" : "jump");
    return `${goes ? "-g" : "-j"} ${random.pick([first, ...rest])}`;
  }
  if (chain.table === "mangle" && random.chance(0.4)) return drawMarkTarget(draw);
  const target = random.pick(["ACCEPT", "ACCEPT", "ACCEPT", "DROP", "DROP", "REJECT", "RETURN", "LOG", ""]);
  if (target === "REJECT" && chain.table === "filter") {
    features.add("reject");
    return isTcp && random.chance(0.5) ? "-j REJECT --reject-with tcp-reset" : "-j REJECT";
  }
  if (target === "REJECT") return "-j DROP";
  if (target === "LOG") return '-j LOG --log-prefix "[odd -j ACCEPT] "';
  if (target === "RETURN") features.add("return");
  return target === "" ? "" : `-j ${target}`;
}

function drawMarkTarget({ random, features }: Draw): string {
  features.add("mark");
  const value = `0x${random.below(16).toString(16)}`;
  const mask = `0x${random.pick([0xff, 0xffffffff, 0x1, 0xf0, 0x3]).toString(16)}`;
  return random.pick([
    `-j MARK --set-xmark ${value}/${mask}`,
    `-j MARK --set-mark ${value}`,
    `-j MARK --or-mark ${value}`,
    `-j MARK --and-mark ${mask}`,
    `-j MARK --xor-mark ${value}`,
    `-j CONNMARK --set-xmark ${value}/${mask}`,
    "-j CONNMARK --save-mark",
    "-j CONNMARK --restore-mark",
  ]);
}
