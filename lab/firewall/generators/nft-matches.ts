import { CONTAINER_ADDRESS, HOST_ADDRESSES } from "../world.ts";
import type { NftDraw } from "./nft.ts";
import { drawPort, drawPortRange } from "./ways.ts";

type MatchMaker = (draw: NftDraw) => string | null;

/** The conditions of one rule. */
export function drawNftMatches(draw: NftDraw): readonly string[] {
  const { random } = draw;
  const made = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => random.pick(MAKERS)(draw));
  return dropConflicts(
    made.filter((match) => match !== null),
    draw,
  );
}

/** nft refuses a rule that could never match because of its own protocols: the later condition goes. */
function dropConflicts(matches: readonly string[], { table }: NftDraw): readonly string[] {
  const kept: string[] = [];
  for (const match of matches) {
    const own = readProtocols(match);
    const before = new Set(kept.flatMap(readProtocols));
    const conflicts = own.length > 0 && before.size > 0 && new Set([...before, ...own]).size > 1;
    if (conflicts || (match.startsWith("meta nfproto") && !table.startsWith("inet"))) continue;
    kept.push(match);
  }
  return kept;
}

function readProtocols(match: string): readonly string[] {
  return ["tcp", "udp"].filter((name) => new RegExp(`\\b${name}\\b`).test(match));
}

function header({ family }: NftDraw): string {
  return family === 4 ? "ip" : "ip6";
}

function negate({ random, features }: NftDraw): string {
  if (!random.chance(0.2)) return "";
  features.add("negation");
  return "!= ";
}

const drawSource: MatchMaker = (draw) => {
  const { random, addresses, features } = draw;
  const head = `${header(draw)} saddr`;
  const kind = random.below(10);
  if (kind < 5) return `${head} ${negate(draw)}${addresses.prefix().replace(/\/0$/, "/1")}`;
  if (kind < 7) return `${head} ${negate(draw)}${addresses.range()}`;
  if (kind < 9) {
    features.add("anonymous set");
    return `${head} ${negate(draw)}{ ${[...new Set([addresses.address(), addresses.address()])].join(", ")} }`;
  }
  features.add("comparison");
  return random.chance(0.5)
    ? `${head} ${random.pick(["<", "<=", ">", ">="])} ${addresses.address()}`
    : `${head} & ${draw.family === 4 ? random.pick(["255.255.0.0", "0.0.0.255", "255.0.0.1"]) : random.pick(["ffff::", "::ffff", "ffff:ffff::"])} ${random.pick(["==", "!="])} ${addresses.address()}`;
};

const drawDestination: MatchMaker = (draw) => {
  const { random, family } = draw;
  const known = [HOST_ADDRESSES.eth0[family], HOST_ADDRESSES.eth1[family], CONTAINER_ADDRESS[family]] as const;
  return `${header(draw)} daddr ${negate(draw)}${random.chance(0.8) ? random.pick(known) : `{ ${known[0]}, ${known[2]} }`}`;
};

const drawPorts: MatchMaker = (draw) => {
  const { random } = draw;
  const head = random.pick(["tcp dport", "tcp dport", "tcp dport", "th dport", "udp dport"]);
  const range = drawPortRange(random).join("-");
  const one = `${drawPort(random)}`;
  return `${head} ${negate(draw)}${random.pick([one, one, range, `{ ${one}, 9 }`, `{ 1-20, ${one}, 65000 }`])}`;
};

const drawProtocol: MatchMaker = (draw) =>
  draw.random.pick([
    "meta l4proto tcp",
    `meta l4proto ${negate(draw)}{ tcp, udp }`,
    `meta nfproto ipv${draw.family}`,
    `meta nfproto != ipv${draw.family === 4 ? 6 : 4}`,
    draw.family === 4 ? "ip protocol tcp" : "ip6 nexthdr tcp",
    draw.family === 4 ? "meta protocol ip" : "meta protocol ip6",
    "meta l4proto udp",
  ]);

const drawInterface: MatchMaker = (draw) => {
  const { random, features, hook } = draw;
  const name = random.pick(["eth0", "eth0", "eth1", "docker0", "lo", "eth*", "docker*"]);
  if (name.endsWith("*")) features.add("interface wildcard");
  if (hook === "postrouting") return `oifname ${negate(draw)}"${name}"`;
  if (hook === "forward" && random.chance(0.3)) return `oifname ${negate(draw)}"${name}"`;
  if (hook === "" && random.chance(0.7)) return null;
  if (random.chance(0.2)) return `iifname ${negate(draw)}{ "eth0", "docker0" }`;
  return !name.endsWith("*") && random.chance(0.3)
    ? `iif ${negate(draw)}"${name}"`
    : `iifname ${negate(draw)}"${name}"`;
};

const drawState: MatchMaker = (draw) => {
  draw.features.add("ct state");
  return draw.random.pick([
    `ct state ${negate(draw)}new`,
    "ct state established,related",
    `ct state ${negate(draw)}{ new, untracked }`,
    "ct state invalid",
    "ct state new,established",
    "ct direction original",
    "ct status dnat",
    `meta l4proto tcp ct original proto-dst ${drawPort(draw.random)}`,
    `ct original ${header(draw)} saddr ${draw.addresses.prefix().replace(/\/0$/, "/1")}`,
    `ct original ${header(draw)} daddr ${HOST_ADDRESSES.eth0[draw.family]}`,
  ]);
};

const drawFib: MatchMaker = (draw) => {
  if (draw.hook === "" || draw.hook === "postrouting" || draw.hook === "ingress") return null;
  draw.features.add("fib");
  const type = draw.random.pick(["local", "local", "unicast", "broadcast", "multicast"]);
  const what = draw.random.pick(["daddr", "daddr", "saddr", draw.hook === "forward" ? "daddr" : "daddr . iif"]);
  return `fib ${what} type ${negate(draw)}${draw.random.chance(0.2) ? `{ ${type}, anycast }` : type}`;
};

const drawMark: MatchMaker = (draw) => {
  const { random, features } = draw;
  features.add("mark");
  const value = `0x${random.below(4).toString(16)}`;
  return random.pick([
    `meta mark ${negate(draw)}${value}`,
    `ct mark ${negate(draw)}${value}`,
    `meta mark & 0x3 ${random.pick(["==", "!="])} ${value}`,
    `meta mark ${negate(draw)}{ ${value}, 0x20 }`,
    "meta mark 0-5",
  ]);
};

const drawFlags: MatchMaker = ({ random, features }) => {
  features.add("tcp flags");
  return random.pick([
    "tcp flags syn",
    "tcp flags & (fin|syn|rst|ack) == syn",
    "tcp flags & (syn|ack) != syn",
    "tcp flags ack",
  ]);
};

const drawNamedSet: MatchMaker = (draw) => {
  const [first, ...rest] = draw.sets;
  if (first === undefined) return null;
  const set = draw.random.pick([first, ...rest]);
  if (set.key === "iifname" && draw.hook === "postrouting") return null;
  return `${set.key} ${negate(draw)}@${set.name}`;
};

const drawLimit: MatchMaker = ({ random, features }) => {
  if (random.chance(0.7)) return null;
  features.add("limit");
  return "limit rate 5/minute burst 5 packets";
};

const MAKERS: readonly [MatchMaker, ...MatchMaker[]] = [
  drawSource,
  drawSource,
  drawSource,
  drawSource,
  drawDestination,
  drawPorts,
  drawPorts,
  drawProtocol,
  drawInterface,
  drawState,
  drawFib,
  drawMark,
  drawFlags,
  drawNamedSet,
  drawNamedSet,
  drawNamedSet,
  drawLimit,
];
