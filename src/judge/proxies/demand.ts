import type { Evidence } from "../../facts/evidence.ts";
import type { ProxyLocation, Protection, SourceLine } from "../../facts/proxies/proxy.ts";
import type { ProxyPlace } from "./proxy-way.ts";

/** What one location demands of a caller, as its configuration says. */
export interface Demand {
  /** Null where it cannot be told from the configuration alone. */
  readonly credential: boolean | null;
  /** Why not; null where it can be told. */
  readonly doubt: "asks-service" | "unclear" | "who-asks" | null;
  /** A credential must be there, and any is taken. */
  readonly takesAny: boolean;
  /** Networks that alone are let in, CIDR; null: no list. */
  readonly admitted: readonly string[] | null;
  /** Networks that are let in without the credential, CIDR. */
  readonly free: readonly string[];
}

/** What a location demands; null where it hands nothing on. */
export function toDemand(location: ProxyLocation): Demand | null {
  if (location.upstreams.length === 0) return null;
  return location.satisfy === "any" ? toDemandOfAny(location.protections) : toDemandOfAll(location.protections);
}

function toDemandOfAll(protections: readonly Protection[]): Demand | null {
  if (protections.some(({ kind }) => kind === "refuses")) return null;
  const lists = protections.flatMap((each) => (each.kind === "sources" ? [each.allowed] : []));
  const [admitted = null, ...others] = lists;
  const credential = toCredential(protections);
  // Who is on one of two lists is not on both: only what one list says alone can be told.
  return {
    ...credential,
    admitted: others.length === 0 ? admitted : null,
    free: [],
    ...toListDoubt(others, credential),
  };
}

function toListDoubt(others: readonly unknown[], { credential }: Pick<Demand, "credential">): Partial<Demand> {
  return others.length === 0 || credential === true ? {} : { credential: null, doubt: "unclear" };
}

function toDemandOfAny(protections: readonly Protection[]): Demand | null {
  const keys = protections.filter(({ kind }) => kind !== "sources" && kind !== "refuses");
  const free = protections.flatMap((each) => (each.kind === "sources" ? each.allowed : []));
  if (protections.length === 0) return { ...NOTHING, admitted: null, free: [] };
  if (keys.length > 0) return { ...toCredential(keys), admitted: null, free };
  return free.length === 0 ? null : { ...NOTHING, admitted: free, free: [] };
}

const NOTHING = { credential: false, doubt: null, takesAny: false } as const;

function toCredential(protections: readonly Protection[]): Pick<Demand, "credential" | "doubt" | "takesAny"> {
  if (protections.some(demandsCredential)) return { ...NOTHING, credential: true };
  if (protections.some(({ kind }) => kind === "asks-service")) {
    return { ...NOTHING, credential: null, doubt: "asks-service" };
  }
  const unclear = protections.filter((each) => each.kind === "unclear");
  if (unclear.length > 0) {
    const isByWhoAsks = unclear.some(({ byWhoAsks }) => byWhoAsks === true);
    return { ...NOTHING, credential: null, doubt: isByWhoAsks ? "who-asks" : "unclear" };
  }
  return { ...NOTHING, takesAny: protections.some(({ kind }) => kind === "any-credential") };
}

/** True for what nobody gets past who shows nothing. */
function demandsCredential(protection: Protection): boolean {
  const { kind } = protection;
  return kind === "basic" || kind === "bearer" || (kind === "client-certificate" && protection.required);
}

/** A line of a configuration as evidence. */
export function toLineEvidence({ file, line, text }: SourceLine): Evidence {
  return line === null ? { from: file, text } : { from: file, line, text };
}

/** Where a place stands in its configuration. */
export function toPlaceEvidence({ location }: Pick<ProxyPlace, "location">): Evidence {
  return toLineEvidence(location.source);
}
