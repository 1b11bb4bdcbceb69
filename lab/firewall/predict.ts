import { evaluate } from "../../src/firewall/evaluate.ts";
import type { Entry, Partition } from "../../src/firewall/partition.ts";
import type { Match, RuleSet } from "../../src/firewall/rule-set.ts";
import { toSourceSet } from "../../src/firewall/source-set.ts";
import { openLocalHost } from "../../src/host/local.ts";
import type { Case, Way } from "./case.ts";
import { gatherRuleSets } from "./gather-rules.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES } from "./world.ts";

const INTERFACES = ["eth0", "eth1", "docker0"] as const;
const ROUTES = {
  4: [
    { destination: "10.77.0.0/24", interface: "eth0" },
    { destination: "10.78.0.0/24", interface: "eth1" },
    { destination: "172.17.0.0/16", interface: "docker0" },
    { destination: "0.0.0.0/0", interface: "eth0" },
  ],
  6: [
    { destination: "2001:db8:77::/64", interface: "eth0" },
    { destination: "2001:db8:78::/64", interface: "eth1" },
    { destination: "fd00:17::/64", interface: "docker0" },
    { destination: "::/0", interface: "eth0" },
  ],
} as const;

/** A way in the world of world.ts, as the judge is told of it. */
function toEntry({ routeLocalnet }: Pick<Case, "routeLocalnet">, { door, family, destination, port }: Way): Entry {
  const loopback = { address: family === 4 ? "127.0.0.1" : "::1", interface: "lo" };
  return {
    family,
    inInterface: door,
    destination: { address: destination, port },
    sourcePort: null,
    localAddresses: [
      loopback,
      ...INTERFACES.map((name) => ({ address: HOST_ADDRESSES[name][family], interface: name })),
    ],
    routes: ROUTES[family],
    forwards: true,
    routeLocalnet,
  };
}

/** Whether somebody listens there, so that who is admitted is also answered. */
export function isAnswered(address: string, isListenedOn: boolean): boolean {
  const known: readonly string[] = [
    "127.0.0.1",
    "::1",
    ...INTERFACES.flatMap((name) => Object.values(HOST_ADDRESSES[name])),
    ...Object.values(CONTAINER_ADDRESS),
  ];
  return isListenedOn && known.includes(address);
}

export interface Prediction {
  readonly way: Way;
  readonly partition: Partition;
}

/** The host this process stands in. */
const host = openLocalHost();

/** Reads the rules as they were loaded and judges every way of the case. `sabotage`: judges other rules. */
export async function predict(tried: Case, sabotage = false): Promise<readonly Prediction[]> {
  const read = await gatherRuleSets(host);
  const ruleSets = sabotage ? read.map(withoutLastAddresses) : read;
  return tried.ways.map((way) => ({ way, partition: evaluate(ruleSets, toEntry(tried, way)) }));
}

/** The rule set of a judge who is wrong by one address at every border. */
function withoutLastAddresses(ruleSet: RuleSet): RuleSet {
  const shorten = (match: Match): Match => {
    if (match.kind !== "source") return match;
    const { family, firsts, lasts } = match.sources;
    const intervals = firsts.map((first, index) => ({ first, last: (lasts[index] ?? first) - 1n }));
    return { ...match, sources: toSourceSet(family, intervals) };
  };
  const tables = ruleSet.tables.map((table) => ({
    ...table,
    chains: table.chains.map((chain) => ({
      ...chain,
      rules: chain.rules.map((rule) => ({ ...rule, matches: rule.matches.map(shorten) })),
    })),
  }));
  return { ...ruleSet, tables };
}
