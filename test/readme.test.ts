/**
 * Holds both READMEs to the program: the screen is what it prints today, and the commands are ones it takes. That the
 * languages say the same is held by pages.test.ts.
 *
 *   sh scripts/node.sh test/readme.test.ts --update     writes the screens anew; review the diff
 */
import assert from "node:assert/strict";
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import test, { describe } from "node:test";
import { tryCommand } from "../src/commands/testing/try-command.ts";
import type { Language } from "../src/report/words/words.ts";

const root = join(import.meta.dirname, "..");
const manifest = Object(JSON.parse(readFileSync(join(root, "package.json"), "utf8")));
const update = process.argv.includes("--update");

const READMES: readonly (readonly [file: string, language: Language])[] = [
  ["README.md", "en"],
  ["README.zh-CN.md", "zh-CN"],
];
const SCREEN = /(<!-- screen: (\S+) -->\n\n```text\n)(.*?)(```\n)/s;
const PROGRAM = /^(?:sudo )?(?:bin\/)?portlock /;

function read(file: string): string {
  return readFileSync(join(root, file), "utf8");
}

/** Command lines of the fenced shell blocks, without their comments. */
function commandsIn(text: string): readonly string[] {
  return [...text.matchAll(/```sh\n(.*?)```/gs)]
    .flatMap(([, block = ""]) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*/, "").trim())
    .filter((line) => line !== "");
}

/** Command lines in running text. */
function inlineCommandsIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<!`)`([^`\n]+)`(?!`)/g)]
    .map(([, code = ""]) => code)
    .filter((code) => PROGRAM.test(code));
}

function linksIn(text: string): readonly string[] {
  return [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
}

/** The report from its first line to the end of the first finding; the rest is for those who run it. */
function toScreen(report: string): string {
  const lines = report.split("\n");
  const findings = lines.findIndex((line) => /^(Findings:|发现的问题：)/.test(line));
  const end = lines.indexOf("", findings + 2);
  assert.ok(findings > 0 && end > findings, report);
  return [...lines.slice(0, end), "…", ""].join("\n");
}

for (const [file, language] of READMES) {
  describe(file, () => {
    test("its screen is what portlock prints today", async () => {
      const text = read(file);
      const [, before = "", scenario = "", screen, after = ""] = SCREEN.exec(text) ?? [];
      const recording = join(root, scenario, "recording.json");
      const { out } = await tryCommand(["audit", "--from", recording, "--lang", language]);
      const today = toScreen(out);
      if (update)
        writeFileSync(
          join(root, file),
          text.replace(SCREEN, () => `${before}${today}${after}`),
        );
      else assert.equal(screen, today);
    });

    test("its commands are ones portlock takes", async () => {
      const text = read(file);
      const commands = [...commandsIn(text), ...inlineCommandsIn(text)].filter((line) => PROGRAM.test(line));
      assert.ok(commands.length > 8, commands.join("\n"));
      for (const line of commands) {
        const [name = "", ...words] = line.replace(PROGRAM, "").split(" ");
        const { code, out } = await tryCommand([name, "--help"]);
        assert.equal(code, 0, line);
        for (const flag of words.filter((word) => word.startsWith("-"))) {
          assert.match(out, new RegExp(`(^|[\\s[(])${flag}\\b`, "m"), line);
        }
      }
    });

    test("its other commands are scripts of this package, or npm's own with its name", () => {
      for (const line of commandsIn(read(file)).filter((line) => !PROGRAM.test(line))) {
        const [, script = ""] = /^npm (?:run )?(\S+)$/.exec(line) ?? [];
        assert.ok(script in Object(manifest.scripts) || line === `npm install -g ${manifest.name}`, line);
      }
    });

    test("its links lead somewhere", () => {
      const links = linksIn(read(file));
      assert.ok(links.length > 8);
      for (const target of links) assert.ok(existsSync(join(root, target)), target);
    });

    test("its exit codes are the program's", async () => {
      const { out } = await tryCommand(["--help", "--lang", language]);
      const rows = [...read(file).matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)];
      const codes = [...out.matchAll(/^ {2}(\d+) {2,}/gm)].map(([, code]) => code);
      assert.deepEqual(
        rows.map(([, code]) => code),
        codes,
      );
    });

    test("it asks for the Node.js that the package asks for", () => {
      const [, oldest = ""] = /^>=(\d+\.\d+)$/.exec(String(Object(manifest.engines).node)) ?? [];
      assert.ok(read(file).includes(`Node.js ${oldest}`) && read(file).includes(` ${oldest}`), oldest);
    });
  });
}

const PAPERS = globSync(["*.md", "docs/*.md", "lab/*.md"], { cwd: root }).filter(
  (file) => !file.startsWith("docs/rules"),
);

for (const file of PAPERS) {
  test(`${file}: the files it names are there`, () => {
    const text = read(file);
    const links = linksIn(text).filter((target) => !/^https?:/.test(target));
    for (const target of links) assert.ok(existsSync(join(root, dirname(file), target)), target);
    const scripts = [...text.matchAll(/sh scripts\/node\.sh (\S+?\.ts)/g)].map(([, script = ""]) => script);
    const named = [...text.matchAll(/`((?:src|scripts|lab|test|lint|scenarios|bench|docs|bin)\/[\w./-]*\w\/?)`/g)];
    for (const path of [...scripts, ...named.map(([, path = ""]) => path)]) {
      assert.ok(existsSync(join(root, path)), path);
    }
  });
}

test("both READMEs have the same pictures of the program", () => {
  const [english = "", chinese = ""] = READMES.map(([file]) => read(file));
  assert.equal(SCREEN.exec(chinese)?.[2], SCREEN.exec(english)?.[2]);
});
