import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import stringWidth from "fast-string-width";
import { toReport } from "./report.ts";
import { JUDGEMENTS } from "./testing/judgements.ts";
import { formatReport, type TextOptions } from "./text.ts";
import { EN } from "./words/en.ts";
import type { Language, Words } from "./words/words.ts";
import { ZH_CN } from "./words/zh-CN.ts";
import { toOwnCommand } from "./own-command.ts";

const WORDS: Readonly<Record<Language, Words>> = { en: EN, "zh-CN": ZH_CN };

type Name = keyof typeof JUDGEMENTS;

const PAGES: readonly (readonly [name: Name, width: number])[] = [
  ["exposed", 40],
  ["exposed", 80],
  ["exposed", 120],
  ["published", 100],
  ["local", 100],
  ["guarded", 100],
  ["unknown", 100],
  ["unseen", 100],
  ["none", 100],
  ["hostile", 100],
];

function print(name: Name, language: Language, options: Partial<TextOptions> = {}): string {
  const words = WORDS[language];
  const report = toReport(JUDGEMENTS[name], { recordedAt: "2026-11-22T10:00:00.000Z", version: "0.1.0", words });
  return formatReport(report, {
    words,
    width: 100,
    colour: false,
    linear: false,
    own: toOwnCommand("localhost"),
    ...options,
  });
}

/** Run with PORTLOCK_UPDATE=1 to write these pages anew, and read the difference before you commit it. */
for (const language of ["en", "zh-CN"] as const) {
  for (const [name, width] of PAGES) {
    test(`${name} in ${language} on ${width} columns reads as kept`, () => {
      const text = print(name, language, { width });
      const file = join(import.meta.dirname, "golden", `${name}.${language}.${width}.txt`);
      if (process.env["PORTLOCK_UPDATE"] === "1") writeFileSync(file, text);
      assert.equal(text, readFileSync(file, "utf8"));
    });
  }
}

for (const language of ["en", "zh-CN"] as const) {
  for (const width of [40, 80, 120]) {
    test(`no line in ${language} is wider than ${width} columns, but for commands`, () => {
      const commands = new Set(
        toReport(JUDGEMENTS.exposed, { recordedAt: "", version: "", words: WORDS[language] }).findings.map(
          (finding) => `    ${finding.fix.command}`,
        ),
      );
      for (const line of print("exposed", language, { width }).split("\n")) {
        if (commands.has(line)) continue;
        assert.ok(stringWidth(line) <= width, line);
      }
    });
  }

  test(`hostile names do nothing in ${language}`, () => {
    for (const linear of [false, true]) {
      assert.doesNotMatch(print("hostile", language, { linear }).replaceAll("\n", ""), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  });

  test(`colour in ${language} only repeats what the words say`, () => {
    const coloured = print("exposed", language, { colour: true });
    assert.match(coloured, /\u001b\[31m/);
    assert.equal(coloured.replaceAll(/\u001b\[\d+m/g, ""), print("exposed", language));
  });

  test(`the linear layout in ${language} has one fact a line and says all that the table says`, () => {
    const linear = print("exposed", language, { linear: true, width: 1000 });
    for (const route of JUDGEMENTS.exposed.servers[0]?.routes ?? []) {
      assert.ok(
        linear.includes(
          `${WORDS[language].headings.verdict}${language === "en" ? ": " : "："}${WORDS[language].routeVerdicts[route.verdict]}`,
        ),
      );
    }
    assert.doesNotMatch(linear, /[\u2500-\u257f]|\S {3,}\S/);
  });
}

test("what is unknown says how it can be known, before anything else", () => {
  assert.match(print("unknown", "en", { width: 200 }).split("\n")[1] ?? "", /^Run as root/);
});

test("English is plain ASCII, whatever the terminal's character set", () => {
  for (const [name] of PAGES) assert.match(print(name, "en"), /^[\n\x20-\x7e]*$/, name);
});

test("the first line says the verdict, who, what and where", () => {
  const [first, second] = print("exposed", "en", { width: 200 }).split("\n");
  assert.equal(
    first,
    "EXPOSED: anybody on the internet (as far as this host goes), on 10.77.0.0/24 and fd00:77::/64, or in a container of this host can use Ollama 0.24.0 on port 11434 without a credential.",
  );
  assert.match(second ?? "", /cloud firewall/);
});
