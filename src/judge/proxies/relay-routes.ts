import { RELAYS } from "../../servers/relays.ts";
import { toBarrier, toRouteVerdict } from "../barriers.ts";
import type { Barrier, Route } from "../route.ts";
import type { FoundServer } from "../servers.ts";
import { toDemand } from "./demand.ts";
import type { RelayWay } from "./relay-way.ts";
import { toServersOwn } from "./stance.ts";

/**
 * The routes to a server by one way through relays, from the routes to the first of them: whoever uses that one, uses
 * the server. What stands before the relay, a proxy of its own among it, stays as it is.
 *
 * @param toRelay routes to the first relay, as a server of its own
 */
export function toRelayRoutes(server: FoundServer, way: RelayWay, toRelay: readonly Route[]): readonly Route[] {
  const hops = way.flatMap((leg) => leg.hops);
  const doubts = way.flatMap(({ certainty, evidence }) =>
    certainty === "resolved"
      ? []
      : [
          toBarrier(
            "proxy",
            null,
            certainty === "unclear-upstream" ? "relay-target-unknown" : "proxy-upstream-unresolved",
            evidence,
          ),
        ],
  );
  const behind = toGuardBehind(server, way);
  return toRelay.map((route) => {
    const barriers = route.barriers.flatMap((each) => (each.kind === "authentication" ? [] : [each]));
    const authentication = route.barriers.filter(({ kind }) => kind === "authentication");
    const guarded = authentication.some(({ stops }) => stops === true);
    const all = [...barriers, ...doubts, ...(behind === null || guarded ? authentication : [behind])];
    const verdict = toRouteVerdict(all);
    return {
      ...route,
      hops: [...route.hops.filter(({ kind }) => kind !== "direct"), ...hops],
      barriers: all,
      // Only a browser's route is open by one check of two: what it came to at the relay is the best it can be.
      verdict: route.from.vantage === "browser" ? toNoBetter(route.verdict, verdict, all) : verdict,
      proof: null,
    };
  });
}

/** What demands a credential behind the first relay: those of its callers reach it, or one that a relay holds. */
function toGuardBehind(server: FoundServer, way: RelayWay): Barrier | null {
  const all = way.map(({ relay }, index) => ({
    own: toServersOwn(way[index + 1]?.relay ?? server, []),
    passes: RELAYS[relay.kind]?.passesCredential === true,
  }));
  const guards = all.filter(({ own }) => own.stops !== false);
  const proxied = way.some(({ behind }) => behind.some(({ location }) => toDemand(location)?.credential !== false));
  const [first] = guards;
  if (first === undefined && !proxied) return null;
  const evidence = first?.own.evidence ?? null;
  const demanded = guards.some(({ own, passes }) => own.stops === true && passes);
  return demanded
    ? toBarrier("authentication", true, "demands-credential", evidence)
    : toBarrier("authentication", null, "authentication-unmeasured", evidence);
}

function toNoBetter(before: Route["verdict"], now: Route["verdict"], barriers: readonly Barrier[]): Route["verdict"] {
  if (before === "closed" || before === "unknown") return before;
  if (now === "guarded" || before === "guarded") return "guarded";
  return barriers.some(({ kind, stops }) => (kind === "proxy" || kind === "authentication") && stops === null)
    ? "unknown"
    : before;
}
