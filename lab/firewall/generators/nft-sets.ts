import type { Addresses } from "../addresses.ts";
import { type Line, toNeededLine, toRuleLine } from "../case.ts";
import type { Random } from "../random.ts";
import { drawPort, drawPortRange } from "./ways.ts";

/** A named set, with the words before its name in a rule. */
export interface NftSet {
  readonly name: string;
  /** What of the packet it is asked about, for example `ip saddr . tcp dport`. */
  readonly key: string;
  readonly lines: readonly Line[];
}

type Kind = "addresses" | "intervals" | "ports" | "pairs" | "interval pairs" | "interfaces";

export function drawNftSets(
  random: Random,
  features: Set<string>,
  addresses: Addresses,
  table: string,
): readonly NftSet[] {
  return Array.from({ length: random.below(4) }, (_, index) =>
    drawSet(random, features, addresses, table, `set${index}`),
  );
}

function drawSet(random: Random, features: Set<string>, addresses: Addresses, table: string, name: string): NftSet {
  const { family } = addresses;
  const type = family === 4 ? "ipv4_addr" : "ipv6_addr";
  const header = family === 4 ? "ip" : "ip6";
  const kind = random.pick<Kind>([
    "addresses",
    "intervals",
    "intervals",
    "ports",
    "pairs",
    "interval pairs",
    "interfaces",
  ]);
  features.add(`set of ${kind}`);
  const some = (make: () => string): readonly string[] => [
    ...new Set(Array.from({ length: 1 + random.below(10) }, make)),
  ];
  const toLines = (head: string, elements: readonly string[]): readonly Line[] => [
    toNeededLine(`add set ${table} ${name} { ${head} }`),
    ...elements.map((element) => toRuleLine(`add element ${table} ${name} { ${element} }`)),
  ];
  const interval = (): string =>
    random
      .pick([() => addresses.prefix(), () => addresses.range(), () => addresses.address()])()
      .replace(/\/0$/, "/1");
  const ports = (): string => (random.chance(0.5) ? `${drawPort(random)}` : drawPortRange(random).join("-"));
  switch (kind) {
    case "addresses":
      return {
        name,
        key: `${header} saddr`,
        lines: toLines(
          `type ${type};`,
          some(() => addresses.address()),
        ),
      };
    case "intervals":
      return {
        name,
        key: `${header} saddr`,
        lines: toLines(`type ${type}; flags interval; auto-merge;`, some(interval)),
      };
    case "ports":
      return { name, key: "tcp dport", lines: toLines("type inet_service; flags interval; auto-merge;", some(ports)) };
    case "pairs": {
      const pair = (): string => `${addresses.address()} . ${drawPort(random)}`;
      return { name, key: `${header} saddr . tcp dport`, lines: toLines(`type ${type} . inet_service;`, some(pair)) };
    }
    case "interval pairs": {
      const pair = (): string => `${interval()} . ${ports()}`;
      const head = `type ${type} . inet_service; flags interval;`;
      // Intervals over two fields must not overlap, so there is one.
      return { name, key: `${header} saddr . tcp dport`, lines: toLines(head, [pair()]) };
    }
    case "interfaces":
      return {
        name,
        key: "iifname",
        lines: toLines(
          "type ifname;",
          some(() => random.pick(['"eth0"', '"eth1"', '"lo"'])),
        ),
      };
  }
}
