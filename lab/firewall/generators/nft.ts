import { type Addresses, openAddresses } from "../addresses.ts";
import type { AddressFamily } from "../../../src/firewall/address.ts";
import { type Case, type Line, toNeededLine, toRuleLine } from "../case.ts";
import type { Random } from "../random.ts";
import { drawNftMatches } from "./nft-matches.ts";
import { drawNftSets, type NftSet } from "./nft-sets.ts";
import { drawWays } from "./ways.ts";

/** What the rules of one table are drawn with. */
export interface NftDraw {
  readonly random: Random;
  readonly features: Set<string>;
  readonly addresses: Addresses;
  /** The family of the connections that are tried. */
  readonly family: AddressFamily;
  /** Family and name, as commands want it. */
  readonly table: string;
  readonly sets: readonly NftSet[];
  /** In a chain that may be reached from any hook, only what every hook allows. */
  readonly hook: string;
}

const HOOKS: readonly [string, ...string[]] = [
  "prerouting",
  "input",
  "input",
  "input",
  "forward",
  "forward",
  "postrouting",
];
const ANSWERS: Readonly<Record<string, string>> = {
  prerouting: 'iifname "docker0" accept',
  forward: 'iifname "docker0" accept',
  postrouting: 'oifname "eth*" accept',
};

/** A random rule set of nftables' own: several tables and priorities, sets, maps and verdict maps. */
export function drawNft(random: Random): Case {
  const family = random.chance(0.5) ? 4 : 6;
  const features = new Set<string>();
  const lines = Array.from({ length: random.pick([1, 1, 2, 2, 3]) }, (_, index) => {
    const table = `${random.pick([family === 4 ? "ip" : "ip6", "inet", "inet", "inet"])} t${index}`;
    return drawTable(random, features, family, table);
  });
  if (random.chance(0.1)) lines.push(drawIngress(random, features, family));
  if (lines.length > 1) features.add("several tables");
  return {
    dialect: "nftables",
    features: [...features],
    inputs: [{ tool: "nft -f -", lines: lines.flat() }],
    ways: drawWays(random, family, 3),
    routeLocalnet: false,
  };
}

function drawTable(random: Random, features: Set<string>, family: AddressFamily, table: string): readonly Line[] {
  const addresses = openAddresses(random, family);
  const sets = drawNftSets(random, features, addresses, table);
  const draw = { random, features, addresses, family, table, sets };
  const own = Array.from({ length: random.below(4) }, (_, index) => `own${index}`);
  const base = Array.from({ length: 1 + random.below(3) }, (_, index) => ({
    name: `base${index}`,
    hook: random.pick(HOOKS),
  }));
  const rules = (name: string, hook: string, below: readonly string[]): readonly Line[] =>
    Array.from({ length: 1 + random.below(5) }, () => drawRule({ ...draw, hook }, name, below));
  return [
    toNeededLine(`add table ${table}`),
    ...own.map((name) => toNeededLine(`add chain ${table} ${name}`)),
    ...sets.flatMap(({ lines }) => lines),
    ...drawVerdictMap(draw, own),
    ...base.map(({ name, hook }) => toNeededLine(`add chain ${table} ${name} ${drawHook(random, hook)}`)),
    ...base.flatMap(({ name, hook }) => {
      const answer = ANSWERS[hook];
      return answer === undefined ? [] : [toNeededLine(`add rule ${table} ${name} ${answer}`)];
    }),
    ...own.flatMap((name, index) => rules(name, "", own.slice(index + 1))),
    ...base.flatMap(({ name, hook }) => rules(name, hook, own)),
  ];
}

function drawHook(random: Random, hook: string): string {
  const names: Readonly<Record<string, readonly [string, ...string[]]>> = {
    prerouting: ["raw", "mangle", "-100", "filter", "-310"],
    postrouting: ["mangle", "filter", "srcnat"],
  };
  const priority = random.pick(
    names[hook] ?? ["filter", "filter", "filter", "-10", "10", "security", "mangle", "filter - 5"],
  );
  const policy = random.pick(["policy accept;", "policy drop;", "", "policy drop;"]);
  return `{ type filter hook ${hook} priority ${priority}; ${policy} }`;
}

function drawRule(draw: NftDraw, chain: string, below: readonly string[]): Line {
  const matches = drawNftMatches(draw);
  const isUdp = matches.some((match) => match.includes("udp"));
  return toRuleLine(`add rule ${draw.table} ${chain}`, ...matches, isUdp ? "drop" : drawVerdict(draw, below));
}

