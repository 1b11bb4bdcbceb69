import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after } from "node:test";
import { openVerifier } from "../gateway/keys/open-verifier.ts";
import { openStore } from "../gateway/store/open-store.ts";
import { type Tried, tryCommand } from "./testing/try-command.ts";

const place = mkdtempSync(join(tmpdir(), "portlock-keys-"));
after(() => rmSync(place, { recursive: true }));
let folders = 0;

type Run = (line: string, env?: Record<string, string>) => Promise<Tried>;

/** Runs `portlock` with a store of its own. */
function makeData(): { readonly data: string; readonly run: Run } {
  folders += 1;
  const data = join(place, `data-${folders}`);
  return { data, run: (line, env = {}) => tryCommand([...line.split(" "), "--data", data], { env }) };
}

const NOW = Date.parse("2026-11-22T10:00:00Z");
const KEY = /^plk_[0-9a-z]{8}_[0-9A-Za-z_-]{43}$/;

test("22 create prints the text of the key and nothing else to standard output, and nobody prints it again", async () => {
  const { data, run } = makeData();
  const made = await run("keys create alice --scope inference,read --models qwen3:*,llama3.2 --expires 90d --rpm 60");
  assert.equal(made.code, 0);
  assert.match(made.out, /^plk_\S{52}\n$/);
  assert.match(made.err, /^Key "alice" was made \(key_\w{12}\)\.\nThis is the only time/);
  const text = made.out.trim();
  for (const line of ["keys list --all", "keys show alice --json", "gateway log list", "keys create alice"]) {
    const { out, err } = await run(line);
    assert.equal(`${out}${err}`.includes(text.slice(13)), false, line);
  }
  const open = await openStore({ kind: "folder", path: data });
  const verifier = await openVerifier(open);
  const { key } = await verifier.verify({ kind: "secret", secret: text }, NOW);
  await verifier.close();
  await open.store.close();
  assert.deepEqual(
    [key?.scopes, key?.models],
    [
      ["inference", "read"],
      ["qwen3:*", "llama3.2"],
    ],
  );
  assert.equal(key?.expiresAt, NOW + 90 * 86_400_000);
  assert.equal(key?.limits.requestsPerMinute, 60);
});

test("create --json is a document of id, name and key", async () => {
  const { run } = makeData();
  const { out, err, code } = await run("keys create ci --json");
  const document: Record<string, string> = JSON.parse(out);
  assert.deepEqual(Object.keys(document), ["schema", "id", "name", "key"]);
  assert.match(document["key"] ?? "", KEY);
  assert.deepEqual([document["name"], err, code], ["ci", "", 0]);
});

test("22 the text of a key is in no list of processes while it is made", () => {
  const data = join(place, "spied");
  const script = `"$0" "$1" keys create alice --data "$2" | { read -r key; ps -eo args= | grep -cF "$key"; echo "$key"; }`;
  const main = join(import.meta.dirname, "../main.ts");
  const { stdout } = spawnSync("sh", ["-c", script, process.execPath, main, data], { encoding: "utf8" });
  const [count, key = ""] = stdout.split("\n");
  assert.match(key, KEY);
  // The only one is grep, which was given it to look for.
  assert.ok(Number(count) <= 1, stdout);
});

