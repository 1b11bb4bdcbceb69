import type { Entry } from "../../firewall/partition.ts";
import { toFamily } from "../addresses.ts";
import { toEntry } from "../firewall-entry.ts";
import type { JudgedHost } from "../rule.ts";
import type { Server } from "../server.ts";

/** Where others come in to a server, each place once, as the judge of rule sets is told of it. */
export function findServerDoors({ facts }: JudgedHost, { routes }: Server): readonly Entry[] {
  const network = facts.networks.find((each) => each.own);
  if (network === undefined) return [];
  const doors = routes.flatMap(({ from, entry }) => {
    const family = toFamily(entry.address);
    return from.interface === null || family === null ? [] : [{ ...entry, family, interface: from.interface }];
  });
  const distinct = new Map(doors.map((door) => [JSON.stringify(door), door]));
  return [...distinct.values()].flatMap((door) => toEntry(network, door) ?? []);
}