function drawVerdict(draw: NftDraw, below: readonly string[]): string {
  const { random, features, hook, family, addresses } = draw;
  const [first, ...rest] = below;
  if (first !== undefined && random.chance(0.3)) {
    const goes = random.chance(0.3);
    features.add(goes ? "goto" : "jump");
    return `${goes ? "goto" : "jump"} ${random.pick([first, ...rest])}`;
  }
  if (random.chance(0.12)) {
    features.add("verdict map");
    const jump = first === undefined ? "drop" : `jump ${first}`;
    return random.pick([
      `tcp dport vmap { 11434 : ${random.pick(["accept", "drop", jump])}, 8000-8100 : drop, 443 : ${jump} }`,
      `ct state vmap { established : accept, related : accept, new : ${random.pick(["continue", jump, "accept"])}, invalid : drop }`,
      `${family === 4 ? "ip" : "ip6"} saddr vmap { ${addresses.prefix()} : ${random.pick(["accept", "drop", jump])} }`,
    ]);
  }
  if (random.chance(0.1) && first !== undefined) return `${family === 4 ? "ip" : "ip6"} saddr vmap @verdicts`;
  if (random.chance(0.12)) {
    features.add("mark");
    return random.pick([
      `meta mark set 0x${random.below(8).toString(16)}`,
      `meta mark set meta mark | 0x${random.below(8).toString(16)}`,
      `meta mark set meta mark & 0x${random.below(8).toString(16)}`,
      `ct mark set 0x${random.below(8).toString(16)}`,
      "ct mark set meta mark",
      "meta mark set ct mark",
    ]);
  }
  const verdict = random.pick([
    "accept",
    "accept",
    "accept",
    "drop",
    "drop",
    "counter",
    "return",
    "continue",
    "reject",
    "log",
  ]);
  if (verdict === "reject") {
    if (!["input", "forward"].includes(hook)) return "drop";
    features.add("reject");
    return "reject";
  }
  if (verdict === "return") features.add("return");
  return random.chance(0.1) ? `counter ${verdict === "counter" ? "" : verdict} comment "drop everything"` : verdict;
}

/** A named map from sources to verdicts, for tables that have chains of their own. */
function drawVerdictMap(
  { random, addresses, table, features }: Omit<NftDraw, "hook">,
  own: readonly string[],
): readonly Line[] {
  if (own.length === 0) return [];
  const { family } = addresses;
  features.add("named verdict map");
  const last = own.at(-1);
  // The map may send to the last chain only, from which no way leads back.
  const verdicts = ["accept", "drop", "return", "continue"] as const;
  const elements = Array.from({ length: 1 + random.below(3) }, () => addresses.prefix().replace(/\/0$/, "/1"));
  return [
    toNeededLine(
      `add map ${table} verdicts { type ${family === 4 ? "ipv4_addr" : "ipv6_addr"} : verdict; flags interval; }`,
    ),
    ...disjoint(elements).map((element) =>
      toRuleLine(
        `add element ${table} verdicts { ${element} : ${random.chance(0.2) && last !== undefined && own.length > 1 ? "drop" : random.pick(verdicts)} }`,
      ),
    ),
  ];
}

/** Elements of an interval map must not overlap; one that lies in another's neighbourhood is left out. */
function disjoint(prefixes: readonly string[]): readonly string[] {
  const [first] = prefixes;
  return first === undefined ? [] : [first];
}

function drawIngress(random: Random, features: Set<string>, family: AddressFamily): readonly Line[] {
  features.add("ingress");
  const addresses = openAddresses(random, family);
  const table = "netdev early";
  const draw: NftDraw = { random, features, addresses, family, table, sets: [], hook: "ingress" };
  return [
    toNeededLine(`add table ${table}`),
    toNeededLine(
      `add chain ${table} in { type filter hook ingress device ${random.pick(["eth0", "eth1"])} priority ${random.pick([-500, 0])}; policy ${random.pick(["accept", "accept", "drop"])}; }`,
    ),
    toRuleLine(
      `add rule ${table} in`,
      `${draw.family === 4 ? "ip" : "ip6"} saddr ${addresses.prefix()}`,
      random.pick(["drop", "accept"]),
    ),
  ];
}
