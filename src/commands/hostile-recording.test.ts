/** Recordings that somebody damaged or wrote with care: `audit --from` says what is wrong, or prints them inert. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import * as fc from "fast-check";
import { toInput, type Tried, tryCommand } from "./testing/try-command.ts";

const SCENARIOS = join(import.meta.dirname, "../../scenarios");
const readScenario = (name: string): string => readFileSync(join(SCENARIOS, name, "recording.json"), "utf8");
/** One with about everything: a unit with drop-ins, a container, other namespaces. */
const RICH = readScenario("service-and-container");

function audit(recording: string | Uint8Array, ...args: readonly string[]): Promise<Tried> {
  const bytes = typeof recording === "string" ? new TextEncoder().encode(recording) : recording;
  return tryCommand(["audit", "--from", "-", ...args], { input: toInput(bytes) });
}

/** Either a report, or one error with a known code and a hint; never a bug of ours. */
function assertClear({ code, out, err }: Tried, what: string): void {
  assert.ok(code <= 2, `${what}: exit code ${code}\n${err}`);
  if (err === "") return;
  assert.equal(out, "", what);
  assert.match(err, /^portlock: error recording-(?:damaged|newer|too-large): .*\n {2}What to do: .+\n$/, what);
}

test("a recording cut off anywhere is damaged", async () => {
  for (let part = 0; part < 100; part += 1) {
    const tried = await audit(RICH.slice(0, Math.floor((RICH.length * part) / 100)));
    assert.match(tried.err, /^portlock: error recording-damaged: /, `cut at ${part} of 100`);
    assertClear(tried, `cut at ${part} of 100`);
  }
});

test("a recording with any bits turned over is told or judged", async () => {
  const bytes = new TextEncoder().encode(RICH);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: bytes.length * 8 - 1 }), { minLength: 1, maxLength: 4 }), async (bits) => {
      const turned = Uint8Array.from(bytes);
      for (const bit of bits) turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      assertClear(await audit(turned), `bits ${bits.join(" ")}`);
    }),
    { numRuns: 150 },
  );
});

/** A value of every kind, and the harder ones of each. */
const OTHERS: readonly unknown[] = [null, true, 0, -1, 1.5, 1e308, "", "x", "\0", [], [[]], {}, { ok: true }];

/** The document with the value at a path replaced; JSON.parse keeps `__proto__` as a plain key. */
function replaceAt(document: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  if (Array.isArray(document))
    return document.map((each, at) => (String(at) === key ? replaceAt(each, rest, value) : each));
  return Object.fromEntries(
    Object.entries(Object(document)).map(([name, each]) => [name, name === key ? replaceAt(each, rest, value) : each]),
  );
}

/** Every place of a document once: of the elements of a list only the first. */
function listPlaces(document: unknown, path: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof document !== "object" || document === null) return [path];
  const entries = Object.entries(document).slice(0, Array.isArray(document) ? 1 : undefined);
  return [path, ...entries.flatMap(([key, value]) => listPlaces(value, [...path, key]))];
}

test("a value of another type anywhere is told or judged", async () => {
  const document: unknown = JSON.parse(RICH);
  const places = listPlaces(document);
  assert.ok(places.length > 200, `${places.length} places`);
  for (const [index, path] of places.entries()) {
    // Three of the others at each place, and over all places every one of them many times.
    for (const turn of [0, 1, 2]) {
      const other = OTHERS[(index + turn * 5) % OTHERS.length];
      const tried = await audit(JSON.stringify(replaceAt(document, path, other)));
      assertClear(tried, `${path.join(".")} = ${JSON.stringify(other)}`);
    }
  }
});

const FAULTS: readonly (readonly [what: string, recording: () => string | Uint8Array, says: RegExp])[] = [
  ["nothing", () => "", /error recording-damaged/],
  [
    "a newer schema",
    () => RICH.replace("recording/1", "recording/99"),
    /error recording-newer: .*portlock\.recording\/99/,
  ],
  ["one byte more than is read", () => new Uint8Array(64 * 1024 * 1024 + 1).fill(0x20), /error recording-too-large/],
  ["brackets a hundred thousand deep", () => "[".repeat(100_000), /error recording-damaged/],
  ["objects a hundred thousand deep", () => '{"a":'.repeat(100_000), /error recording-damaged/],
  [
    "millions of zeros for listeners",
    () => toLong("0"),
    /error recording-damaged: .*facts\.listeners\.value: more than/,
  ],
  [
    "millions of objects for listeners",
    () => toLong("{}"),
    /error recording-damaged: .*facts\.listeners\.value: more than/,
  ],
  [
    "a prototype for a fact",
    () => RICH.replace('"identity":', '"__proto__":{"ok":true},"identity":'),
    /error recording-damaged/,
  ],
  [
    "a constructor for a fact",
    () => RICH.replace('"identity":', '"constructor":{"ok":true},"identity":'),
    /error recording-damaged/,
  ],
  [
    "bytes that are no text",
    () => Uint8Array.from({ length: 5_000 }, (_, at) => (at * 181) & 0xff),
    /error recording-damaged/,
  ],
];

