import { compare, lt, parse, type SemVer } from "semver";
import { ADVISORIES } from "./advisory-list.ts";

/** What an attacker gets. */
export type Impact =
  | "code-execution"
  | "file-write"
  | "file-deletion"
  | "file-disclosure"
  | "memory-disclosure"
  | "credential-theft"
  | "unauthorised-use"
  | "request-forgery"
  | "denial-of-service";

/**
 * What an attacker needs: to reach the HTTP API (`api`); a page open in a browser on this host (`browser`); to
 * run a registry that the server is made to pull from (`registry`).
 */
export type Means = "api" | "browser" | "registry";

/** A published flaw, shaped after an OSV entry, with what its records leave out. */
export interface Advisory {
  /** CVE number, or the issue where there is none. */
  readonly id: string;
  readonly aliases: readonly string[];
  readonly summary: { readonly en: string; readonly "zh-CN": string };
  readonly impact: Impact;
  readonly means: readonly Means[];
  /** First version that has it; `0` for the very first. */
  readonly introduced: string;
  /** First version without it; `by-design` or `unmended` where there is none. */
  readonly fixed: string | null;
  /** Why no version is without it. */
  readonly unfixed?: "by-design" | "unmended";
  /** Versions from here up to `fixed` may have it or not: the records and the source tree do not settle it. */
  readonly doubtfulFrom?: string;
  readonly source: string;
  /** How sure the range is: `high` was checked in the source tree. */
  readonly confidence: "high" | "medium" | "low";
  readonly remark: string;
}

/** What an advisory says of one version. `unknown`: the version is not known, or the records are not clear. */
export type AdvisoryState = "affected" | "not-affected" | "unknown";

export interface JudgedAdvisory {
  readonly advisory: Advisory;
  readonly state: AdvisoryState;
}

/**
 * Compares a version with every advisory for Ollama on Linux. A version that is null or none of semver's
 * matches nothing: all are `unknown`. A prerelease counts as affected until the release that has the fix.
 */
export function judgeAdvisories(
  version: string | null,
  advisories: readonly Advisory[] = ADVISORIES,
): readonly JudgedAdvisory[] {
  const known = parse(version ?? "");
  return advisories.map((advisory) => ({ advisory, state: known === null ? "unknown" : judge(known, advisory) }));
}

function judge(version: SemVer, advisory: Advisory): AdvisoryState {
  const { introduced, fixed, doubtfulFrom } = advisory;
  // A prerelease of the version that brought the flaw may have it already.
  if (introduced !== "0" && lt(version, `${introduced}-0`)) return "not-affected";
  if (fixed !== null && compare(version, fixed) >= 0) return "not-affected";
  return doubtfulFrom !== undefined && compare(version, doubtfulFrom) >= 0 ? "unknown" : "affected";
}
