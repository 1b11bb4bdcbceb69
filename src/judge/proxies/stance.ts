import type { Facts } from "../../facts/facts.ts";
import { covers } from "../addresses.ts";
import { toAuthenticationBarrier } from "../authentication.ts";
import { toBarrier } from "../barriers.ts";
import type { Barrier } from "../route.ts";
import type { FoundServer } from "../servers.ts";
import { toDemand, toPlaceEvidence, type Demand } from "./demand.ts";
import { toUpstreamHostCheck } from "./host-check.ts";
import { answersFor, toProbe, type Expected, type Probe } from "./proxy-probe.ts";
import { toLastPlace, type Certainty, type ProxyDoor, type ProxyPlace } from "./proxy-way.ts";

/** How a way through proxies meets a caller. */
export interface Stance {
  /** Whether somebody who shows nothing is served; for those in `free` it does not matter. */
  readonly authentication: Barrier;
  /** What is not known about the proxies themselves; null: nothing. */
  readonly doubt: Barrier | null;
  readonly hostCheck: Barrier | null;
  /** Networks that alone are let in, CIDR; null: no list. */
  readonly admitted: readonly string[] | null;
  /** Networks that are let in without the credential, CIDR. */
  readonly free: readonly string[];
  readonly probe: Probe | null;
  /** What the configuration alone says of a credential. */
  readonly configured: boolean | null;
  /** The server behind demands one by itself. */
  readonly serverDemands: boolean;
}

/** One way, before it is known how it meets a caller. */
export interface BareWay {
  /** Null where a tunnel leads to it. */
  readonly door: ProxyDoor | null;
  readonly place: ProxyPlace;
  readonly behind: readonly ProxyPlace[];
  readonly certainty: Certainty;
}

/**
 * How a way meets a caller, by the configuration and by what was answered to a request without a credential; where
 * both tell, the answer does. Null: the configuration hands nothing on by this way.
 */
export function toStance(facts: Facts, server: FoundServer, way: BareWay): Stance | null {
  const first = toDemand(way.place.location);
  const others = way.behind.map(({ location }) => toDemand(location));
  if (first === null || others.includes(null)) return null;
  const all = [first, ...others.flatMap((each) => each ?? [])];
  const places = [way.place, ...way.behind];
  const configured = all.some(({ credential }) => credential === true)
    ? true
    : all.some(({ credential }) => credential === null)
      ? null
      : false;
  const expected = toExpected(configured, all);
  const own = toProbe(way.door === null ? [] : answersFor(facts.proxyAnswers ?? [], way.door, way.place), expected);
  const probe = own === null || own.outcome === null ? (findDemandBehind(facts, way, expected) ?? own) : own;
  const serverDemands = toServersOwn(server, places).stops === true;
  const isRefused = !serverDemands && isUnexplained(way, { probe, configured, all });
  const hostCheck = toHostCheck(facts, server, way, probe);
  const isServersRefusal = isRefused && server.kind === "ollama" && hostCheck?.stops !== false;
  return {
    authentication: toAuthentication(server, { places, all, configured, probe, free: first.free }),
    doubt: toDoubt(way, probe) ?? (isRefused && !isServersRefusal ? toUnexplained(probe) : null),
    hostCheck: isServersRefusal ? toBarrier("host-check", true, "check-refuses", probe?.evidence ?? null) : hostCheck,
    admitted: first.admitted,
    free: first.free,
    probe,
    configured,
    serverDemands,
  };
}

/**
 * A proxy behind the first that answered 401 itself: it demands the credential of whoever comes by this way too, unless
 * one before it adds one. Both are called from this host.
 */
function findDemandBehind(facts: Facts, { place, behind }: BareWay, expected: Expected): Probe | null {
  const before = [place, ...behind];
  const probes = behind.flatMap(({ at }, index) => {
    if (before.slice(0, index + 1).some(({ location }) => location.passing.authorization === "replaced")) return [];
    const answers = (facts.proxyAnswers ?? []).filter(
      (each) => each.proxy === at.proxy && each.site === at.site && each.location === at.location,
    );
    return [toProbe(answers, expected)];
  });
  return probes.find((each) => each?.outcome === "guarded") ?? null;
}

function toExpected(configured: boolean | null, all: readonly Demand[]): Expected {
  if (configured === true) return "asked-for-credential";
  if (all.some(({ doubt }) => doubt === "who-asks")) return "by-who-asks";
  if (configured === null) return all.some(({ doubt }) => doubt === "unclear") ? "not-known" : "as-a-service-says";
  return all.some(({ takesAny }) => takesAny) ? "taken-with-any-credential" : "served";
}

