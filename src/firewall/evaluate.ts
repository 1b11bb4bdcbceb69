import type { Entry, Partition } from "./partition.ts";
import type { RuleSet } from "./rule-set.ts";

/**
 * Which sources may open a connection: the whole address family, parted by fate and by the rule that decides.
 * `ruleSets` is everything the host's packet filters hold, each engine's once.
 */
export type Evaluate = (ruleSets: readonly RuleSet[], entry: Entry) => Partition;
