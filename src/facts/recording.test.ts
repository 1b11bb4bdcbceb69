import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { openLocalHost } from "../host/local.ts";
import type { Facts } from "./facts.ts";
import { gatherFacts } from "./gather.ts";
import { parseRecording, toRecording } from "./recording.ts";
import { WANTED } from "./wanted.fixture.ts";

const EMPTY: Facts = {
  identity: { ok: false, why: "denied", from: "/proc/self/status" },
  listeners: { ok: false, why: "failed", from: "ss", detail: "no" },
  unseen: {
    processes: null,
    namespaces: [{ namespace: "net:[2]", why: "absent", from: "/proc/9/net/tcp" }],
    holders: 0,
  },
  processes: { ok: true, value: [], from: "/proc" },
  networks: [],
  units: { ok: true, value: [], from: "systemctl show" },
  environmentFiles: [],
  containers: { ok: false, why: "absent", from: "/run/docker.sock" },
  firewall: { ok: true, value: { ruleSets: [], evidence: [] }, from: "nft" },
  answers: [],
  unasked: 0,
  files: [],
};
const ORIGIN = { recordedAt: "2026-11-22T10:00:00.000Z", target: "localhost", version: "0.1.0" };
const TEXT = JSON.stringify(toRecording(EMPTY, ORIGIN));

function codeOf(text: string): string {
  const parsed = parseRecording(text);
  return parsed.ok ? "ok" : parsed.code;
}

test("this machine, recorded and read back, is the same facts", async () => {
  const host = openLocalHost();
  const recording = toRecording(await gatherFacts(host, WANTED, () => {}), ORIGIN);
  await host.close();
  const parsed = parseRecording(JSON.stringify(recording));
  assert.deepEqual(parsed, { ok: true, recording });
});

const FAULTS: readonly (readonly [string, string, string])[] = [
  ["nothing", "", "not-json"],
  ["a text", "# notes", "not-json"],
  ["a recording cut off by a full disk", TEXT.slice(0, -20), "not-json"],
  ["a number", "7", "not-a-recording"],
  ["another document", '{"schema":"portlock.report/1"}', "not-a-recording"],
  ["a newer recording", TEXT.replace("recording/1", "recording/2"), "newer-schema"],
  ["a recording of an unknown old schema", TEXT.replace("recording/1", "recording/0"), "damaged"],
  ["a recording without a fact", TEXT.replace('"unasked":0,', ""), "damaged"],
  ["a recording with a fact that is none", TEXT.replace('"unasked":0', '"unasked":"0"'), "damaged"],
  ["a recording with something more", TEXT.replace('"unasked":0', '"unasked":0,"more":1'), "damaged"],
  ["a reading that both failed and did not", TEXT.replace('"ok":false', '"ok":true'), "damaged"],
  ["a date that is none", TEXT.replace("2026-11-22T10:00:00.000Z", "yesterday"), "damaged"],
  ["brackets without end", "[".repeat(5_000_000), "damaged"],
  ["members without end", `[${"0,".repeat(4_500_000)}0]`, "damaged"],
  ["more than can be read", " ".repeat(64 * 1024 * 1024 + 1), "too-large"],
];
for (const [what, text, code] of FAULTS) {
  test(`${what} is refused as ${code}`, () => assert.equal(codeOf(text), code));
}

test("the place of the damage is named", () => {
  const parsed = parseRecording(TEXT.replace('"unasked":0', '"unasked":"0"'));
  assert.match(parsed.ok ? "" : parsed.detail, /^facts\.unasked: /);
});

test("of a file that is none nothing is told, whatever it holds", () => {
  const parsed = parseRecording("s3cret token of another program");
  assert.deepEqual(parsed, { ok: false, code: "not-json", detail: "not valid JSON" });
});

test("brackets and commas in a text are no structure", () => {
  const target = '{[,"\\'.repeat(50);
  const text = JSON.stringify(toRecording(EMPTY, { ...ORIGIN, target }));
  assert.equal(codeOf(text), "ok");
});

test("a recording with a hole or junk anywhere never throws", () => {
  fc.assert(
    fc.property(fc.nat({ max: TEXT.length }), fc.nat({ max: 30 }), fc.string(), (at, length, junk) => {
      parseRecording(TEXT.slice(0, at) + junk + TEXT.slice(at + length));
    }),
  );
  fc.assert(fc.property(fc.json(), (json) => void parseRecording(json)));
});
