import type { Network, RoutingEntry } from "../facts/interfaces.ts";
import { covers, parseCidr, type Family } from "./addresses.ts";
import { PLAIN_TABLES } from "./vantages.ts";

/**
 * The route by which the host would answer a source: the longest one that leads there. Null where none does;
 * undefined where the routes were not read.
 */
export function findWayBack({ routing }: Network, family: Family, source: string): RoutingEntry | null | undefined {
  const table = family === 4 ? routing.ipv4 : routing.ipv6;
  if (!table.ok) return undefined;
  const toLength = (entry: RoutingEntry): number => parseCidr(entry.destination)?.prefixLength ?? 0;
  const [best] = table.value
    .filter((entry) => PLAIN_TABLES.has(entry.table) && covers(entry.destination, source))
    .toSorted((one, other) => toLength(other) - toLength(one));
  return best ?? null;
}
