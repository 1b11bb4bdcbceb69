import { KNOCK_SCRIPT, type KnockCommand } from "../host/knock-script.ts";
import type { HostWriter } from "../host/writer.ts";
import { toAuthority } from "../judge/authentication.ts";
import type { SiteKnock } from "../plan/proxy/site-knocks.ts";
import { toCurlConfiguration, toSiteUrl, type Asking } from "./ask-site.ts";
import type { Outcome } from "./proofs.ts";

/** A site, and what it is shown; null: nothing. */
export interface Knocking {
  readonly site: Asking["site"];
  readonly authorization: string | null;
  readonly knocks: readonly Pick<SiteKnock, "method" | "path">[];
  /** How long each may wait for its answer. */
  readonly patienceSeconds: number;
}

/** One outcome for each knock, or why there are none; hostile. */
export type Knocked =
  | { readonly kind: "tried"; readonly outcomes: readonly Outcome[] }
  | { readonly kind: "impossible"; readonly detail: string | null };

/** What all rounds of all batches come to at the most. */
const LONGEST_MS = 300_000;
const NO_TOOL: readonly number[] = [41, 127];

/** Knocks at a site from its own host, by requests whose bodies never come. */
export async function knockSite(host: HostWriter, knocking: Knocking): Promise<Knocked> {
  const { site, authorization, knocks, patienceSeconds } = knocking;
  const command: KnockCommand = [
    "/bin/sh",
    "-c",
    KNOCK_SCRIPT,
    "portlock",
    toSiteUrl(site, ""),
    `::${toAuthority(site.address, site.port)}`,
    `${patienceSeconds}`,
    ...knocks.map(({ method, path }) => `${method} /${path.slice(1)}` as const),
  ];
  const input = authorization === null ? "\n" : toCurlConfiguration(authorization);
  const output = await host.change(command, { timeoutMs: LONGEST_MS, input });
  if (!output.ok) return { kind: "impossible", detail: output.detail ?? output.why };
  if (NO_TOOL.includes(output.value.exitCode)) return { kind: "impossible", detail: "curl" };
  const outcomes = parseKnocked(output.value.stdout);
  return { kind: "tried", outcomes: knocks.map((_, index) => outcomes.get(index) ?? NOT_HEARD) };
}

const NOT_HEARD: Outcome = { kind: "not-possible", detail: "nothing was heard of it" };

/** Exit codes of curl, curl(1); whatever else it ends with is said as it is. */
const NO_ANSWER: Readonly<Record<string, Exclude<Outcome["kind"], "answered">>> = {
  "1": "not-http",
  "7": "refused",
  "8": "not-http",
  "28": "timeout",
  "35": "tls-failed",
  "52": "closed",
  "55": "closed",
  "56": "closed",
};

/** By the number of the request; a line that is none of the script's is passed over. */
export function parseKnocked(text: string): ReadonlyMap<number, Outcome> {
  const lines = text.split("\n").flatMap((line) => {
    const [, number, status = "", code = ""] = /^(\d{1,4}) (\d{3}) (\d{1,3})$/.exec(line) ?? [];
    return number === undefined ? [] : [[Number(number), toOutcome(status, code)] as const];
  });
  return new Map(lines);
}

function toOutcome(status: string, code: string): Outcome {
  if (status !== "000") return { kind: "answered", status: Number(status), isModelServer: false };
  return { kind: NO_ANSWER[code] ?? "not-possible", detail: `curl ${code}` };
}
