import type { Proxy, ProxyConfiguration, ProxyListener, ProxyLocation, ProxySite } from "../../facts/proxies/proxy.ts";
import type { ProxyAnswer } from "../../facts/proxies/proxy-answer.ts";
import type { AskedListener } from "../asked-listeners.ts";
import type { Hop } from "../route.ts";
import { listReached } from "./served-paths.ts";
import type { Stance } from "./stance.ts";

/** One location of one site of a proxy, with the places of all three in the facts. */
export interface ProxyPlace {
  readonly proxy: Proxy;
  readonly site: ProxySite;
  readonly location: ProxyLocation;
  readonly at: Pick<ProxyAnswer, "proxy" | "site" | "location">;
}

/** How sure it is that an upstream is the server. */
export type Certainty = "resolved" | "unclear-upstream" | "unresolved-name";

/**
 * One way by which a proxy hands on to a model server: locations of one site that demand the same and lead to the same
 * place, on one socket of the proxy's.
 */
export interface ProxyWay {
  readonly door: ProxyDoor;
  /** Never empty. */
  readonly places: readonly [ProxyPlace, ...ProxyPlace[]];
  /** Proxies behind the first, in the order in which they hand on. */
  readonly behind: readonly ProxyPlace[];
  readonly certainty: Certainty;
  readonly stance: Stance;
  /** One for each proxy passed; shared by all routes of this way, which are known by it. */
  readonly hops: readonly [Extract<Hop, { kind: "proxy" }>, ...Extract<Hop, { kind: "proxy" }>[]];
}

/** A socket of a proxy, as one of its sites names it. */
export interface ProxyDoor {
  readonly asked: AskedListener;
  readonly listener: Extract<ProxyListener, { kind: "tcp" }>;
}

/** What a proxy runs with as far as it tells, else what its files say; null where neither was read. */
export function toConfiguration({ running, declared }: Proxy): ProxyConfiguration | null {
  if (running?.ok === true) return running.value;
  return declared.ok ? declared.value : null;
}

/** Locations of one host that are judged: every one may lead to every other. */
export const MOST_PLACES = 2_000;

/**
 * Every location of every site of the proxies that run that a request can come to, as far as their configurations were
 * read.
 */
export function listPlaces(proxies: readonly Proxy[]): readonly ProxyPlace[] {
  return proxies.flatMap((proxy, index) => {
    if (proxy.pid === null) return [];
    return (toConfiguration(proxy)?.sites ?? []).flatMap((site, siteIndex) =>
      listReached(site).map((location, locationIndex) => ({
        proxy,
        site,
        location,
        at: { proxy: index, site: siteIndex, location: locationIndex },
      })),
    );
  });
}

/** The last proxy of a way, which hands on to the server itself. */
export function toLastPlace({ places, behind }: Pick<ProxyWay, "places" | "behind">): ProxyPlace {
  return behind.at(-1) ?? places[0];
}
