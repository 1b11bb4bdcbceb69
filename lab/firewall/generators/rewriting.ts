import type { AddressFamily } from "../../../src/firewall/address.ts";
import { type Addresses, openAddresses } from "../addresses.ts";
import { type Case, type Input, type Line, toNeededLine, toRuleLine, type Way } from "../case.ts";
import type { Random } from "../random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES, LOOPBACK_PORT, PORTS } from "../world.ts";
import { toRestoreTool } from "./iptables.ts";
import { drawPort, drawWay, SERVER_PORT } from "./ways.ts";

interface Draw {
  readonly random: Random;
  readonly family: AddressFamily;
  readonly addresses: Addresses;
  readonly features: Set<string>;
}

/** Rewriting of the destination with iptables, and filters that look at what was and at what came of it. */
export function drawIptablesRewriting(random: Random, engine: "nft" | "legacy"): Case {
  const family = random.chance(0.65) ? 4 : 6;
  const draw: Draw = { random, family, features: new Set(["dnat"]), addresses: openAddresses(random, family) };
  const own = random.chance(0.5) ? ["own"] : [];
  const input: Input = {
    tool: toRestoreTool(engine, family),
    lines: [
      ...["*nat", ":PREROUTING ACCEPT [0:0]", ...own.map((name) => `:${name} - [0:0]`)].map(toNeededLine),
      ...rules(random, 5, () => drawRewriteRule(draw, "PREROUTING", own)),
      ...own.flatMap((name) => rules(random, 3, () => drawRewriteRule(draw, name, []))),
      ...["COMMIT", "*filter", `:INPUT ${drawPolicy(random)}`, `:FORWARD ${drawPolicy(random)}`].map(toNeededLine),
      toNeededLine("-A FORWARD -i docker0 -j ACCEPT"),
      ...["INPUT", "FORWARD"].flatMap((chain) => rules(random, 4, () => drawFilterRule(draw, chain))),
      toNeededLine("COMMIT"),
    ],
  };
  return {
    dialect: `iptables-${engine} nat`,
    features: [...draw.features],
    inputs: [input],
    ways: drawRewrittenWays(draw),
    routeLocalnet: family === 4 && random.chance(0.4),
  };
}

export function drawRewrittenWays({ random, family }: Pick<Draw, "random" | "family">): readonly Way[] {
  const loopback: Way = { door: random.pick(["eth0", "eth1"]), family: 4, destination: "127.0.0.1", port: SERVER_PORT };
  const ways = Array.from({ length: 3 }, () => drawWay(random, family));
  return family === 4 && random.chance(0.3) ? [...ways, loopback] : ways;
}

function rules(random: Random, limit: number, draw: () => Line): readonly Line[] {
  return Array.from({ length: 1 + random.below(limit) }, draw);
}

function drawPolicy(random: Random): string {
  return random.chance(0.4) ? "DROP [0:0]" : "ACCEPT [0:0]";
}

function drawRewriteRule(draw: Draw, chain: string, below: readonly string[]): Line {
  const { random, addresses, features } = draw;
  const [first] = below;
  const conditions = [
    random.chance(0.4) ? `-s ${addresses.prefix()}` : "",
    random.chance(0.3) ? `-d ${random.pick([HOST_ADDRESSES.eth0[draw.family], HOST_ADDRESSES.eth1[draw.family]])}` : "",
    random.chance(0.3) && chain === "PREROUTING" ? random.pick(["-i eth0", "! -i docker0", "-i eth+"]) : "",
    random.chance(0.3) ? "-m addrtype --dst-type LOCAL" : "",
  ];
  if (first !== undefined && random.chance(0.3)) return toRuleLine(`-A ${chain}`, ...conditions, `-j ${first}`);
  const ports = `-p tcp -m tcp --dport ${drawPort(random)}`;
  if (random.chance(0.15)) return toRuleLine(`-A ${chain}`, ...conditions, random.pick(["-j RETURN", "-j ACCEPT"]));
  if (random.chance(0.35)) {
    features.add("redirect");
    return toRuleLine(`-A ${chain}`, ...conditions, `${ports} -j REDIRECT --to-ports ${drawTargetPort(random)}`);
  }
  return toRuleLine(`-A ${chain}`, ...conditions, `${ports} -j DNAT --to-destination ${drawTarget(draw)}`);
}

/** Where a destination may be rewritten to; loopback is only reached with route_localnet. */
function drawTarget({ random, family, features }: Draw): string {
  const address = random.pick([
    CONTAINER_ADDRESS[family],
    CONTAINER_ADDRESS[family],
    HOST_ADDRESSES.eth0[family],
    HOST_ADDRESSES.eth1[family],
    family === 4 ? "127.0.0.1" : HOST_ADDRESSES.docker0[6],
  ]);
  if (address === "127.0.0.1") features.add("dnat to loopback");
  const host = family === 4 ? address : `[${address}]`;
  if (random.chance(0.2)) return address;
  if (random.chance(0.1)) {
    features.add("dnat to several ports");
    return `${host}:8000-8080`;
  }
  return `${host}:${address === "127.0.0.1" ? drawTargetPort(random) : random.pick(PORTS)}`;
}

function drawTargetPort(random: Random): number {
  return random.chance(0.2) ? LOOPBACK_PORT : random.pick(PORTS);
}

function drawFilterRule(draw: Draw, chain: string): Line {
  const { random, addresses, family, features } = draw;
  const known = random.pick([HOST_ADDRESSES.eth0[family], HOST_ADDRESSES.eth1[family], CONTAINER_ADDRESS[family]]);
  const condition = random.pick([
    `-s ${addresses.prefix()}`,
    `-p tcp -m tcp --dport ${drawPort(random)}`,
    `-d ${known}`,
    `-m conntrack --ctstate ${random.pick(["DNAT", "NEW", "ESTABLISHED,RELATED"])}`,
    `-m conntrack ! --ctstate DNAT`,
    `-m conntrack ${random.pick(["", "! "])}--ctstatus ${random.pick(["NONE", "SEEN_REPLY", "ASSURED,CONFIRMED"])}`,
    `-m conntrack --ctdir ${random.pick(["ORIGINAL", "REPLY"])}`,
    `-p tcp -m conntrack --ctorigdstport ${drawPort(random)}`,
    `-m conntrack --ctorigdst ${known}`,
    `-m conntrack --ctorigsrc ${addresses.prefix()}`,
    `-m conntrack --ctproto 6`,
    "-m addrtype --dst-type LOCAL",
  ]);
  if (condition.includes("conntrack")) features.add("ct original");
  const more = random.chance(0.3) ? `-s ${addresses.prefix()}` : "";
  const both = condition.startsWith("-s") ? [condition] : [condition, more];
  return toRuleLine(`-A ${chain}`, ...both, random.pick(["-j ACCEPT", "-j ACCEPT", "-j DROP", "-j RETURN"]));
}
