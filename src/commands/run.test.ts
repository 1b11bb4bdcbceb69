import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { aHost } from "../judge/testing/a-host.ts";
import { toInput, toRecordingText, tryCommand } from "./testing/try-command.ts";

const place = mkdtempSync(join(tmpdir(), "portlock-run-"));
after(() => rmSync(place, { recursive: true }));

function keep(name: string, text: string): string {
  const file = join(place, name);
  writeFileSync(file, text);
  return file;
}

const EXPOSED = toRecordingText(aHost().ollama("0.0.0.0", { dualStack: true }).facts);
const LOCAL = toRecordingText(aHost().ollama("127.0.0.1").facts);
const exposed = keep("exposed.json", EXPOSED);
const local = keep("local.json", LOCAL);
const damaged = keep("damaged.json", EXPOSED.slice(0, -20));
const newer = keep("newer.json", EXPOSED.replace("portlock.recording/1", "portlock.recording/2"));

const USAGE: readonly (readonly [name: string, argv: readonly string[], says: RegExp])[] = [
  ["an unknown command", ["audti"], /error usage: .*audti.*audit.*\n.*What to do: `portlock --help`/],
  ["an unknown command of another", ["proxy", "ngnix"], /"ngnix".*`nginx`.*\n.*`portlock proxy --help`/],
  [
    "one where a command runs without a name",
    ["gateway", "instal"],
    /"instal".*`install`.*\n.*`portlock gateway --help`/,
  ],
  ["nothing like a command there", ["gateway", "xyz"], /"xyz".*\n.*`portlock gateway --help`/],
  ["a flag of that command", ["gateway", "--lisen", "1"], /"--lisen".*--listen.*\n.*`portlock gateway run --help`/],
  [
    "a bad value two commands deep",
    ["gateway", "log", "verify", "--expect", "x"],
    /`portlock gateway log verify --help`/,
  ],
  ["a bad value for a user of a proxy", ["proxy", "users", "add"], /`portlock proxy users add --help`/],
  ["an unknown flag", ["audit", "--jsn"], /error usage: .*--jsn.*--json.*\n.*`portlock audit --help`/],
  ["an unknown severity", ["audit", "--fail-on", "bad"], /--fail-on.*critical, high, medium, low, never/],
  ["a language without words", ["audit", "--lang", "fr"], /--lang.*en and zh-CN/],
  ["a flag without its value", ["audit", "--host"], /--host/],
  ["a file to record to is missing", ["record"], /--output/],
  ["a flag given twice", ["record", "-o", "a", "-o", "b"], /only once/],
  ["an argument too many", ["explain", "open-bind", "more"], /"more"/],
  ["nothing to probe", ["probe"], /URL/],
  ["no such shell", ["completion", "fish"], /error shell-unknown/],
  ["a target that is none", ["audit", "--host", "gpu-1"], /error bad-target/],
  ["a password in a URL", ["probe", "http://me:secret@127.0.0.1"], /error bad-url/],
];
for (const [name, argv, says] of USAGE) {
  test(`${name} is told with a code and what to do, and exits with 64`, async () => {
    const { code, out, err } = await tryCommand(argv);
    assert.equal(code, 64);
    assert.equal(out, "");
    assert.match(err, says);
    assert.match(err, /What to do: /);
    assert.doesNotMatch(err, /secret/);
  });
}

test("the same in Chinese", async () => {
  const { code, err } = await tryCommand(["audit", "--jsn"], { env: { LANG: "zh_CN.UTF-8" } });
  assert.equal(code, 64);
  assert.match(err, /^portlock: 错误 usage: 没有选项 “--jsn”.*\n {2}处理方法: /);
});

