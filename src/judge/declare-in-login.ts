import type { Process } from "../facts/processes.ts";
import { toDeclaration, toFaultReason } from "./claims.ts";
import type { Claim, Effective } from "./claims.ts";
import type { Declaration, DeclarationReason } from "./server.ts";

/**
 * What the claims come to for a server that somebody started by hand: profiles and pam_env of that account may
 * have reached it, units have not. A shell may have been started before a profile was edited, and a person may
 * have typed the value: a profile counts as the source only where it says the same as the process.
 */
export function declareInLogin(
  process: Process | null,
  claims: readonly Claim[],
  effective: Effective,
): readonly Declaration[] {
  const own = claims.filter((claim) => isOwn(claim, process));
  const source = own.findLast(({ value, computed }) => effective.known && !computed && value === effective.value);
  return claims.map((claim): Declaration => {
    if (!own.includes(claim)) return declareForeign(claim, effective, source !== undefined);
    if (!effective.known) return toDeclaration(claim, null, "effective-unread");
    if (claim === source) return toDeclaration(claim, true, "in-effect");
    if (source !== undefined) return toDeclaration(claim, false, "overridden-later");
    return claim.computed
      ? toDeclaration(claim, null, "cannot-tell")
      : toDeclaration(claim, false, "server-started-otherwise");
  });
}

/** What they come to for a server of which nobody knows what started it. */
export function declareUnknown(claims: readonly Claim[], effective: Effective): readonly Declaration[] {
  return claims.map((claim) => {
    const fault = toFaultReason(claim);
    if (fault !== null && fault !== "not-exported") return toDeclaration(claim, false, fault);
    if (!effective.known) return toDeclaration(claim, null, "effective-unread");
    const differs = !claim.computed && claim.value !== effective.value;
    return toDeclaration(claim, differs ? false : null, "cannot-tell");
  });
}

function isOwn(claim: Claim, process: Process | null): boolean {
  if ((claim.kind !== "pam" && claim.kind !== "shell") || claim.fault !== null) return false;
  const session = process?.cgroup?.kind === "session" ? process.cgroup.uid : null;
  return claim.uid === null || claim.uid === process?.uid || claim.uid === session;
}

function declareForeign(claim: Claim, effective: Effective, explained: boolean): Declaration {
  const why = toFaultReason(claim) ?? FOREIGN[claim.kind];
  const same = effective.known && !explained && claim.value === effective.value;
  return same ? toDeclaration(claim, null, "cannot-tell") : toDeclaration(claim, false, why);
}

const FOREIGN: Readonly<Record<Claim["kind"], DeclarationReason>> = {
  pam: "server-started-otherwise",
  shell: "server-started-otherwise",
  manager: "server-started-otherwise",
  unit: "server-started-otherwise",
  "unit-file": "server-started-otherwise",
  "environment.d": "user-services-only",
  defaults: "no-unit-names-this-file",
  container: "container-has-its-own",
};
