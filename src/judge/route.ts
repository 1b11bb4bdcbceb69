import type { Evidence } from "../facts/evidence.ts";
import type { DoubtReason } from "../firewall/rule-set.ts";
import type { DeciderTerms } from "./decider-terms.ts";

/** Where somebody stands. */
export type VantageName = "internet" | "neighbour" | "container" | "host" | "browser";

export interface Vantage {
  readonly vantage: VantageName;
  /** Interface of the host through which this vantage comes in; null for `host` and `browser`. */
  readonly interface: string | null;
  /** Source addresses, CIDR. For `internet`: everything routed in that is no neighbour. */
  readonly sources: readonly string[];
  /** Of these sources, those that are not meant, CIDR: where rules tell them apart, they have a route of their own. */
  readonly except: readonly string[];
}

/** One leg of the way from a vantage to a server. */
export type Hop =
  | { readonly kind: "direct" }
  | { readonly kind: "published-port"; readonly container: string; readonly publishedOn: string; readonly to: string }
  | { readonly kind: "container-address"; readonly container: string; readonly network: string; readonly to: string }
  | {
      readonly kind: "proxy";
      /** The program: `nginx`, `caddy`. */
      readonly name: string;
      /** Names under which it takes requests for this; empty: every name. */
      readonly serverNames: readonly string[];
      /** What requests must ask for, as written in its configuration; empty: everything. */
      readonly paths: readonly string[];
      /** By which methods alone; absent: by every one. */
      readonly methods?: readonly string[];
      readonly to: string;
    }
  | {
      readonly kind: "tunnel";
      /** The program: `cloudflared`, `ngrok`. */
      readonly name: string;
      /** Under which the outside calls it; null where it does not tell. */
      readonly publicName: string | null;
      readonly to: string;
    }
  | { readonly kind: "forwarded"; readonly by: string; readonly to: string };

export type BarrierKind =
  | "bind"
  | "routing"
  | "firewall"
  | "unit-ip-filter"
  | "proxy"
  | "host-check"
  | "origin-check"
  | "authentication";

/** What may stop a request on a route. `stops: null` means it could not be told, and `why` says why not. */
export interface Barrier {
  readonly kind: BarrierKind;
  readonly stops: boolean | null;
  readonly why: BarrierReason;
  readonly evidence: Evidence | null;
  /** The rule that decided, as the administrator knows it who wrote it; only where one did. */
  readonly by?: Pick<DeciderTerms, "manager" | "name" | "written">;
}

/** Why a barrier stops, does not stop, or is not known; the reporter has the words. */
export type BarrierReason =
  // bind
  | "listens-here"
  | "listens-elsewhere"
  | "loopback-only"
  | "loopback-routed-in" // route_localnet hands 127.0.0.0/8 to neighbours
  | "weak-host-model" // an address of another interface is answered on this one
  | "destination-may-be-rewritten" // rules that were not read or are in doubt may send it past loopback
  | "dual-stack-unmeasured"
  | "device-bound"
  | "other-namespace"
  // routing
  | "no-way-back"
  | "not-forwarded"
  | "private-address" // nobody beyond the links sends packets for it, unless a router was told to
  | "forwarded"
  | "routing-unread"
  | "tunnel-target-unknown"
  | "tunnel-audience-unknown" // whether the machine at its other end lets others use the port
  | "sysctl-unread" // the kernel's switch that decides it, such as ip_forward
  // firewall, unit-ip-filter
  | "no-rule-set"
  | "not-judged-yet"
  | "firewall-unread"
  | "rules-admit"
  | "rules-stop"
  | "rules-send-elsewhere"
  | "answer-in-doubt" // let in, and rules may stop the answer
  | "bridge-unread" // whether packets between containers of one network pass the rules at all
  | `rules-${DoubtReason}`
  | "no-ip-filter"
  | "ip-filter-unproven" // loads without effect on some hosts: only a connection from outside tells
  | "unit-unread"
  // proxy
  | "proxy-lets-sources-in"
  | "proxy-stops-sources"
  | "proxy-not-understood"
  | "proxy-refuses-unexplained" // the host itself, by a condition that others may meet
  | "proxy-changed" // its files are newer than what it runs with
  | "proxy-upstream-unclear"
  | "relay-target-unknown" // where another model server hands on to is not told
  | "proxy-upstream-unresolved" // the name of the upstream could not be resolved, and the port is this server's
  // host-check, origin-check
  | "check-refuses"
  | "check-accepts"
  | "check-off-on-this-address"
  | "check-unmeasured"
  | "proxy-sets-host"
  | "tunnel-passes-its-name"
  | "tunnel-sets-host"
  | "caller-chooses-host" // the proxy takes any name and passes it on
  | "proxy-passes-its-name" // and the server refuses that name
  // authentication
  | "answers-without-credential"
  | "demands-credential"
  | "has-no-authentication"
  | "proxy-demands-nothing"
  | "proxy-takes-any-credential"
  | "proxy-asks-service" // what that answers was not measured
  | "tunnel-demands-nothing"
  | "authentication-unmeasured";

/** What a route comes to. */
export type RouteVerdict = "open" | "guarded" | "closed" | "unknown";

/** A connection that was really tried. */
export interface Proof {
  readonly from: string;
  readonly outcome: string;
}

export interface Route {
  readonly from: Vantage;
  readonly entry: { readonly address: string; readonly port: number };
  readonly hops: readonly Hop[];
  /** In the order a packet meets them. */
  readonly barriers: readonly Barrier[];
  readonly verdict: RouteVerdict;
  /** True where a router, NAT or cloud firewall in front of the host may still stop this route, unseen from here. */
  readonly upstreamUnseen: boolean;
  readonly proof: Proof | null;
}