for (const [argv, first] of [
  [[], /portlock audit \[--host/],
  [["--help"], /portlock audit \[--host/],
  [["help", "audit"], /portlock audit \[--host/],
  [["audit", "--help"], /Examples\n {2}portlock audit\n/],
  [["record", "-h"], /portlock record -o gpu-1\.json/],
  [["probe", "--help"], /http:\/\/192\.0\.2\.10:8000/],
  [["explain", "--help"], /portlock explain open-bind/],
  [["verify", "--help"], /portlock verify --credential-file alice --ask-model llama3\.2:3b/],
  [["demo", "--help"], /stand-in/],
  [["completion", "--help"], /portlock completion bash/],
] as const) {
  test(`"portlock ${argv.join(" ")}" helps, with examples`, async () => {
    const english = await tryCommand(argv);
    assert.equal(english.code, 0);
    assert.match(english.out, first);
    assert.match(english.out, /^[\n\x20-\x7e]*$/);
    const chinese = await tryCommand(argv, { env: { PORTLOCK_LANG: "zh" } });
    assert.match(chinese.out, /用法/);
    assert.doesNotMatch(chinese.out, /Usage|Flags|Examples|Print |default =/);
  });
}

test("the version is printed through the parser too", async () => {
  assert.deepEqual(await tryCommand(["--version"]), { code: 0, out: "0.1.0\n", err: "" });
});

test("an exposed host is told first, and exits with 1", async () => {
  const { code, out, err } = await tryCommand(["audit", "--from", exposed]);
  assert.equal(code, 1);
  assert.match(out, /^EXPOSED: anybody .* can use Ollama/);
  assert.match(out, /CRITICAL {2}open-bind/);
  assert.equal(err, "");
});

test("--fail-on never tells the same, and exits with 0", async () => {
  const { code, out } = await tryCommand(["audit", "--from", exposed, "--fail-on", "never"]);
  assert.equal(code, 0);
  assert.match(out, /^EXPOSED/);
});

test("a local server exits with 0", async () => {
  const { code, out } = await tryCommand(["audit", "--from", local]);
  assert.match(out, /^LOCAL: only this host can reach Ollama/);
  assert.equal(code, 0);
});

test("a recording is taken from standard input", async () => {
  const { out } = await tryCommand(["audit", "--from", "-"], { input: toInput(LOCAL) });
  assert.match(out, /^LOCAL/);
});

test("one host as JSON is the report document", async () => {
  const { code, out } = await tryCommand(["audit", "--from", exposed, "--json"]);
  const { schema, verdict, recordedAt, tool } = Object(JSON.parse(out));
  assert.deepEqual([schema, verdict, recordedAt], ["portlock.report/1", "exposed", "2026-11-22T10:00:00.000Z"]);
  assert.deepEqual(tool, { name: "portlock", version: "0.1.0" });
  assert.equal(code, 1);
});

test("of several hosts one that cannot be read stops neither the others nor the document", async () => {
  const argv = ["audit", "--from", damaged, "--from", local, "--from", exposed];
  const text = await tryCommand(argv);
  assert.equal(text.code, 1);
  assert.match(text.err, /error recording-damaged: .*damaged\.json/);
  assert.match(text.out, /^Host .*local\.json\nLOCAL[\s\S]*\nHost .*exposed\.json\nEXPOSED/);

  const json = await tryCommand([...argv, "--json"]);
  const documents: unknown = JSON.parse(json.out);
  assert.ok(Array.isArray(documents));
  assert.deepEqual(
    documents.map((document) => Object(document).schema),
    ["portlock.error/1", "portlock.report/1", "portlock.report/1"],
  );
});

for (const [file, code] of [
  [damaged, "recording-damaged"],
  [newer, "recording-newer"],
  [join(place, "nowhere.json"), "recording-unreadable"],
  [place, "recording-unreadable"],
] as const) {
  test(`${code}: no verdict, and exit code 2`, async () => {
    const tried = await tryCommand(["audit", "--from", file]);
    assert.deepEqual([tried.code, tried.out], [2, ""]);
    assert.match(tried.err, new RegExp(`^portlock: error ${code}: `));
  });
}

test("a host that does not let us in is no verdict either", async () => {
  const { code, err } = await tryCommand(["audit", "--host", "ssh://nobody@127.0.0.1:1", "--from", local]);
  assert.equal(code, 2);
  assert.match(err, /error ssh-(unreachable|missing)/);
});

test("colour only on a terminal that wants it, or where it is asked for", async () => {
  const argv = ["audit", "--from", exposed];
  const coloured = async (more: readonly string[], outside: Parameters<typeof tryCommand>[1]): Promise<boolean> =>
    (await tryCommand([...argv, ...more], outside)).out.includes("\u001b[");
  assert.equal(await coloured([], {}), false);
  assert.equal(await coloured([], { terminal: 100 }), true);
  assert.equal(await coloured([], { terminal: 100, env: { NO_COLOR: "1" } }), false);
  assert.equal(await coloured([], { terminal: 100, env: { TERM: "dumb" } }), false);
  assert.equal(await coloured(["--color", "never"], { terminal: 100 }), false);
  assert.equal(await coloured(["--color", "always"], { env: { NO_COLOR: "1" } }), true);
});

test("a narrow terminal and --plain get one fact a line", async () => {
  for (const [argv, outside] of [
    [["audit", "--from", exposed], { terminal: 50, env: { NO_COLOR: "1" } }],
    [["audit", "--from", exposed, "--plain"], {}],
  ] as const) {
    const { out } = await tryCommand(argv, outside);
    assert.match(out, /^ {4}Verdict: OPEN$/m);
    assert.doesNotMatch(out, /WHAT STOPS THEM/);
  }
});

test("progress shows on a terminal alone, and is taken away again", async () => {
  const many = ["audit", "--from", exposed, "--from", local];
  const { err } = await tryCommand(many, { terminal: 80 });
  assert.match(err, /reading hosts: 0 of 2 done/);
  assert.ok(err.endsWith("\r\u001b[2K"));
  assert.equal((await tryCommand(many)).err, "");
});

test("a bug is told as one, with the stack and a plea, and exits with 3", async () => {
  const { code, out, err } = await tryCommand(["audit"], { openHost: () => Promise.reject(new TypeError("boom")) });
  assert.deepEqual([code, out], [3, ""]);
  assert.match(err, /error bug: .*\n.*please report it[\s\S]*TypeError: boom\n {4}at /);
});

test("rules are listed, explained, and guessed at", async () => {
  const list = await tryCommand(["explain"]);
  assert.match(list.out, /^open-bind +A model server listens/m);
  const one = await tryCommand(["explain", "open-bind", "--lang", "zh-CN"]);
  assert.match(one.out, /^open-bind\n\n检查内容\n/);
  const typo = await tryCommand(["explain", "open-bnid"]);
  assert.equal(typo.code, 64);
  assert.match(typo.err, /Did you mean `portlock explain open-bind`/);
  assert.match((await tryCommand(["explain", "toString"])).err, /error rule-unknown/);
});

for (const argv of [["audit", "--from", exposed], ["explain"]]) {
  for (const language of ["en", "zh-CN"]) {
    test(`the command at the end of \`${argv[0]}\` in ${language} can be pasted`, async () => {
      const { out } = await tryCommand([...argv, "--lang", language]);
      const [, command = ""] = /portlock (explain \S+)\n$/.exec(out) ?? [];
      assert.equal((await tryCommand(command.split(" "))).code, 0);
    });
  }
}