test("every limit comes as it was asked for", async () => {
  const { run } = makeData();
  await run(
    "keys create all --scope manage,inference --tokens-per-day 2M --concurrent 3 --max-body 20MiB --max-context 8192 --max-keep-alive 10m --from 10.0.0.0/24,2001:db8::1 --grant cloud,debug --expires 2027-03-31",
  );
  const shown = Object(JSON.parse((await run("keys show all --json")).out));
  assert.deepEqual(shown.limits, {
    requestsPerMinute: null,
    tokensPerDay: 2_000_000,
    concurrent: 3,
    maxBodyBytes: 20 * 2 ** 20,
    maxContextTokens: 8192,
    maxKeepAliveSeconds: 600,
  });
  assert.deepEqual(
    [shown.scopes, shown.grants, shown.from, shown.expiresAt],
    [["manage", "inference"], ["cloud", "debug"], ["10.0.0.0/24", "2001:db8::1/128"], "2027-03-31T00:00:00.000Z"],
  );
  const text = await run("keys show all");
  assert.match(
    text.out,
    /^NAME: all\nID: key_\w{12}\nSTATE: in force\nSCOPE: manage, inference\nGRANTS: cloud, debug\n/,
  );
  assert.match(
    text.out,
    /\nLIMITS: 2000000 tokens\/day\nLIMITS: 3 at once\nLIMITS: body 20 MiB\nLIMITS: num_ctx 8192\n/,
  );
});

test("rotate gives a new text, and says until when the old one is valid", async () => {
  const { run } = makeData();
  const first = (await run("keys create alice")).out;
  const { out, err } = await run("keys rotate alice");
  assert.match(out.trim(), KEY);
  assert.notEqual(out, first);
  assert.match(err, /until 2026-11-23 10:00 UTC/);
  const json = Object(JSON.parse((await run("keys rotate alice --grace 0s --json")).out));
  assert.equal(json.olderValidUntil, "2026-11-22T10:00:00.000Z");
});

test("revoke says what becomes of streams; done again it says so, and is no failure", async () => {
  const { run } = makeData();
  await run("keys create alice");
  const tried = [];
  for (const flag of ["", "", " --end-streams", " --end-streams"]) tried.push(await run(`keys revoke alice${flag}`));
  assert.deepEqual(
    tried.map(({ code }) => code),
    [0, 0, 0, 0],
  );
  const [first, second, third] = tried.map(({ out }) => out);
  assert.match(first ?? "", /^Key "alice" was revoked: every gateway refuses it within a second, and finishes/);
  assert.match(second ?? "", /^Key "alice" was revoked already, at 2026-11-22 10:00 UTC\.\n$/);
  assert.match(third ?? "", /already[^]*cut off/);
  assert.match((await run("keys list")).out, /There is no key[^]*1 revoked/);
  assert.match((await run("keys list --all")).out, /alice +key_\w+ +revoked/);
});

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";

test("an Ollama is let in by its public key, once", async () => {
  const { data } = makeData();
  const create = (name: string) =>
    tryCommand(["keys", "create", name, "--ollama-key", `${PUBLIC_KEY} me@laptop`, "--data", data]);
  const { out, err, code } = await create("laptop");
  assert.deepEqual([code, out], [0, ""]);
  assert.match(err, /OLLAMA_AUTH=1/);
  const again = await create("other");
  assert.equal(again.code, 64);
  assert.match(again.err, /error credential-taken: .*"laptop"/);
});

test("import takes what it can, tells the rest by its line, and exits with 1 for it", async () => {
  const { run } = makeData();
  const file = join(place, "htpasswd");
  const hash = "$2y$05$abcdefghijklmnopqrstuu5LWhCO5yXAL1sUvB/1WZ1EYQ5p0kqPi";
  writeFileSync(file, `alice:${hash}\nbob:secret\n`);
  const first = await run(`keys import ${file} --expires 30d`);
  assert.equal(first.code, 1);
  assert.equal(first.out.split("\n")[0], 'line 1: "alice" is let in');
  assert.match(first.out, /^line 2: not taken: /m);
  assert.doesNotMatch(first.out, /secret|bob/);
  assert.match((await run(`keys import ${file}`)).out, /line 1: not taken: there is a key of that name already/);
  writeFileSync(file, "# nobody\n");
  assert.match((await run(`keys import ${file}`)).err, /error file-without-users/);
  assert.match((await run(`keys import ${file}.none`)).err, /error file-unread/);
});

