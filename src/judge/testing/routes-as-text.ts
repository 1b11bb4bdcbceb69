import { toAuthority } from "../authentication.ts";
import { toRuleSets } from "../rule-sets.ts";
import { toRouter, toServerVerdict } from "../routes.ts";
import type { Route } from "../route.ts";
import { findServers } from "../servers.ts";
import type { AHost } from "./a-host.ts";

/** Every route of every server of a host, in the order of the report. */
export function routesOf({ facts }: AHost): Route[] {
  const route = toRouter(facts, toRuleSets(facts));
  return findServers(facts).servers.flatMap((server) => route(server));
}

/** `neighbour eth0 192.168.1.10:11434 open: weak-host-model`, with the reasons a reader would ask for. */
export function toText(route: Route): string {
  const { from, entry, verdict } = route;
  const place = [from.vantage, from.interface].filter((part) => part !== null).join(" ");
  const why = toReasons(route).join(", ");
  return `${place} ${toAuthority(entry.address, entry.port)} ${verdict}${why === "" ? "" : `: ${why}`}`;
}

/** What stops a route, or what is not known of it, or how its bind is met where that is not the plain way. */
function toReasons({ barriers, verdict }: Route): string[] {
  if (verdict === "closed" || verdict === "guarded") {
    return barriers.filter((each) => each.stops === true).map((each) => each.why);
  }
  if (verdict === "unknown") return barriers.filter((each) => each.stops === null).map((each) => each.why);
  const telling = new Set(["weak-host-model", "loopback-routed-in", "check-accepts", "check-off-on-this-address"]);
  return barriers.map((each) => each.why).filter((why) => telling.has(why));
}

/** Verdict of each server of a host. */
export function verdictsOf(host: AHost): string[] {
  const route = toRouter(host.facts, toRuleSets(host.facts));
  return findServers(host.facts).servers.map(
    (server) => `${server.kind} ${toServerVerdict(route(server), server.unjudged)}`,
  );
}
