import type { RuleId } from "../judge/finding.ts";
import { RULE_NOTES } from "./rule-notes.ts";
import { toRuleText } from "./rule-text.ts";
import type { Words } from "./words/words.ts";

/** All rules as one Markdown page, docs/rules.md, from the same words as `explain`. */
export function formatRulesPage(words: Words): string {
  const { explain } = words;
  const ids = Object.keys(RULE_NOTES).filter((id): id is RuleId => Object.hasOwn(RULE_NOTES, id));
  const lines = [
    `<!-- ${explain.generated} -->`,
    "",
    `# ${explain.title}`,
    "",
    explain.intro,
    "",
    ...ids.map((id) => `- [${id}](#${id}): ${escapeMarkdown(words.rules[id].what)}`),
    ...ids.flatMap((id) => ["", ...formatSection(id, words)]),
  ];
  return `${lines.join("\n")}\n`;
}

function formatSection(id: RuleId, words: Words): string[] {
  const { explain } = words;
  const text = toRuleText(id, words);
  return [
    `## ${id}`,
    "",
    escapeMarkdown(text.what),
    "",
    `**${explain.why}**`,
    "",
    escapeMarkdown(text.why),
    "",
    `**${explain.fix}**`,
    "",
    escapeMarkdown(text.fix),
    ...(text.example.command === null ? [] : ["", "```sh", text.example.command, "```"]),
    "",
    `**${explain.check}**`,
    "",
    escapeMarkdown(text.check),
    "",
    `**${explain.example}**`,
    "",
    `> ${escapeMarkdown(text.example.title)}`,
    "",
    `**${explain.sources}**`,
    "",
    ...text.sources.map((source) => `- <${source}>`),
  ];
}

/** Outside of code spans, what Markdown would take for markup is escaped. */
function escapeMarkdown(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replaceAll(/[*_<>#[\]]/g, "\\$&")))
    .join("");
}
