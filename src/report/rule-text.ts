import type { FindingData, RuleId } from "../judge/finding.ts";
import type { Paint } from "./colour.ts";
import { toPrintable } from "./printable.ts";
import type { RuleWords } from "./report.ts";
import { RULE_NOTES, type RuleNote } from "./rule-notes.ts";
import { RULE_SAMPLES, SAMPLE_SUBJECT } from "./rule-samples.ts";
import { wrapText } from "./table.ts";
import type { Words } from "./words/words.ts";

/** What there is to say about a rule apart from any finding, with one example. */
export interface RuleText {
  readonly id: RuleId;
  readonly what: string;
  readonly why: string;
  readonly fix: string;
  readonly check: string;
  readonly example: { readonly title: string; readonly command: string | null };
  readonly sources: readonly string[];
}

/** One rule in words. */
export function toRuleText(id: RuleId, words: Words): RuleText {
  return toText(id, words);
}

function toText<Id extends RuleId>(id: Id, words: Words): RuleText & { readonly id: Id } {
  const rule: RuleWords<Id> = words.rules[id];
  const note: RuleNote<Id> = RULE_NOTES[id];
  const data: FindingData[Id] = RULE_SAMPLES[id];
  return {
    id,
    what: rule.what,
    why: rule.why,
    fix: rule.fix(data, SAMPLE_SUBJECT),
    check: rule.check,
    example: { title: rule.title(data), command: note.toCommand(data, SAMPLE_SUBJECT) },
    sources: note.sources,
  };
}

/** One rule as text that ends in a newline; commands and sources are not wrapped, so that they can be copied. */
export function formatRule(
  id: RuleId,
  { words, width, paint }: { readonly words: Words; readonly width: number; readonly paint: Paint },
): string {
  const text = toRuleText(id, words);
  const { explain } = words;
  const section = (heading: string, body: string): string[] => [
    "",
    paint("bold", heading),
    ...wrapText(body, width - 2).map((line) => `  ${line}`),
  ];
  const lines = [
    paint("bold", text.id),
    ...section(explain.what, text.what),
    ...section(explain.why, text.why),
    ...section(explain.fix, text.fix),
    ...section(explain.check, text.check),
    ...section(explain.example, text.example.title),
    ...(text.example.command === null ? [] : [`    ${toPrintable(text.example.command)}`]),
    "",
    paint("bold", explain.sources),
    ...text.sources.map((source) => `  ${source}`),
  ];
  return `${lines.join("\n")}\n`;
}
