import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test, { after, beforeEach } from "node:test";
import { parseRecording } from "../facts/recording.ts";
import { tryCommand } from "./testing/try-command.ts";

const place = mkdtempSync(join(tmpdir(), "portlock-record-"));
const file = join(place, "host.json");
beforeEach(() => rmSync(file, { force: true }));
after(() => rmSync(place, { recursive: true }));

test("this machine is recorded to a file of its user's own, and can be judged from it", async () => {
  const { code, out, err } = await tryCommand(["record", "-o", file]);
  assert.deepEqual([code, err], [0, ""]);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(place), ["host.json"]);
  assert.ok(parseRecording(readFileSync(file, "utf8")).ok);
  assert.match(out, /Secrets were dropped/);
  assert.match(out, /listening sockets?/);
  const [, hint = ""] = /^Judge it with: portlock (.*)$/m.exec(out) ?? [];
  assert.match((await tryCommand(hint.split(" "))).out, /^[A-Z]+: /);
});

test("a file that is there is left as it is, unless --force says otherwise", async () => {
  writeFileSync(file, "mine");
  const refused = await tryCommand(["record", "-o", file]);
  assert.equal(refused.code, 64);
  assert.match(refused.err, /error file-exists: .*\n.*--force/);
  assert.equal(readFileSync(file, "utf8"), "mine");
  const forced = await tryCommand(["record", "-o", file, "--force"]);
  assert.equal(forced.code, 0);
  assert.ok(parseRecording(readFileSync(file, "utf8")).ok);
});

test("- is standard output, and nothing but the recording", async () => {
  const { code, out } = await tryCommand(["record", "-o", "-"]);
  assert.equal(code, 0);
  assert.ok(parseRecording(out).ok);
});

test("a folder that is not there is told, and leaves nothing behind", async () => {
  const { code, err } = await tryCommand(["record", "-o", join(place, "nowhere/host.json")]);
  assert.equal(code, 2);
  assert.match(err, /error file-unwritable/);
  assert.deepEqual(readdirSync(place), []);
});
