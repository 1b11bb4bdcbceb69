import type { RuleId } from "../judge/finding.ts";
import { toPaint } from "../report/colour.ts";
import { formatRule } from "../report/rule-text.ts";
import { RULE_NOTES } from "../report/rule-notes.ts";
import { formatTable, wrapText } from "../report/table.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toNearest } from "./nearest.ts";
import { toTextOptions, type LayoutFlags } from "./page.ts";

export type ExplainFlags = LayoutFlags & { readonly lang?: string };

/** Explained besides the rules: how a verdict about a route comes about. */
const ROUTE = "route";

/** `portlock explain [RULE]`: all rules in a line each, or one in full. */
export async function explain(session: Session, flags: ExplainFlags, rule?: string): Promise<ExitCode> {
  const options = toTextOptions(session, flags);
  if (rule === undefined) {
    session.out.write(listRules(session, options.width));
    return EXIT.clear;
  }
  if (rule === ROUTE) {
    const paragraphs = session.words.commands.explainRoute.map((text) => wrapText(text, options.width).join("\n"));
    session.out.write(`${paragraphs.join("\n\n")}\n`);
    return EXIT.clear;
  }
  if (!isRule(rule))
    throw new CommandError({ code: "rule-unknown", data: { rule, nearest: toNearest(rule, ruleIds()) } });
  session.out.write(formatRule(rule, { ...options, paint: toPaint(options.colour) }));
  return EXIT.clear;
}

/** Rules whose id begins with what was typed. */
export function proposeRules(partial: string): readonly string[] {
  return [...ruleIds(), ROUTE].filter((id) => id.startsWith(partial));
}

function listRules({ words }: Session, width: number): string {
  const { rules, explain: headings } = words.report;
  const rows = ruleIds().map((id) => [{ text: id }, { text: rules[id].what }]);
  const table = formatTable([{ heading: headings.title, fixed: true }, { heading: headings.what }], rows, width);
  const lines = table ?? ruleIds().flatMap((id) => [id, `  ${rules[id].what}`]);
  return `${lines.join("\n")}\n\n${words.commands.explainMore}\n`;
}

function ruleIds(): RuleId[] {
  return Object.keys(RULE_NOTES).filter(isRule);
}

function isRule(id: string): id is RuleId {
  return Object.hasOwn(RULE_NOTES, id);
}
