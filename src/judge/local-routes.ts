import type { Answer } from "../facts/answers.ts";
import type { Recognition } from "../servers/server-kind.ts";
import { toProof } from "./authentication.ts";
import { toRouteVerdict } from "./barriers.ts";
import type { BrowserChecks } from "./browser-checks.ts";
import type { Barrier, Hop, Route } from "./route.ts";

/** A way into a server that begins on the host itself. */
export interface LocalWay {
  readonly entry: Route["entry"];
  readonly hops: readonly Hop[];
  /** What stands before the socket on this host, apart from the credential. */
  readonly barriers: readonly Barrier[];
  readonly authentication: Barrier;
  readonly answers: readonly Answer[];
  readonly recognition: Recognition | null;
}

/**
 * The route of another process or user on the host. An answer gathered over this very way is its proof, and
 * nothing that could have stopped it needs to be judged.
 */
export function toHostRoute(way: LocalWay): Route {
  const barriers = [...way.barriers, way.authentication];
  return {
    from: { vantage: "host", interface: null, sources: [], except: [] },
    entry: way.entry,
    hops: way.hops,
    barriers,
    verdict: toRouteVerdict(barriers),
    upstreamUnseen: false,
    proof: toProof(way.recognition, way.answers),
  };
}

/**
 * The route of a web page open in a browser on the host; null where a process on the host has none. The page has
 * two ways: a name of its own rebound to this host, which the Host check meets (its origin then is the same
 * name), and a plain request to another origin, which the Origin check meets. So one open check is enough, and
 * only both together close it.
 */
export function toBrowserRoute(host: Route, checks: BrowserChecks): Route | null {
  if (host.verdict === "closed") return null;
  const authentication = host.barriers.filter((barrier) => barrier.kind === "authentication");
  const others = host.barriers.filter((barrier) => barrier.kind !== "authentication");
  return {
    ...host,
    from: { vantage: "browser", interface: null, sources: [], except: [] },
    barriers: [...others, checks.host, checks.origin, ...authentication],
    verdict: toBrowserVerdict(host, checks),
    proof: null,
  };
}

function toBrowserVerdict(host: Route, checks: BrowserChecks): Route["verdict"] {
  const stops = [checks.host.stops, checks.origin.stops];
  if (stops.every((each) => each === true)) return "closed";
  return stops.includes(false) ? host.verdict : "unknown";
}
