import type { Tunnel } from "../../facts/tunnels/tunnel.ts";
import type { Hop } from "../route.ts";
import type { Certainty, ProxyPlace } from "./proxy-way.ts";

/** One way by which a tunnel hands on to a model server, through a proxy or not. */
export interface TunnelWay {
  readonly tunnel: Tunnel;
  /** Proxies that it passes, in order. */
  readonly behind: readonly ProxyPlace[];
  /** `unclear-upstream`: where the tunnel leads to is not told by this host. */
  readonly certainty: Certainty;
  readonly hops: readonly [Extract<Hop, { kind: "tunnel" }>, ...Hop[]];
}
