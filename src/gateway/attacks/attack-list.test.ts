import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatAttackPage } from "./attack-page.ts";
import { FILES, isGroup, NUMBERS } from "./groups.ts";
import { ATTEMPTS } from "./try-attacks.ts";
import { ATTACKS_EN } from "./words-en.ts";
import { ATTACKS_ZH_CN } from "./words-zh-CN.ts";

test("each of the 78 attacks is tried, in the file of its group, and none twice", () => {
  const all = Array.from({ length: 78 }, (_, index) => index + 1);
  assert.deepEqual(Object.values(NUMBERS).flat(), all);
  assert.deepEqual(Object.keys(ATTEMPTS).map(Number), all);
  assert.equal(new Set(Object.values(ATTEMPTS)).size, 78);
  for (const group of Object.keys(NUMBERS).filter(isGroup)) {
    const source = readFileSync(`${import.meta.dirname}/${FILES[group].split("/").at(-1)}`, "utf8");
    for (const number of NUMBERS[group]) assert.match(source, new RegExp(`^  ${number}: \\w+,$`, "m"), String(number));
  }
});

test("the pages about the attacks are as they are printed", () => {
  for (const [file, words] of [
    ["gateway-attacks.md", ATTACKS_EN],
    ["gateway-attacks.zh-CN.md", ATTACKS_ZH_CN],
  ] as const) {
    const docs = `${import.meta.dirname}/../../../docs`;
    assert.equal(readFileSync(`${docs}/${file}`, "utf8"), formatAttackPage(words), "print it anew");
  }
});