const REFUSED: readonly (readonly [what: string, line: string, says: RegExp])[] = [
  ["an end in the past", "keys create a --expires 2020-01-01", /error expiry-past: "2020-01-01"/],
  ["an end of now", "keys create a --expires 0s", /error expiry-past: "0s"/],
  ["a day that is none", "keys create a --expires 2027-02-30", /error usage: .*--expires/],
  ["an unknown scope", "keys create a --scope inference,admin", /--scope: it takes inference, read, manage/],
  ["an unknown grant", "keys create a --grant all", /--grant: it takes cloud, experimental, debug/],
  ["no scope at all", "keys create a --scope ,", /--scope/],
  ["a network that is none", "keys create a --from 10.0.0.0/99", /--from: write addresses or networks/],
  ["a limit of nothing", "keys create a --rpm 0", /--rpm: write a number above 0/],
  ["a pattern with a space in it", "keys create a --models a;b", /--models: write names of models/],
  ["a key that is none of Ollama's", "keys create a --ollama-key ssh-rsa", /--ollama-key: write the content of/],
  ["a name with a colon", "keys create a:b", /error usage: .*NAME: a name is up to 64/],
  ["a name that is an option", "keys create -- -rf", /NAME/],
  ["no name", "keys create", /error usage: NAME is missing/],
  ["an unknown key", "keys revoke nobody", /error no-such-key: there is no key "nobody"/],
  ["an unknown command", "keys creat a", /error usage: .*creat.*create/],
];
for (const [what, line, says] of REFUSED) {
  test(`${what} is refused with a code and what to do, and exits with 64`, async () => {
    const { data, run } = makeData();
    await run("keys create alice");
    const words = line.split(" ");
    const end = words.indexOf("--");
    const argv = end === -1 ? [...words, "--data", data] : words.toSpliced(end, 0, "--data", data);
    const { code, out, err } = await tryCommand(argv);
    assert.deepEqual([code, out], [64, ""]);
    assert.match(err, says);
    assert.match(err, /What to do: /);
    const chinese = await tryCommand(argv, { env: { PORTLOCK_LANG: "zh" } });
    assert.match(chinese.err, /处理方法: /);
    assert.doesNotMatch(chinese.err, /write |it takes|there is/);
  });
}

test("19 a name that is taken is refused with what can be done about it", async () => {
  const { run } = makeData();
  await run("keys create alice");
  const { code, err } = await run("keys create alice");
  assert.equal(code, 64);
  assert.match(err, /error key-name-taken: there is a key named "alice" already\.\n.*revoke alice.*rotate alice/);
});

test("75 a store that others can reach is refused, and a password on the command line too", async () => {
  const { data, run } = makeData();
  assert.match((await run("keys list")).err, /error store-gone: /);
  await run("keys create alice");
  chmodSync(data, 0o755);
  const { code, err } = await run("keys list");
  assert.equal(code, 2);
  assert.match(err, /error store-unsafe-permissions: [^]*mode 0755\n.*chmod 0700/);
  const told = await tryCommand(["keys", "list", "--data", "postgres://me:secret@127.0.0.1/db"]);
  assert.equal(told.code, 64);
  assert.match(told.err, /error data-refused: .*\n.*PGPASSWORD/);
  assert.doesNotMatch(told.err, /secret/);
});

