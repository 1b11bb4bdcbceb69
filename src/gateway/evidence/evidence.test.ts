import assert from "node:assert/strict";
import { mkdtemp, readFile, rename, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import type { UsageEntry } from "../store/store.ts";
import { toAccessLine } from "./access-line.ts";
import { openLogFile, toHandedLog } from "./log-file.ts";
import { openMetrics } from "./metrics.ts";
import type { Served } from "./served.ts";
import { UsageBook } from "./usage-book.ts";

const SERVED: Served = {
  id: "r-1",
  at: Date.UTC(2026, 10, 28, 9, 30),
  peer: "192.0.2.1",
  method: "POST",
  route: "POST /api/chat",
  keyId: "key_a",
  model: "qwen3:latest",
  status: 200,
  code: null,
  ending: "whole",
  tokens: { prompt: 3, answer: 4 },
  occupiesModel: true,
  waitedMs: 0.04,
  firstByteMs: 12.345,
  totalMs: 99.96,
  bodyBytes: 10,
  answerBytes: 20,
};

function unforeseen(error: unknown): never {
  throw error;
}

async function makeFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "portlock-log-"));
  t.after(() => rm(folder, { recursive: true }));
  return folder;
}

test("63 a line of the log is one line of plain text, whatever a name holds", () => {
  const hostile = 'a"\n{"key":"root"}\r\u001b[2J\u2028\u202e\u0000模型';
  const line = toAccessLine({ ...SERVED, model: hostile, method: "X\nY", peer: hostile });
  assert.match(line, /^[\u0020-\u007e]+\n$/);
  assert.equal(JSON.parse(line).model, hostile);
  assert.equal(JSON.parse(line).method, "other");
});

test("a line of the log tells the request and nothing of its content", () => {
  assert.deepEqual(JSON.parse(toAccessLine(SERVED)), {
    at: "2026-11-28T09:30:00.000Z",
    id: "r-1",
    from: "192.0.2.1",
    key: "key_a",
    method: "POST",
    route: "POST /api/chat",
    model: "qwen3:latest",
    status: 200,
    ending: "whole",
    code: null,
    promptTokens: 3,
    answerTokens: 4,
    waitedMs: 0,
    firstByteMs: 12.3,
    totalMs: 100,
    bodyBytes: 10,
    answerBytes: 20,
  });
});

test("a log is its owner's alone, is opened anew when it was moved away, and follows no link", async (t) => {
  const folder = await makeFolder(t);
  const file = join(folder, "access.log");
  const log = await openLogFile(file, unforeseen);
  log.add("one\n");
  await log.flush();
  await rename(file, `${file}.1`);
  log.add("two\n");
  await log.reopen();
  log.add("three\n");
  await log.close();
  assert.equal(await readFile(`${file}.1`, "utf8"), "one\ntwo\n");
  assert.equal(await readFile(file, "utf8"), "three\n");
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  await symlink(file, join(folder, "link.log"));
  await assert.rejects(openLogFile(join(folder, "link.log"), unforeseen));
});

test("72 lines that a full disk does not take are counted, and told once there is room", async () => {
  let isFull = true;
  let text = "";
  const troubles: unknown[] = [];
  const log = toHandedLog(
    (lines) => {
      if (isFull) throw new Error("ENOSPC");
      text += lines;
    },
    (error) => void troubles.push(error),
  );
  for (let round = 0; round < 3; round += 1) {
    log.add("lost\n");
    await log.flush();
  }
  isFull = false;
  log.add("kept\n");
  await log.flush();
  assert.match(text, /^\{"at":"[^"]+","lostLines":3\}\nkept\n$/);
  assert.equal(log.lost, 3);
  assert.equal(troubles.length, 1);
});

test("a log that takes nothing any more holds no memory without end", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const log = toHandedLog(() => promise, unforeseen);
  const line = `${"x".repeat(1023)}\n`;
  for (let count = 0; count < 20_000; count += 1) log.add(line);
  assert.ok(log.lost > 10_000);
  resolve();
  await log.close();
});

test("usage is added up for each key, model and hour, and nothing of it is lost while the store is gone", async () => {
  const written: UsageEntry[] = [];
  let isGone = true;
  const troubles: unknown[] = [];
  const store = {
    addUsage: async (entries: readonly UsageEntry[]) => {
      if (isGone) throw new Error("gone");
      written.push(...entries);
    },
  };
  const book = new UsageBook(store, (error) => void troubles.push(error));
  book.see(SERVED);
  await book.write();
  book.see({ ...SERVED, at: SERVED.at + 1000 });
  book.see({ ...SERVED, status: 404, tokens: null });
  book.see({ ...SERVED, ending: "refused", status: 403 });
  book.see({ ...SERVED, keyId: null });
  isGone = false;
  await book.close();
  const facts = written.map(({ model, requests, promptTokens, answerTokens, failed }) => ({
    model,
    requests,
    promptTokens,
    answerTokens,
    failed,
  }));
  assert.deepEqual(facts, [
    { model: "qwen3:latest", requests: 2, promptTokens: 6, answerTokens: 8, failed: 0 },
    { model: "", requests: 1, promptTokens: 0, answerTokens: 0, failed: 1 },
  ]);
  assert.equal(troubles.length, 1);
});

test("63 metrics have no more labels than they may, however many keys and models there are", async (t) => {
  const state = { connections: 1, connectionsRefused: 0, exchanges: 0, serving: 2, waiting: 3, bodyBytes: 4 };
  const metrics = await openMetrics({ host: "127.0.0.1", port: 0 }, { state: () => state, lostLines: () => 5 });
  t.after(() => metrics.close());
  for (let count = 0; count < 1000; count += 1) {
    metrics.see({ ...SERVED, keyId: `key_${count}`, model: `model"\n${count}` });
    metrics.see({ ...SERVED, model: `unknown-${count}`, status: 404 });
  }
  const answer = await fetch(`http://127.0.0.1:${metrics.port}/metrics`);
  const text = await answer.text();
  assert.match(text, /^portlock_waiting 3$/m);
  assert.match(text, /^portlock_log_lines_lost 5$/m);
  assert.match(text, /key="other"/);
  assert.doesNotMatch(text, /unknown-/);
  assert.ok(text.split("\n").length < 12_000, String(text.split("\n").length));
  assert.ok(text.split("\n").every((line) => line === "" || /^(#|portlock_)/.test(line)));
  assert.equal((await fetch(`http://127.0.0.1:${metrics.port}/`)).status, 404);
});