function toLong(element: string): string {
  const list = `[${`${element},`.repeat(1_500_000)}${element}]`;
  return RICH.replace(
    /"listeners":\s*\{\s*"ok":\s*true,\s*"value":\s*\[/,
    `"listeners":{"ok":true,"value":${list},"rest":[`,
  );
}

for (const [what, recording, says] of FAULTS) {
  test(`a recording with ${what} is refused, with a code and what to do`, async () => {
    const tried = await audit(recording());
    assert.match(tried.err, says);
    assert.equal(tried.code, 2);
    assertClear(tried, what);
    const { out } = await audit(recording(), "--json");
    assert.equal(Object(JSON.parse(out)).schema, "portlock.error/1");
  });
}

test("of a key that stands twice the last counts, as everywhere in JSON", async () => {
  const twice = RICH.replace('"facts":', '"facts":{"identity":7},"facts":');
  assert.deepEqual(await audit(twice), await audit(RICH));
});

test("a prototype among headers and variables is one more of them, and changes nothing", async () => {
  const more = RICH.replaceAll(/"(headers|environment)":\s*\{/g, '"$1":{"__proto__":"x",').replaceAll('"x",}', '"x"}');
  assert.equal(Object.hasOwn(Object.prototype, "x"), false);
  assertClear(await audit(more), "__proto__");
});

/** Names that do something where a terminal, a shell, a tool or a parser takes them for more than names. */
const NAMES: readonly string[] = [
  "\u001b[2J\u001b]0;owned\u0007",
  "\u202eevil\u2066\u200b\u009b31m",
  "a\r\nLOCAL: all is well\r\n",
  "$(touch owned)",
  "`touch owned`",
  "x'; touch owned; '",
  'x"; touch owned; "',
  "x\ntouch owned\n",
  "x;touch${IFS}owned",
  "|touch owned",
  "&touch owned&",
  "-e1e touch owned",
  "--exec=touch owned",
  "../../kernel/core_pattern=|touch owned #",
  "\\'; touch owned #",
  "%n%h${HOME}~!!*?",
  "模型".repeat(300),
  "\ud800\udfff\ufffe",
  "a".repeat(20_000),
];

/** Members whose text comes from the host and is a name, a path or evidence; settings keep their names. */
const HOSTILE_MEMBERS: ReadonlySet<string> = new Set(
  (
    "name unit image user home hostname os kernel path executable text detail interface master bridge project service " +
    "container file mainFile dropIns files arguments value from"
  ).split(" "),
);

/** Units that Portlock itself names: of others a recording cannot speak there. */
const OWN_WORDS: ReadonlySet<unknown> = new Set(["nftables.service", "netfilter-persistent.service"]);

/** The recording with a hostile text before, behind or instead of every such text, everywhere the same. */
function withHostileTexts(recording: string, name: string, place: "before" | "behind" | "instead"): string {
  const toHostile = (text: string): string =>
    place === "instead" ? name : place === "before" ? name + text : `${text.slice(0, 1)}${name}${text.slice(1)}`;
  const document: unknown = JSON.parse(recording);
  const facts: unknown = JSON.parse(JSON.stringify(Object(document).facts), (key, value: unknown) => {
    // Names of models stand in an answer, which is JSON itself.
    if (key === "body")
      return String(value).replaceAll("leak_model_", `leak_model_${JSON.stringify(name).slice(1, -1)}`);
    if (!HOSTILE_MEMBERS.has(key) || OWN_WORDS.has(value)) return value;
    if (Array.isArray(value)) return value.map((each: unknown) => (typeof each === "string" ? toHostile(each) : each));
    return typeof value === "string" && !/^(?:OLLAMA_\w+|)$/.test(value) ? toHostile(value) : value;
  });
  return JSON.stringify({ ...Object(document), facts });
}

/** Among them they have every command that mends with a name in it. */
const HOSTILE_RECORDINGS = [
  "docker-without-rules",
  "environment-file-wins",
  "later-drop-in-wins",
  "loose-permissions",
  "restart-missing",
  "route-localnet",
  "second-server-by-hand",
  "strangers-were-here",
];
const PLACES = ["before", "behind", "instead"] as const;
/** Every name in every recording, and over all recordings in every place. */
const RECORDINGS = HOSTILE_RECORDINGS.flatMap((scenario, row) =>
  NAMES.map((name, column) => {
    const where = PLACES[(row + column) % PLACES.length] ?? "before";
    const what = `${JSON.stringify(name.slice(0, 30))} ${where} the names in ${scenario}`;
    return { what, text: withHostileTexts(readScenario(scenario), name, where) };
  }),
);

test("hostile texts are printed inert, in both languages, on any width, and as JSON", async () => {
  for (const [index, { what, text }] of RECORDINGS.entries()) {
    const layouts: readonly (readonly [args: readonly string[], terminal: number])[] = [
      [["--lang", index % 2 === 0 ? "en" : "zh-CN", "--color", "never"], [20, 40, 80][index % 3] ?? 80],
      [["--lang", index % 2 === 0 ? "zh-CN" : "en", "--color", "never", "--plain"], [80, 20, 40][index % 3] ?? 80],
    ];
    for (const [args, terminal] of layouts) {
      const tried = await tryCommand(["audit", "--from", "-", ...args], {
        input: toInput(new TextEncoder().encode(text)),
        terminal,
        env: { NO_COLOR: "1" },
      });
      assertInert(tried.out, what);
      assert.ok(tried.code <= 2, what);
    }
    const json = await audit(text, "--json");
    assertInert(json.out, what);
    assert.equal(Object(JSON.parse(json.out)).schema, "portlock.report/1", what);
  }
});

function assertInert(text: string, what: string): void {
  const found = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/u.exec(text.replaceAll("\n", ""));
  assert.equal(found, null, `${what}: ${JSON.stringify(found?.[0])}`);
}

const place = mkdtempSync(join(tmpdir(), "portlock-hostile-"));
after(() => rmSync(place, { recursive: true }));

/** Every program that a command of ours names, as a stand-in that notes its words; and one that none may run. */
const PROGRAMS = "sudo systemctl docker podman sysctl chmod ollama nft sed mkdir tee kill curl env sh touch".split(" ");
for (const program of PROGRAMS) {
  // `sudo sh -c` and `env sh -c` run what they are given, as the real ones do.
  const runs =
    program === "sudo"
      ? 'while [ "${1#-}" != "$1" ]; do [ "$1" = -Hu ] && shift; shift; done; exec "$@"'
      : program === "sh"
        ? 'exec /bin/sh "$@"'
        : "[ -t 0 ] || cat > /dev/null 2>&1 < /dev/null";
  const script = `#!/bin/sh\nprintf '%s\\0' ${program} "$@" >> "$NOTES"; printf '\\n\\0' >> "$NOTES"\n${runs}\n`;
  mkdirSync(join(place, "bin"), { recursive: true });
  writeFileSync(join(place, "bin", program), script);
  chmodSync(join(place, "bin", program), 0o755);
}

/** Runs a command as somebody would who copied it; returns every program it ran, with its words. */
function runCopied(command: string, shell: string): readonly (readonly string[])[] {
  const notes = join(place, "notes");
  const work = join(place, "work");
  writeFileSync(notes, "");
  mkdirSync(work, { recursive: true });
  const env = { PATH: join(place, "bin"), HOME: work, NOTES: notes };
  spawnSync(shell, ["-c", command], { cwd: work, env, timeout: 10_000 });
  assert.deepEqual(readdirSync(work), [], `a file appeared after ${command}`);
  const calls = readFileSync(notes, "utf8").split("\0\n\0");
  return calls.filter((call) => call !== "").map((call) => call.split("\0"));
}

test("a command that mends takes hostile names as names, whoever copies it into which shell", async () => {
  const commands = new Map<string, string>();
  for (const { what, text } of RECORDINGS) {
    const { out } = await audit(text, "--json");
    for (const { fix } of Object(JSON.parse(out)).findings ?? [])
      if (fix.command !== null) commands.set(fix.command, what);
  }
  assert.ok(commands.size > 30, `${commands.size} commands`);
  for (const [command, what] of commands) {
    assertInert(command, what);
    for (const shell of ["/bin/sh", "/bin/bash"]) {
      for (const [program = "", ...words] of runCopied(command, shell)) {
        assert.ok(program !== "touch" && !words.includes("touch"), `${what}: ${command}`);
        const end = words.includes("--") ? words.indexOf("--") : words.length;
        const options = words.slice(0, end).filter((word) => word.startsWith("-"));
        assert.ok(!options.some((word) => word.includes("owned")), `${what}: an option of ${program} in ${command}`);
      }
    }
  }
});
