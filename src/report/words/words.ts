import type { Why } from "../../host/host.ts";
import type { RuleId, Severity } from "../../judge/finding.ts";
import type { DeciderName } from "../../judge/decider-terms.ts";
import type { BarrierKind, BarrierReason, Hop, RouteVerdict, Vantage, VantageName } from "../../judge/route.ts";
import type { DeclarationReason, RunBy } from "../../judge/server.ts";
import type { ServerKindId } from "../../servers/server-kind.ts";
import type { HostVerdict, Missing, Reader, RuleWords } from "../report.ts";
import type { Summary } from "../summary.ts";
import type { JournalWords } from "./journal-words.ts";
import type { PlanWords } from "./plan-words.ts";
import type { ProofWords } from "./proof-words.ts";
import type { TraceWords } from "./trace-words.ts";

export type Language = "en" | "zh-CN";

/**
 * Everything the reporter can say, in one language. Records run over the judge's own unions, so a reason or
 * a rule without words does not compile. Texts made from facts are printable: hostile values are made visible.
 */
export interface Words {
  readonly language: Language;
  readonly rules: { readonly [Id in RuleId]: RuleWords<Id> };
  readonly severities: Readonly<Record<Severity, string>>;
  readonly verdicts: Readonly<Record<HostVerdict, string>>;
  readonly routeVerdicts: Readonly<Record<RouteVerdict, string>>;
  readonly servers: Readonly<Record<ServerKindId, string>>;
  /** The verdict of a whole host, as one sentence that begins with the verdict's word. */
  summary(summary: Summary): string;
  /** Said below the summary where the internet is open as far as this host goes. */
  readonly upstreamUnseen: string;
  /** What to do where only a connection from elsewhere can tell. */
  probeFromOutside(socket: string): string;

  readonly vantages: { readonly [Name in VantageName]: (vantage: Vantage) => string };
  readonly hops: { readonly [Kind in Hop["kind"]]: (hop: Extract<Hop, { kind: Kind }>) => string };
  /** Entry address, and the interface it is entered by. */
  entry(address: string, through: string | null): string;
  readonly barriers: Readonly<Record<BarrierKind, string>>;
  readonly barrierReasons: Readonly<Record<BarrierReason, string>>;
  /** A rule or a policy by the name that its administrator knows. */
  decider(name: DeciderName): string;
  /** What stops a route, by the rule that does. */
  stoppedBy(decider: string): string;
  /** By which rule they are let in. */
  letInBy(nothing: string, decider: string): string;
  /** What stops a route that nothing stops; `upstreamUnseen` as in the route. */
  nothingStops(upstreamUnseen: boolean): string;
  /** What stops a route that could not be judged, from its reasons. */
  notKnown(reasons: readonly string[]): string;

  runBy(runBy: RunBy): string;
  process(pid: number, user: string | null): string;
  readonly processUnseen: string;
  listensOn(sockets: readonly { readonly socket: string; readonly dualStack: boolean | null }[]): string;
  server(name: string, version: string | null): string;
  setting(name: string, effective: string | null, listensOn: string | null): string;
  settingUnread(name: string): string;
  declaration(value: string, place: string, reaches: boolean | null, why: string): string;
  readonly declarationReasons: Readonly<Record<DeclarationReason, string>>;

  /** Names of facts; a name that is not here is printed as it is. */
  readonly facts: Readonly<Record<string, string>>;
  readonly whys: Readonly<Record<Why, string>>;
  /** What to do so that a fact can be read. */
  readonly missingFixes: { readonly [Reason in Why]: (missing: Missing, reader: Reader) => string };

  host(name: string, os: string | null, kernel: string | null, recordedAt: string): string;
  /** `label: text`. */
  labelled(label: string, text: string): string;
  /** Facts that stand side by side in one sentence. */
  join(parts: readonly string[]): string;
  /** So many more of the same. */
  more(count: number): string;
  readonly headings: Readonly<
    Record<
      | "who"
      | "way"
      | "stops"
      | "verdict"
      | "evidence"
      | "route"
      | "findings"
      | "why"
      | "fix"
      | "missing"
      | "noFindings"
      | "noRoutes",
      string
    >
  >;
  /** Where more is told of a rule: a command as it is typed. */
  moreAbout(rule: string): string;
  /** Instead of a command that was printed already, for this rule. */
  sameCommand(rule: string): string;
  findingCount(counts: readonly { readonly severity: Severity; readonly count: number }[]): string;

  readonly trace: TraceWords;
  readonly plan: PlanWords;
  readonly proofs: ProofWords;
  readonly journal: JournalWords;

  /** Words for `explain` and docs/rules.md. */
  readonly explain: Readonly<
    Record<"title" | "intro" | "what" | "why" | "fix" | "check" | "sources" | "example" | "generated", string>
  >;
}
