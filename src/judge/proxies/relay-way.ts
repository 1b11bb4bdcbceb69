import type { Evidence } from "../../facts/evidence.ts";
import type { Hop } from "../route.ts";
import type { FoundServer } from "../servers.ts";
import type { Certainty, ProxyPlace } from "./proxy-way.ts";

/** One relay on a way, and how it hands on to whoever stands behind it. */
export interface RelayLeg {
  readonly relay: FoundServer;
  /** Proxies between it and whoever stands behind it. */
  readonly behind: readonly ProxyPlace[];
  readonly certainty: Certainty;
  /** What says where it leads to; null where its program does so by itself, or nothing says it. */
  readonly evidence: Evidence | null;
  readonly hops: readonly [Extract<Hop, { kind: "proxy" }>, ...Extract<Hop, { kind: "proxy" }>[]];
}

/** One way to a model server through others that hand on to it; the first is the one whom callers meet. */
export type RelayWay = readonly [RelayLeg, ...RelayLeg[]];
