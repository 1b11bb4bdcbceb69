import type { Answer } from "../../facts/answers.ts";
import type { Evidence } from "../../facts/evidence.ts";
import type { ProxyLocation } from "../../facts/proxies/proxy.ts";
import type { ProxyAnswer } from "../../facts/proxies/proxy-answer.ts";
import { recogniseServer } from "../../servers/catalogue.ts";
import type { Recognition } from "../../servers/server-kind.ts";
import { toAuthority } from "../authentication.ts";
import { takes, toBind } from "../listening.ts";
import type { ProxyDoor, ProxyPlace } from "./proxy-way.ts";

/** How a proxy met a request without a credential. `null`: its answer does not tell. */
export interface Probe {
  readonly outcome: "open" | "guarded" | null;
  readonly recognition: Recognition | null;
  /** Nothing but 403 came back. */
  readonly refused: boolean;
  readonly evidence: Evidence;
}

/** What the configuration lets expect of a request without a credential. */
export type Expected =
  | "served"
  | "asked-for-credential"
  | "as-a-service-says"
  | "taken-with-any-credential"
  | "not-known"
  /** The host itself may be asked for another thing than others. */
  | "by-who-asks";

/**
 * The answers that a door gave for one place. Where it was not asked there, as of a path that only takes POST, those
 * of other places of the site speak for it that demand the very same and hand on to the same.
 */
export function answersFor(
  all: readonly ProxyAnswer[],
  door: ProxyDoor,
  { at, site, location }: ProxyPlace,
): readonly ProxyAnswer[] {
  const bind = toBind(door.asked.listener, door.asked.dualStack);
  const ofSite = all.filter(
    (each) => each.proxy === at.proxy && each.site === at.site && each.port === bind.port && takes(bind, each.address),
  );
  const own = ofSite.filter((each) => each.location === at.location);
  if (own.some(({ outcome }) => outcome.kind === "answered") || location.paths.kind === "unclear") return own;
  const demand = toDemandText(location);
  return ofSite.filter((each) => {
    const other = site.locations[each.location];
    if (other === undefined || other.paths.kind === "unclear" || toDemandText(other) !== demand) return false;
    // What the proxy answers by itself says nothing but that it asked for a credential first.
    const isOwnAnswer = other.upstreams.length === 0 && demandsIt(each);
    return isOwnAnswer || JSON.stringify(other.upstreams) === JSON.stringify(location.upstreams);
  });
}

function toDemandText({ protections, satisfy }: ProxyLocation): string {
  return JSON.stringify([protections.filter(({ kind }) => kind !== "refuses"), satisfy]);
}

function demandsIt({ outcome }: ProxyAnswer): boolean {
  return outcome.kind === "answered" && (outcome.answer.status === 401 || outcome.answer.status === 407);
}

/**
 * What answers of one place come to: served, or a credential demanded. A refusal that other things make too (403, a
 * redirection, a complaint about a missing certificate) tells only where the configuration demands something. Where a
 * condition was not understood, it may be one on who asks, and the host itself is not everybody.
 */
export function toProbe(answers: readonly ProxyAnswer[], expected: Expected): Probe | null {
  const heard = answers.filter(({ outcome }) => outcome.kind === "answered");
  const [first] = heard;
  if (first === undefined) return null;
  // Who calls by another name may meet somebody else.
  const byName = [...Map.groupBy(heard, ({ name }) => name).values()];
  const judged = byName.flatMap((same) => {
    const recognition = recogniseServer(same.map(toAnswer));
    return same.map((each) => ({ each, recognition, outcome: toOutcome(each, expected, recognition) }));
  });
  const telling =
    judged.find(({ outcome }) => outcome === "open") ??
    judged.find(({ outcome }) => outcome === "guarded") ??
    ({ each: first, recognition: recogniseServer(heard.map(toAnswer)), outcome: null } as const);
  const refused = heard.every(({ outcome }) => outcome.kind === "answered" && outcome.answer.status === 403);
  return { outcome: telling.outcome, recognition: telling.recognition, refused, evidence: toEvidence(telling.each) };
}

function toOutcome(each: ProxyAnswer, expected: Expected, recognition: Recognition | null): Probe["outcome"] {
  const { outcome, question } = each;
  const status = outcome.kind === "answered" ? outcome.answer.status : 0;
  if (expected === "taken-with-any-credential" || expected === "by-who-asks") return null;
  if (status === 401 || status === 407) return "guarded";
  if (expected === "not-known") return null;
  const isServed = status >= 200 && status < 300;
  if (isServed && recognition?.accessBy !== undefined) {
    // Other pages of such a server are everybody's, whatever it demands for its models.
    const { access, accessBy } = recognition;
    return access === "unknown" || accessBy.question !== question ? null : access;
  }
  if (isServed) return recognition !== null || expected === "served" ? "open" : null;
  const refused = status === 400 || status === 403 || (status >= 300 && status < 400);
  return refused && expected !== "served" ? "guarded" : null;
}

/** Through the proxy it was put by another path: what came back is judged as the server's own. */
function toAnswer({ question, address, port, outcome, tls }: ProxyAnswer): Answer {
  return { question, address, port, namespace: null, ...(tls ? { tls: true as const } : {}), outcome };
}

/** The request, as one would type it, and the status it came to. */
function toEvidence({ name, address, port, path, tls, outcome }: ProxyAnswer): Evidence {
  const scheme = tls ? "https" : "http";
  const text = outcome.kind === "answered" ? `HTTP ${outcome.answer.status}` : outcome.kind;
  if (name === null) return { from: `GET ${scheme}://${toAuthority(address, port)}${path}`, text };
  const host = address.includes(":") ? `[${address}]` : address;
  const insecure = tls ? "-k " : "";
  return { from: `curl -i ${insecure}--connect-to ::${host}: ${scheme}://${name}:${port}${path}`, text };
}
