/**
 * Holds each page that exists in two languages to the other: what one says in headings, tables, lists, commands, code,
 * links and figures the other says too. Words alone may differ.
 */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";

const ROOT = join(import.meta.dirname, "..");
const ENGLISH = ["README.md", ...globSync("docs/*.md", { cwd: ROOT })].filter((file) => !file.endsWith(".zh-CN.md"));

/** For who works on Portlock, or audits it: the Chinese README says that they are in English. */
const ENGLISH_ALONE = ["docs/architecture.md", "docs/threat-model.md"];

const FENCED = /^```(\w*)\n(.*?)^```/gms;

function read(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

/** The text without its fenced blocks. */
function toProse(text: string): string {
  return text.replaceAll(FENCED, "");
}

function levels(text: string): readonly string[] {
  return [...toProse(text).matchAll(/^(#+) /gm)].map(([, level = ""]) => level);
}

/** Columns of each row of each table, in order. */
function rows(text: string): readonly number[] {
  return [...toProse(text).matchAll(/^\|.*\|$/gm)].map(([row]) => row.replaceAll("\\|", "").split("|").length);
}

function points(text: string): number {
  return [...toProse(text).matchAll(/^ *(?:-|\d+\.) /gm)].length;
}

/** Lines of the blocks that are no picture of a screen, without comments and what explains them to the right. */
function code(text: string): readonly string[] {
  return [...text.matchAll(FENCED)]
    .filter(([, language]) => language !== "text")
    .flatMap(([, , block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*|\s{3,}.*/, "").trim());
}

function links(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target.replace(".zh-CN.md", ".md"));
}

/** Inline code, sorted. A placeholder may be translated, so that such a piece only counts. */
function inlineCode(text: string): readonly string[] {
  return [...toProse(text).matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)]
    .map(([, piece = ""]) => piece.replace(/ --lang zh-CN$/, ""))
    .toSorted();
}

/** Numbers of two digits and more, sorted; small ones are words in one language and digits in the other. */
function figures(text: string): readonly string[] {
  const plain = toProse(text)
    .replaceAll(/(?<=\d),(?=\d{3})/g, "")
    .replaceAll(/(\d+) 万/g, "$10000");
  return [...plain.matchAll(/\d+(?:\.\d+)*/g)]
    .map(([number]) => number)
    .filter((number) => number.length > 1)
    .toSorted();
}

const COMPARED: readonly (readonly [what: string, of: (text: string) => unknown])[] = [
  ["headings, by level", levels],
  ["rows and columns of tables", rows],
  ["points of lists", points],
  ["lines of code", code],
  ["links", links],
  ["figures", figures],
];

for (const file of ENGLISH.filter((name) => !ENGLISH_ALONE.includes(name))) {
  describe(`${file} in both languages`, () => {
    const chinese = file.replace(".md", ".zh-CN.md");
    for (const [what, of] of COMPARED) {
      test(`has the same ${what}`, () => assert.deepEqual(of(read(chinese)), of(read(file))));
    }

    test("has the same inline code but for translated placeholders", () => {
      const [left, right] = [inlineCode(read(file)), inlineCode(read(chinese))];
      assert.equal(right.length, left.length);
      const own = right.filter((piece) => !/[\u3400-\u9fff]/u.test(piece));
      assert.deepEqual(
        own.filter((piece) => !left.includes(piece)),
        [],
      );
    });
  });
}

test("only what the Chinese README calls English is in English alone", () => {
  for (const file of ENGLISH_ALONE) {
    assert.equal(existsSync(join(ROOT, file.replace(".md", ".zh-CN.md"))), false, file);
    assert.ok(read("README.zh-CN.md").includes(`](${file})`), file);
  }
  assert.match(read("README.zh-CN.md"), /均为英文/);
});
