import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parsePamEnvironment } from "../facts/pam-environment.ts";
import { parseSystemdEnvironment } from "../facts/systemd-environment.ts";
import { editEtcEnvironment } from "./etc-environment.ts";
import { applyEdit } from "./file-edit.ts";

const WISH = { name: "OLLAMA_HOST", value: "127.0.0.1:11434" };
const SET = "OLLAMA_HOST=127.0.0.1:11434";

const CASES: readonly (readonly [what: string, text: string | null, expected: string])[] = [
  ["no file", null, `${SET}\n`],
  ["an empty one", "", `${SET}\n`],
  ["a line at the end where there is none", "A=1\n", `A=1\n${SET}\n`],
  ["behind a last line without its end", "A=1", `A=1\n${SET}\n`],
  ["a line where it stands", "A=1\nOLLAMA_HOST=0.0.0.0\nB=2\n", `A=1\n${SET}\nB=2\n`],
  ["its double quotes stay", 'OLLAMA_HOST="0.0.0.0"\n', 'OLLAMA_HOST="127.0.0.1:11434"\n'],
  ["its single quotes stay", "OLLAMA_HOST='0.0.0.0'\n", "OLLAMA_HOST='127.0.0.1:11434'\n"],
  ["blanks before it stay", "  OLLAMA_HOST=0.0.0.0\n", `  ${SET}\n`],
  ["a comment behind it goes before it", "OLLAMA_HOST=0.0.0.0 # lan\n", `# lan\n${SET}\n`],
  ["`export` goes: systemd takes it for a part of the name", "export OLLAMA_HOST=0.0.0.0\n", `${SET}\n`],
  ["a blank before = goes: pam_env throws the line away", "OLLAMA_HOST =0.0.0.0\n", `${SET}\n`],
  ["every line of that name", "OLLAMA_HOST=a\nA=1\nOLLAMA_HOST=b\n", `${SET}\nA=1\n${SET}\n`],
  ["names that only begin alike stay", "OLLAMA_HOSTS=x\n", `OLLAMA_HOSTS=x\n${SET}\n`],
  ["a comment about it stays", "# OLLAMA_HOST=0.0.0.0\n", `# OLLAMA_HOST=0.0.0.0\n${SET}\n`],
  ["line ends of another system stay", "A=1\r\nOLLAMA_HOST=0\r\n", `A=1\r\n${SET}\r\n`],
];

describe("/etc/environment", () => {
  for (const [what, text, expected] of CASES) {
    test(what, () => {
      const edited = editEtcEnvironment(text, WISH);
      assert.ok(edited.ok && edited.edit !== null);
      assert.deepEqual(applyEdit(text, edited.edit), { ok: true, text: expected });
    });
  }

  test("that says so already is left as it is", () => {
    assert.deepEqual(editEtcEnvironment(`A=1\n${SET}\n`, WISH), { ok: true, edit: null });
  });

  const REFUSED = [`A=\\\nOLLAMA_HOST=0\n`, `OLLAMA_HOST=0\\\n1\n`, `A=1\\ \n`, "A=1\rOLLAMA_HOST=0\n"];
  for (const text of REFUSED) {
    test(`is refused where lines are not what they seem: ${JSON.stringify(text)}`, () => {
      assert.equal(editEtcEnvironment(text, WISH).ok, false);
    });
  }

  test("is read alike by logins and by systemd afterwards, and every other line stays", () => {
    const words = ["A=1", "OLLAMA_HOST=", "0.0.0.0", '"', "'", " # c", "#", "export ", " ", "\\", "=", "B='x'"];
    const line = fc.array(fc.constantFrom(...words), { maxLength: 5 }).map((parts) => parts.join(""));
    const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n"));
    let edits = 0;
    fc.assert(
      fc.property(text, (before) => {
        const edited = editEtcEnvironment(before, WISH);
        if (!edited.ok || edited.edit === null) return;
        const after = applyEdit(before, edited.edit);
        assert.ok(after.ok && after.text !== null);
        edits += 1;
        assert.equal(parsePamEnvironment(after.text, [WISH.name]).at(-1)?.value, WISH.value);
        const kept = before.split("\n").filter((each) => each !== "" && !each.includes("OLLAMA_HOST"));
        for (const each of kept) assert.ok(after.text.split("\n").includes(each), each);
        // Where a quote is left open before it, systemd reads on into it: the drop-in's own line is there for that.
        const open = before.replaceAll("OLLAMA_HOST=", "").match(/["']/);
        const read = parseSystemdEnvironment(after.text, [WISH.name]).at(-1)?.value;
        if (open === null) assert.equal(read, WISH.value);
      }),
      { numRuns: 500 },
    );
    assert.ok(edits > 200, `${edits} edits`);
  });
});
