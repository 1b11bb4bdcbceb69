import { CONTAINER_ADDRESS, HOST_ADDRESSES } from "../world.ts";
import type { Chain, Draw } from "./iptables.ts";
import { drawPort, drawPortRange } from "./ways.ts";

/** One way to write a condition: the words, or null where it makes no sense in that chain. */
type MatchMaker = (draw: Draw, chain: Chain) => string | null;

/** The conditions of one rule, in the order iptables wants them: the protocol before what belongs to it. */
export function drawMatches(draw: Draw, chain: Chain): readonly string[] {
  const { random } = draw;
  const protocol = random.chance(0.6) ? [drawProtocol(draw)] : [];
  const others = Array.from({ length: random.pick([0, 1, 1, 1, 2, 2, 3]) }, () => random.pick(MAKERS)(draw, chain));
  const made = others.filter((match) => match !== null);
  // A condition of one kind may stand once in a rule.
  const kinds = new Map(made.map((match) => [toKind(match), match]));
  return [...protocol, ...kinds.values()];
}

function toKind(match: string): string {
  const words = match.replace(/^! /, "").split(" ");
  return words[0] === "-m" ? (words[1] ?? "") : (words[0] ?? "");
}

function drawProtocol(draw: Draw): string {
  const { random, features } = draw;
  const negation = random.chance(0.15) ? "! " : "";
  const kind = random.below(10);
  if (kind < 5) return `-p tcp -m tcp ${note(features, negation, "negation")}--dport ${drawPort(random)}`;
  if (kind < 6)
    return `-p tcp -m tcp ${note(features, negation, "negation")}--dport ${drawPortRange(random).join(":")}`;
  if (kind < 8) {
    features.add("multiport");
    const [first, last] = drawPortRange(random);
    const ports = [...new Set([drawPort(random), drawPort(random)])].join(",");
    const list = random.chance(0.5) ? `${ports},${first}:${last}` : ports;
    const option = random.chance(0.1) ? "--ports" : "--dports";
    if (option === "--ports") features.add("source port");
    return `-p tcp -m multiport ${note(features, negation, "negation")}${option} ${list}`;
  }
  if (kind < 9) return random.pick(["-p tcp --syn", "-p tcp ! --syn", "-p tcp --tcp-flags SYN,RST,ACK SYN", "-p tcp"]);
  return `${note(features, negation, "negation")}-p ${random.pick(["udp", "tcp", "icmp", "132", "all"])}`.replace(
    "! -p all",
    "-p all",
  );
}

function note(features: Set<string>, words: string, feature: string): string {
  if (words !== "") features.add(feature);
  return words;
}

function negate({ random, features }: Draw): string {
  return note(features, random.chance(0.2) ? "! " : "", "negation");
}

const drawSource: MatchMaker = (draw) => toAddressMatch(draw, "-s", draw.addresses.prefix());

const drawDestination: MatchMaker = (draw) => {
  const { random, addresses } = draw;
  const { family } = addresses;
  const known = random.pick([HOST_ADDRESSES.eth0[family], HOST_ADDRESSES.eth1[family], CONTAINER_ADDRESS[family]]);
  return toAddressMatch(draw, "-d", random.chance(0.7) ? known : addresses.prefix());
};

/** iptables-nft takes no rule for what is not in the whole space. */
function toAddressMatch(draw: Draw, option: string, prefix: string): string {
  return `${prefix.endsWith("/0") ? "" : negate(draw)}${option} ${prefix}`;
}

const drawInterface: MatchMaker = (draw, { hook }) => {
  const { random, features } = draw;
  const name = random.pick(["eth0", "eth0", "eth1", "docker0", "lo", "eth+", "docker+", "e+", "wg0"]);
  if (name.endsWith("+")) features.add("interface wildcard");
  const inside = ["PREROUTING", "INPUT", "FORWARD"].includes(hook);
  const outside = ["FORWARD", "POSTROUTING"].includes(hook);
  if (!inside && !outside) return null;
  const option = inside && (!outside || random.chance(0.6)) ? "-i" : "-o";
  return `${negate(draw)}${option} ${name}`;
};

const drawState: MatchMaker = (draw) => {
  draw.features.add("ct state");
  const states = draw.random.pick(["NEW", "NEW", "ESTABLISHED,RELATED", "NEW,ESTABLISHED", "INVALID", "RELATED"]);
  const match = draw.random.chance(0.3) ? "-m state" : "-m conntrack";
  return `${match} ${negate(draw)}${match === "-m state" ? "--state" : "--ctstate"} ${states}`;
};

const drawRange: MatchMaker = (draw) => {
  draw.features.add("iprange");
  return `-m iprange ${negate(draw)}--src-range ${draw.addresses.range()}`;
};

const drawAddressType: MatchMaker = (draw, { hook }) => {
  const { random, features } = draw;
  features.add("addrtype");
  const which = random.chance(0.75) ? "--dst-type" : "--src-type";
  // The routing tables know no address as local before they were asked, and never for the other direction.
  const limit = hook === "INPUT" && which === "--dst-type" && random.chance(0.2) ? " --limit-iface-in" : "";
  const known = [
    "LOCAL",
    "LOCAL",
    "UNICAST",
    draw.addresses.family === 4 ? "BROADCAST" : "LOCAL",
    "MULTICAST",
  ] as const;
  const types = [...new Set(random.chance(0.2) ? [random.pick(known), random.pick(known)] : [random.pick(known)])];
  return `-m addrtype ${negate(draw)}${which} ${types.join(",")}${limit}`;
};

const drawMark: MatchMaker = (draw) => {
  draw.features.add("mark");
  const { random } = draw;
  const mask = random.chance(0.5) ? `/0x${random.pick([0xf, 0x1, 0xff]).toString(16)}` : "";
  return `-m ${random.pick(["mark", "mark", "connmark"])} ${negate(draw)}--mark 0x${random.below(4).toString(16)}${mask}`;
};

const drawSet: MatchMaker = (draw) => {
  const [first, ...rest] = draw.sets;
  if (first === undefined) return null;
  const set = draw.random.pick([first, ...rest]);
  draw.features.add(`ipset ${set.kind}`);
  return `-m set ${negate(draw)}--match-set ${set.name} ${set.dimensions}`;
};

const drawLimit: MatchMaker = ({ random, features }) => {
  if (random.chance(0.7)) return null;
  features.add("limit");
  return `-m limit --limit ${random.pick(["3/min", "10/sec"])} --limit-burst ${random.pick([5, 10])}`;
};

const drawComment: MatchMaker = ({ random }) =>
  `-m comment --comment ${random.pick(["plain", '"two words"', '"-s 10.0.0.0/8 -j DROP"', '"it\'s \\"quoted\\""'])}`;

const MAKERS: readonly [MatchMaker, ...MatchMaker[]] = [
  drawSource,
  drawSource,
  drawSource,
  drawSource,
  drawDestination,
  drawInterface,
  drawInterface,
  drawState,
  drawRange,
  drawAddressType,
  drawMark,
  drawSet,
  drawSet,
  drawLimit,
  drawComment,
];
