import type { HostWriter } from "../host/writer.ts";
import type { OwnSite } from "../plan/proxy/own-site.ts";
import { listSiteKnocks, type SiteKnock } from "../plan/proxy/site-knocks.ts";
import { knockSite } from "./knock-site.ts";
import type { SiteProof, Untried } from "./proofs.ts";

export interface OwnSiteKnocking {
  readonly writer: HostWriter;
  readonly site: OwnSite;
  /**
   * Values of the Authorization header: one that nobody has, and one of somebody who is let in, or null. Both were shown
   * before: Caddy looks at each for seconds, and then keeps what it has found.
   */
  readonly wrong: string;
  readonly credential: string | null;
  /** Whoever waits for a body that never comes has let the request in: it is not waited for long. */
  readonly patienceSeconds: number;
  readonly now: () => Date;
}

export interface KnockedSite {
  readonly proofs: readonly SiteProof[];
  /** The site had enough of the requests, so that some were not answered. */
  readonly isCut: boolean;
  readonly untried: readonly Untried[];
}

/** Paths that are asked by foreign methods with a credential, too: a site has only so many requests for one minute. */
const FEW: readonly string[] = ["/api/tags", "/api/generate", "/v1/chat/completions"];

/**
 * Knocks at a site of Portlock's by all methods but GET and HEAD: without a credential, with a wrong one, and, where it
 * says that it lets nobody through, with that of somebody who is let in. What this one is allowed is not asked for.
 */
export async function knockOwnSite(knocking: OwnSiteKnocking): Promise<KnockedSite> {
  const { writer, site, wrong, credential, patienceSeconds, now } = knocking;
  const knocks = listSiteKnocks(site.scopes);
  const few = knocks.filter(({ isOwn, path }) => isOwn || FEW.includes(path));
  const groups: readonly (readonly [SiteProof["shown"], string | null, readonly SiteKnock[]])[] = [
    ["nothing", null, knocks],
    ["wrong-credential", wrong, few],
    ...(credential === null ? [] : [["credential", credential, few.filter(({ isAllowed }) => !isAllowed)] as const]),
  ];
  const proofs: SiteProof[] = [];
  let isCut = false;
  for (const [shown, authorization, asked] of groups) {
    const at = now().toISOString();
    const knocked = await knockSite(writer, { site, authorization, knocks: asked, patienceSeconds });
    if (knocked.kind === "impossible") {
      const detail = `${site.file}: ${knocked.detail ?? "-"}`;
      return { proofs, isCut, untried: [{ place: null, why: "other-methods", detail }] };
    }
    for (const [index, outcome] of knocked.outcomes.entries()) {
      const knock = asked[index];
      const status = outcome.kind === "answered" ? outcome.status : null;
      isCut ||= status === 429;
      if (knock === undefined || status === 429) continue;
      const { method, path } = knock;
      // Not 400, which may be what a server behind the site says of a body that breaks off.
      const [expected, wanted] =
        shown === "credential" ? (["refused", 403] as const) : (["refused-as-stranger", 401] as const);
      proofs.push({ at, shown, method, path, expected, outcome, agrees: status === wanted });
    }
  }
  return { proofs, isCut, untried: [] };
}
