import { toDeclaration } from "./claims.ts";
import type { Claim, Effective } from "./claims.ts";
import type { Declaration } from "./server.ts";

/** What the claims come to for a server in a container: only its own configuration counts. */
export function declareInContainer(claims: readonly Claim[], effective: Effective): readonly Declaration[] {
  const own = claims.findLast(({ kind }) => kind === "container");
  return claims.map((claim): Declaration => {
    if (claim === own) {
      if (!effective.known) return toDeclaration(claim, null, "effective-unread");
      const reaches = claim.value === effective.value;
      return toDeclaration(claim, reaches, reaches ? "in-effect" : "overridden-by-command");
    }
    // What started the container may have handed on a value of the host (`docker run -e NAME`).
    const mayComeFromHost = own === undefined && effective.known && claim.value === effective.value;
    return mayComeFromHost
      ? toDeclaration(claim, null, "cannot-tell")
      : toDeclaration(claim, false, "container-has-its-own");
  });
}