test("usage is a table and bars, and with --plain neither", async () => {
  const { data, run } = makeData();
  await run("keys create alice");
  assert.match((await run("keys usage")).out, /^Nothing was used/);
  const open = await openStore({ kind: "folder", path: data });
  const id = (await open.store.findKey("alice"))?.key.id ?? "";
  const used = (daysAgo: number, model: string, tokens: number, keyId: string = id) => ({
    keyId,
    model,
    at: NOW - daysAgo * 86_400_000,
    requests: 1,
    promptTokens: tokens,
    answerTokens: tokens,
    failed: 0,
  });
  await open.store.addUsage([used(0, "qwen3:8b", 100), used(2, "qwen3:8b", 50), used(2, "", 1), used(9, "old", 1)]);
  await open.store.addUsage([used(1, "llama3.2:latest", 3, "key_gone")]);
  await open.store.close();
  const { out } = await run("keys usage");
  assert.match(out, /^alice {5}qwen3:8b +2 +150 +150 +0$/m);
  assert.match(out, /^alice {5}none +1 +1 +1 +0$/m);
  assert.match(out, /^key_gone {2}llama3\.2:latest +1 +3 +3 +0$/m);
  assert.match(out, /^2026-11-22 {2}200 {2}█{40}$/m);
  assert.match(out, /^2026-11-21 {4}6 {2}█▎$/m);
  assert.match(out, /^2026-11-18 {4}0$/m);
  assert.doesNotMatch(out, /old/);
  const plain = (await run("keys usage alice --since 24h --plain")).out;
  assert.match(plain, /^KEY: alice\nMODEL: qwen3:8b\nREQUESTS: 1$/m);
  assert.match(plain, /^2026-11-22 10:00: 200$/m);
  assert.doesNotMatch(plain, /█|llama/);
  const json = Object(JSON.parse((await run("keys usage --since 30d --json")).out));
  assert.deepEqual([json.schema, json.sums.length, json.hours.length], ["portlock.usage/1", 4, 5]);
});

test("the log tells who did what, and verify exits with 1 where it was spoiled", async () => {
  const { data, run } = makeData();
  await run("keys create alice");
  await run("keys revoke alice", { SUDO_USER: "bob" });
  const list = Object(JSON.parse((await run("gateway log list --json")).out));
  assert.deepEqual(
    list.entries.map(({ number, act, at }: Record<string, unknown>) => [number, act, at]),
    [
      [1, "create", "2026-11-22T10:00:00.000Z"],
      [2, "revoke", "2026-11-22T10:00:00.000Z"],
    ],
  );
  assert.match(list.entries[0].by, /^\S+ \(uid \d+\)$/);
  assert.equal(list.entries[1].by.endsWith(" (uid 0), through sudo from bob"), process.getuid?.() === 0);
  // What a key was not given is not told.
  const shown = (await run("gateway log list --plain")).out;
  assert.match(shown, /"scopes":\["inference"\]/);
  assert.doesNotMatch(shown, /null|requestsPerMinute/);
  assert.match((await run("gateway log list --last 1 --plain")).out, /^NUMBER: 2\n/);
  const sound = await run("gateway log verify");
  assert.equal(sound.code, 0);
  const [, kept = ""] = /keep this: (2:[0-9a-f]{64})\n$/.exec(sound.out) ?? [];
  assert.equal((await run(`gateway log verify --expect ${kept}`)).code, 0);
  const other = await run(`gateway log verify --expect 2:${"0".repeat(64)}`);
  assert.deepEqual([other.code, other.out], [1, "NOT SOUND at entry 2: it is not the entry that was expected.\n"]);
  const file = join(data, "gateway.db");
  const bytes = readFileSync(file);
  bytes.write("REVOKE", bytes.lastIndexOf("revoke"));
  writeFileSync(file, bytes);
  const spoiled = await run("gateway log verify --lang zh-CN");
  assert.equal(spoiled.code, 1);
  assert.match(spoiled.out, /^不完好，问题出在第 2 条：/);
});

test("the commands about keys help in both languages, with examples", async () => {
  for (const name of ["create", "list", "show", "rotate", "revoke", "import", "usage"]) {
    const english = await tryCommand(["keys", name, "--help"]);
    assert.match(english.out, new RegExp(`Examples\n {2}portlock keys ${name}`));
    assert.match(english.out, /^[\n\x20-\x7e]*$/);
    const chinese = await tryCommand(["keys", name, "--help"], { env: { PORTLOCK_LANG: "zh" } });
    assert.match(chinese.out, /示例/);
    assert.doesNotMatch(chinese.out, /Usage|Flags|Examples|unless given/);
  }
});
