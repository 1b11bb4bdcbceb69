import assert from "node:assert/strict";
import test from "node:test";
import type { Facts } from "../facts/facts.ts";
import { formatReport } from "../report/text.ts";
import { toReport } from "../report/report.ts";
import { EN } from "../report/words/en.ts";
import { judge } from "./judge.ts";
import { aHost } from "./testing/a-host.ts";
import { toOwnCommand } from "../report/own-command.ts";

/** The server's process holds this many sockets more, on loopback or on every address. */
function withSockets(facts: Facts, count: number, address: string): Facts {
  assert.ok(facts.listeners.ok);
  const [first] = facts.listeners.value;
  assert.ok(first !== undefined);
  const more = Array.from({ length: count }, (_, index) => ({ ...first, address, port: 20_000 + index, inode: null }));
  return { ...facts, listeners: { ...facts.listeners, value: [...more, ...facts.listeners.value] } };
}

test("of a server with twenty thousand sockets the weighty ones are judged, and the rest is told", () => {
  const judgement = judge(withSockets(aHost().ollama("0.0.0.0").facts, 20_000, "127.0.0.1"));
  const [server] = judgement.servers;
  assert.equal(server?.verdict, "exposed");
  assert.ok(server.routes.some((route) => route.verdict === "open" && route.entry.port === 11_434));
  assert.deepEqual(
    judgement.missing.filter(({ fact }) => fact === "listeners").map(({ why, detail }) => [why, detail]),
    [["too-large", "19969"]],
  );
  const report = toReport(judgement, { recordedAt: "2026-11-22T10:00:00.000Z", version: "0.1.0", words: EN });
  const text = formatReport(report, {
    words: EN,
    width: 80,
    colour: false,
    linear: false,
    own: toOwnCommand("localhost"),
  });
  assert.match(text, /^EXPOSED/);
});

test("what was not judged is never local", () => {
  const host = aHost().ollama("127.0.0.1").facts;
  assert.equal(judge(withSockets(host, 30, "127.0.0.1")).verdict, "local");
  assert.equal(judge(withSockets(host, 32, "127.0.0.1")).verdict, "unknown");
});
