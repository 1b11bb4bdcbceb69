import assert from "node:assert/strict";
import test from "node:test";
import { loadWords, parseLanguage, toLanguage } from "./language.ts";

const CASES: readonly (readonly [
  name: string,
  argv: readonly string[],
  env: Record<string, string>,
  language: string,
])[] = [
  ["nothing said is English", [], {}, "en"],
  ["the C locale is English", [], { LANG: "C.UTF-8" }, "en"],
  ["a language without words is English", [], { LANG: "de_DE.UTF-8" }, "en"],
  ["LANG decides", [], { LANG: "zh_CN.UTF-8" }, "zh-CN"],
  ["LC_MESSAGES before LANG", [], { LC_MESSAGES: "en_US.UTF-8", LANG: "zh_CN.UTF-8" }, "en"],
  ["LC_ALL before LC_MESSAGES", [], { LC_ALL: "zh_CN", LC_MESSAGES: "en_US" }, "zh-CN"],
  ["an empty LC_ALL says nothing", [], { LC_ALL: "", LANG: "zh_CN" }, "zh-CN"],
  ["PORTLOCK_LANG before the locale", [], { PORTLOCK_LANG: "en", LC_ALL: "zh_CN" }, "en"],
  ["--lang before everything", ["audit", "--lang", "zh"], { PORTLOCK_LANG: "en" }, "zh-CN"],
  ["--lang= too", ["audit", "--lang=zh-Hans"], {}, "zh-CN"],
  ["what stands after -- is no flag", ["explain", "--", "--lang=zh"], {}, "en"],
  ["--lang without a value is the parser's business", ["audit", "--lang"], { LANG: "zh_CN" }, "zh-CN"],
];
for (const [name, argv, env, language] of CASES) {
  test(name, () => assert.equal(toLanguage(argv, env), language));
}

test("Simplified Chinese has many names, Traditional Chinese has other words", () => {
  for (const name of ["zh", "zh_CN", "zh-cn", "zh_CN.UTF-8", "zh_Hans", "zh-Hans-SG", "zh_SG", "zh_CN@cjk"]) {
    assert.equal(parseLanguage(name), "zh-CN", name);
  }
  for (const name of ["zh_TW", "zh-Hant", "zh_HK.UTF-8", "zhx", "fr", "", "C"])
    assert.equal(parseLanguage(name), null, name);
});

test("the words that are loaded are those of the language", async () => {
  assert.equal((await loadWords("en")).report.language, "en");
  assert.equal((await loadWords("zh-CN")).report.language, "zh-CN");
});