interface Sight {
  readonly places: readonly ProxyPlace[];
  readonly all: readonly Demand[];
  readonly configured: boolean | null;
  readonly probe: Probe | null;
  readonly free: readonly string[];
}

function toAuthentication(server: FoundServer, sight: Sight): Barrier {
  const { probe, configured, places, all, free } = sight;
  const demanding = places.find((_, index) => all[index]?.credential === true);
  const own = places.find((_, index) => all[index]?.credential === null);
  // Whoever asks from the host itself is among those who need no credential: that he was served says nothing of others.
  const speaksForOthers = !free.some((network) => covers(network, "127.0.0.1/32") || covers(network, "::1/128"));
  if (probe?.outcome === "guarded") return toBarrier("authentication", true, "demands-credential", probe.evidence);
  const theirs = toServersOwn(server, places);
  const isTheirs = theirs.stops === false || probe?.recognition?.access === "open";
  if (probe?.outcome === "open" && speaksForOthers && isTheirs) {
    return toBarrier("authentication", false, "answers-without-credential", probe.evidence);
  }
  if (demanding !== undefined) {
    const changed = demanding.proxy.changedSinceLoaded === true && demanding.proxy.running === null;
    const evidence = toPlaceEvidence(demanding);
    if (changed) return toBarrier("authentication", null, "proxy-changed", evidence);
    return toBarrier("authentication", true, "demands-credential", evidence);
  }
  if (configured === null && theirs.stops !== true) {
    const isAsked = all.some(({ doubt }) => doubt === "asks-service");
    const why = isAsked ? "proxy-asks-service" : "proxy-not-understood";
    return toBarrier("authentication", null, why, own === undefined ? null : toPlaceEvidence(own));
  }
  if (theirs.stops !== false) return theirs;
  const lax = places.find((_, index) => all[index]?.takesAny === true);
  if (lax !== undefined) return toBarrier("authentication", false, "proxy-takes-any-credential", toPlaceEvidence(lax));
  const [first] = places;
  return toBarrier(
    "authentication",
    false,
    "proxy-demands-nothing",
    first === undefined ? null : toPlaceEvidence(first),
  );
}

/** What the server itself demands; a proxy that adds a credential of its own may answer that for everybody. */
export function toServersOwn(server: FoundServer, places: readonly ProxyPlace[]): Barrier {
  const heard = server.listeners.find(({ recognition }) => recognition !== null) ?? server.publications[0]?.helper;
  const own = toAuthenticationBarrier(heard?.recognition ?? null, heard?.answers ?? []);
  if (server.kind === "ollama" && own.stops !== true)
    return toBarrier("authentication", false, "has-no-authentication");
  const last = places.at(-1);
  if (own.stops !== true || last?.location.passing.authorization !== "replaced") return own;
  return toBarrier("authentication", null, "authentication-unmeasured", toPlaceEvidence(last));
}

function toDoubt({ certainty, place, behind }: BareWay, probe: Probe | null): Barrier | null {
  if (probe?.outcome === "open" && probe.recognition !== null && certainty !== "unresolved-name") return null;
  const last = toLastPlace({ places: [place], behind });
  const evidence = toPlaceEvidence(last);
  if (certainty === "unclear-upstream") return toBarrier("proxy", null, "proxy-upstream-unclear", evidence);
  if (certainty === "unresolved-name") return toBarrier("proxy", null, "proxy-upstream-unresolved", evidence);
  const isUnclear = [place, ...behind].some(
    ({ location }) => location.paths.kind === "unclear" && location.protections.length === 0,
  );
  return isUnclear ? toBarrier("proxy", null, "proxy-not-understood", evidence) : null;
}

function toHostCheck(facts: Facts, server: FoundServer, way: BareWay, probe: Probe | null): Barrier | null {
  if (probe?.outcome === "open" && probe.recognition !== null) return null;
  return toUpstreamHostCheck(facts, server, { places: [way.place], behind: way.behind });
}

/**
 * Whether a request was refused (403) for which the configuration has no reason, not even the name that it was called by:
 * by the server's own check of the name that the proxy gives it, or, where that is one that it accepts, by a condition of
 * the proxy's that looks at something else, which others may meet.
 */
function isUnexplained(
  { place, behind }: BareWay,
  { probe, configured, all }: Pick<Sight, "probe" | "configured" | "all">,
): boolean {
  if (probe?.refused !== true || configured !== false) return false;
  const chooses = [place, ...behind].every(({ location }) => {
    const { host } = location.passing;
    return host !== null && host.kind !== "client";
  });
  return chooses && all.every(({ admitted, free }) => admitted === null && free.length === 0);
}

function toUnexplained(probe: Probe | null): Barrier {
  return toBarrier("proxy", null, "proxy-refuses-unexplained", probe?.evidence ?? null);
}
