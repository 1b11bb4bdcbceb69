import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import type { RuleId } from "../judge/finding.ts";
import { toPaint } from "./colour.ts";
import { RULE_NOTES } from "./rule-notes.ts";
import { formatRule, toRuleText } from "./rule-text.ts";
import { formatRulesPage } from "./rules-page.ts";
import { EN } from "./words/en.ts";
import type { Words } from "./words/words.ts";
import { ZH_CN } from "./words/zh-CN.ts";

const ids = Object.keys(RULE_NOTES).filter((id): id is RuleId => Object.hasOwn(RULE_NOTES, id));

function toTexts(id: RuleId, words: Words): readonly string[] {
  const { what, why, fix, check, example } = toRuleText(id, words);
  return [what, why, fix, check, example.title];
}

for (const id of ids) {
  test(`${id} has words in both languages, and sources`, () => {
    for (const text of toTexts(id, EN)) assert.match(text, /^[\x20-\x7e]{10,}$/, text);
    for (const text of toTexts(id, ZH_CN)) assert.match(text, /\p{Script=Han}{2}/u, text);
    assert.ok(RULE_NOTES[id].sources.length > 0);
    for (const source of RULE_NOTES[id].sources) assert.match(source, /^https:\/\/\S+$/);
  });
}

test("sentences end as sentences do", () => {
  for (const id of ids) {
    const { what, why, check } = EN.rules[id];
    for (const text of [what, why, check]) assert.match(text, /\.$/, text);
    const chinese = ZH_CN.rules[id];
    for (const text of [chinese.what, chinese.why, chinese.check]) assert.match(text, /。$/, text);
  }
});

test("one rule in full says what, why, how to mend, how to check, and where it comes from", () => {
  const text = formatRule("open-bind", { words: EN, width: 80, paint: toPaint(false) });
  for (const heading of ["What", "Why it matters", "How to mend it", "How to check", "For example", "Sources"]) {
    assert.match(text, new RegExp(`^${heading}$`, "m"));
  }
  assert.match(text, /OLLAMA_HOST=127\.0\.0\.1:11434/);
});

for (const [file, words] of [
  ["rules.md", EN],
  ["rules.zh-CN.md", ZH_CN],
] as const) {
  test(`docs/${file} is what the words say now (sh scripts/node.sh scripts/print-rules.ts)`, () => {
    assert.equal(readFileSync(join(import.meta.dirname, "../../docs", file), "utf8"), formatRulesPage(words));
  });
}
