import type { AddressFamily } from "../../../src/firewall/address.ts";
import { type Addresses, openAddresses } from "../addresses.ts";
import { type Case, type Line, toNeededLine, toRuleLine } from "../case.ts";
import type { Random } from "../random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES, PORTS } from "../world.ts";
import { drawRewrittenWays } from "./rewriting.ts";
import { drawPort, SERVER_PORT } from "./ways.ts";

interface Draw {
  readonly random: Random;
  readonly family: AddressFamily;
  readonly addresses: Addresses;
  readonly features: Set<string>;
}

/** Rewriting of the destination with nftables' own rules, maps among them, in one or two tables. */
export function drawNftRewriting(random: Random): Case {
  const family = random.chance(0.65) ? 4 : 6;
  const draw: Draw = { random, family, features: new Set(["dnat"]), addresses: openAddresses(random, family) };
  const lines = Array.from({ length: random.pick([1, 1, 2]) }, (_, index) => drawTable(draw, index));
  return {
    dialect: "nftables nat",
    features: [...draw.features],
    inputs: [{ tool: "nft -f -", lines: lines.flat() }],
    ways: drawRewrittenWays(draw),
    routeLocalnet: family === 4 && random.chance(0.4),
  };
}

function drawTable(draw: Draw, index: number): readonly Line[] {
  const { random, family } = draw;
  const table = `${random.pick([family === 4 ? "ip" : "ip6", "inet"])} n${index}`;
  const rules = (chain: string, make: () => readonly string[]): readonly Line[] =>
    Array.from({ length: 1 + random.below(4) }, () => toRuleLine(`add rule ${table} ${chain}`, ...make()));
  const filters = [
    { chain: "in", hook: "input" },
    { chain: "through", hook: "forward" },
  ];
  return [
    `add table ${table}`,
    `add chain ${table} pre { type nat hook prerouting priority ${random.pick(["dstnat", "-90", "-110"])}; }`,
    ...filters.map(({ chain, hook }) => {
      const policy = random.chance(0.4) ? "policy drop;" : "";
      return `add chain ${table} ${chain} { type filter hook ${hook} priority filter; ${policy} }`;
    }),
    `add rule ${table} through iifname "docker0" accept`,
  ]
    .map(toNeededLine)
    .concat(
      rules("pre", () => drawRewrite(draw, table.startsWith("inet"))),
      rules("in", () => drawFilter(draw)),
      rules("through", () => drawFilter(draw)),
    );
}

function drawRewrite(draw: Draw, inInet: boolean): readonly string[] {
  const { random, family, addresses, features } = draw;
  const header = family === 4 ? "ip" : "ip6";
  const to = `dnat ${inInet ? `${header} ` : ""}to`;
  const conditions = [
    random.chance(0.4) ? `${header} saddr ${addresses.prefix().replace(/\/0$/, "/1")}` : "",
    random.chance(0.3) ? 'iifname != "docker0"' : "",
    random.chance(0.3) ? "fib daddr type local" : "",
    `tcp dport ${drawPort(random)}`,
  ];
  const host = drawTargetAddress(draw);
  const port = random.pick(PORTS);
  const at = `${family === 4 ? host : `[${host}]`}:${port}`;
  switch (random.below(6)) {
    case 0:
      features.add("redirect");
      return [...conditions, `redirect to :${port}`];
    case 1:
      features.add("dnat map");
      return [
        ...conditions.slice(0, -1),
        `${to} tcp dport map { ${SERVER_PORT} : ${host}, 8000-8080 : ${CONTAINER_ADDRESS[family]} }`,
      ];
    case 2:
      features.add("dnat map");
      return [
        ...conditions.slice(0, -1),
        `${to} tcp dport map { ${SERVER_PORT} : ${host} . ${port}, 443 : ${CONTAINER_ADDRESS[family]} . 80 }`,
      ];
    case 3:
      return [...conditions, random.pick(["accept", "return"])];
    default:
      return [...conditions, `${to} ${random.chance(0.2) ? host : at}`];
  }
}

function drawTargetAddress({ random, family, features }: Draw): string {
  const address = random.pick([
    CONTAINER_ADDRESS[family],
    CONTAINER_ADDRESS[family],
    HOST_ADDRESSES.eth1[family],
    family === 4 ? "127.0.0.1" : HOST_ADDRESSES.docker0[6],
  ]);
  if (address === "127.0.0.1") features.add("dnat to loopback");
  return address;
}

function drawFilter({ random, family, addresses }: Draw): readonly string[] {
  const header = family === 4 ? "ip" : "ip6";
  const condition = random.pick([
    `${header} saddr ${addresses.prefix().replace(/\/0$/, "/1")}`,
    `tcp dport ${drawPort(random)}`,
    "ct status dnat",
    "ct state new",
    `meta l4proto tcp ct original proto-dst ${drawPort(random)}`,
    `ct original ${header} daddr ${HOST_ADDRESSES.eth0[family]}`,
    "fib daddr type local",
    `${header} daddr ${CONTAINER_ADDRESS[family]}`,
  ]);
  return [condition, random.pick(["accept", "accept", "drop", "return"])];
}
