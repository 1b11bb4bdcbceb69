import type { Journal } from "../apply/journal.ts";
import { formatSteps, listClosed } from "./plan.ts";
import type { OwnCommand } from "./own-command.ts";
import { toPrintable } from "./printable.ts";
import {
  toConclusions,
  toProofCells,
  toSessionText,
  toSiteHeading,
  toSiteLines,
  toSurvivalCells,
  toUntriedText,
  type Verified,
} from "./proof-lines.ts";
import { toSummary } from "./summary.ts";
import type { TextOptions } from "./text.ts";
import type { Words } from "./words/words.ts";

/** Of the plan in it. */
const PLAN_COLUMNS = 100;

/** What a ticket is closed with: the host before and after, and the change between. */
export interface Evidence extends Verified {
  /** The change that is verified; null where it is none of Portlock's, or is not told. */
  readonly journal: Journal | null;
}

/**
 * The evidence as Markdown that ends in a newline: before, change, after, every connection with its time and place, and
 * what was not tried. Text from the host is printable and escaped: it can neither draw nor link.
 */
export function formatEvidence(evidence: Evidence, words: Words, own: OwnCommand): string {
  const { report, proofs, journal } = evidence;
  const { proofs: says } = words;
  const { headings } = says;
  const tried = proofs.proofs.map((proof) => {
    const { at, place, address, expected, seen } = toProofCells(proof, words);
    return [at, proof.server, place, address, expected, seen];
  });
  const survival = proofs.survival.map((each) => [each.server, ...toSurvivalCells(each, words)]);
  const untried = proofs.untried.map((each) => toUntriedText(each, words));
  return [
    `# ${escape(words.labelled(headings.evidence, toPrintable(report.host.name, 80)))}`,
    ...toList([
      words.host(report.host.name, report.host.os, report.host.kernel, report.recordedAt),
      `portlock ${report.tool.version}`,
    ]),
    ...(journal === null
      ? []
      : [`## ${headings.before}`, ...toList(listBefore(journal, report.tool.version, toPlain(words, own)))]),
    `## ${headings.change}`,
    ...toList(journal === null ? [says.notRecorded] : listChange(journal, words)),
    ...(journal === null ? [] : listSteps(journal, report.tool.version, toPlain(words, own))),
    `## ${headings.after}`,
    ...toList([words.summary(toSummary(report)), ...toConclusions(evidence, words)]),
    `## ${headings.proofs}`,
    ...toTable(
      [headings.at, headings.server, headings.place, headings.address, headings.expected, headings.seen],
      tried,
    ),
    ...(proofs.oldSessions.length === 0
      ? []
      : [`## ${headings.oldSessions}`, ...toList(proofs.oldSessions.map((each) => toSessionText(each, words)))]),
    ...(survival.length === 0
      ? []
      : [
          `## ${headings.survival}`,
          ...toTable([headings.server, headings.event, headings.holds, headings.because], survival),
        ]),
    ...proofs.sites.flatMap((site) => [
      `## ${escape(words.labelled(headings.sites, toSiteHeading(site, words)))}`,
      ...toList(toSiteLines(site, words)),
    ]),
    `## ${headings.untried}`,
    ...toList([...(untried.length === 0 ? [says.nothingUntried] : untried), says.caveat]),
  ]
    .join("\n\n")
    .replaceAll("\n\n\u0000", "\n")
    .concat("\n");
}

/** What was told of the host when the plan was made, and the routes that were open then and were to be closed. */
function listBefore({ plan }: Journal, version: string, options: TextOptions): readonly string[] {
  const closed = plan.tool.version === version ? listClosed(plan, options) : [];
  const { words } = options;
  return [words.verdicts[plan.verdict], ...closed.map((text) => words.labelled(words.routeVerdicts.open, text))];
}

function listChange({ id, state, events }: Journal, words: Words): readonly string[] {
  const says = words.journal;
  const show = (text: string): string => toPrintable(text, 200);
  return [
    words.proofs.changed(show(id), says.states[state]),
    ...events.map(({ at, what, step, detail }) => {
      const event = step === null ? says.events[what] : says.ofStep(says.events[what], step);
      return [show(at), event, ...(detail === null ? [] : [show(detail)])].join(" ");
    }),
  ];
}

/** Other versions of Portlock may know steps that this one has no words for: they are told by what they are about. */
function listSteps({ plan }: Journal, version: string, options: TextOptions): readonly string[] {
  if (plan.tool.version === version) return [toCode(formatSteps(plan, options))];
  return toList(plan.steps.map(({ target }) => toPrintable(target, 200)));
}

/** How a plan is laid out where nobody sees colours. */
function toPlain(words: Words, own: OwnCommand): TextOptions {
  return { words, width: PLAN_COLUMNS, colour: false, linear: true, own };
}

/** Lines that Markdown shows as they are: indented, so that none of them can end it. */
function toCode(lines: readonly string[]): string {
  return lines.map((line, index) => `${index === 0 ? "" : NEXT}    ${line}`).join("\n\n");
}

/** Marks a line that follows the one before without an empty line between. */
const NEXT = "\u0000";

function toList(texts: readonly string[]): readonly string[] {
  return texts.map((text, index) => `${index === 0 ? "" : NEXT}- ${escape(text)}`);
}

function toTable(names: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const lines = [names, names.map(() => "---"), ...rows.map((row) => row.map(escape))];
  return lines.map((cells, index) => `${index === 0 ? "" : NEXT}| ${cells.join(" | ")} |`);
}

/** Text that Markdown takes as itself, without links of its own. Printable text holds no line break and no NUL. */
function escape(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*_[\]#|~!>$@]|:(?=\/\/)|(?<=www)\./gi, (mark) => `\\${mark}`);
}
