import assert from "node:assert/strict";
import test from "node:test";
import { toReport, type Judgement } from "../report/report.ts";
import { JUDGEMENTS } from "../report/testing/judgements.ts";
import { EN } from "../report/words/en.ts";
import type { AskedSite, Learned, TriedConnection, TriedSite, UploadedSite } from "../verify/proofs.ts";
import { toExitCode, toVerifiedCode, toWorst, type ExitCode, type FailOn } from "./exit-code.ts";

type Name = keyof typeof JUDGEMENTS;

function judge(judgement: Judgement, failOn: FailOn): ExitCode {
  return toExitCode(toReport(judgement, { recordedAt: "", version: "", words: EN }), failOn);
}

const MEDIUM: Judgement = {
  ...JUDGEMENTS.local,
  findings: JUDGEMENTS.exposed.findings.filter(({ severity }) => severity === "medium"),
};

const CASES: readonly (readonly [name: Name, failOn: FailOn, code: ExitCode])[] = [
  ["exposed", "critical", 1],
  ["exposed", "high", 1],
  ["exposed", "never", 0],
  ["local", "low", 0],
  ["guarded", "low", 0],
  ["none", "low", 0],
  ["unknown", "high", 2],
  ["unknown", "never", 2],
  ["unseen", "high", 2],
];
for (const [name, failOn, code] of CASES) {
  test(`${name} with --fail-on ${failOn} exits with ${code}`, () =>
    assert.equal(judge(JUDGEMENTS[name], failOn), code));
}

test("a finding fails from its own severity on", () => {
  assert.deepEqual(
    (["critical", "high", "medium", "low", "never"] as const).map((failOn) => judge(MEDIUM, failOn)),
    [0, 0, 1, 1, 0],
  );
});

test("an exposed server fails although no rule found words for it", () => {
  assert.equal(judge({ ...JUDGEMENTS.exposed, findings: [] }, "high"), 1);
});

test("an unknown server beside an exposed one does not hide it", () => {
  const servers = [...JUDGEMENTS.exposed.servers, ...JUDGEMENTS.unknown.servers];
  assert.equal(judge({ ...JUDGEMENTS.exposed, servers }, "high"), 1);
  assert.equal(judge({ ...JUDGEMENTS.exposed, servers }, "never"), 2);
});

function verified(
  name: Name,
  proof: Partial<TriedConnection>,
  isSettled: boolean,
  sites: readonly TriedSite[] = [],
): ExitCode {
  const report = toReport(JUDGEMENTS[name], { recordedAt: "", version: "", words: EN });
  const tried: TriedConnection = {
    at: "",
    server: "ollama-1",
    place: { kind: "namespace", as: "neighbour", source: "198.18.0.2" },
    to: { address: "10.0.0.1", port: 11_434 },
    outcome: { kind: "timeout", detail: null },
    verdict: "closed",
    expected: "closed",
    agrees: true,
    ...proof,
  };
  const head = { schema: "portlock.proofs/1", tool: { name: "portlock", version: "" }, host: { name: "" } } as const;
  const proofs = { ...head, proofs: [tried], oldSessions: [], survival: [], sites, untried: [] };
  return toVerifiedCode({ report, proofs }, isSettled ? [] : report.servers, "never");
}

/** A site of which only that was learned. */
function through(
  generation: Pick<AskedSite, "passesAtOnce" | "stopsWithClient">,
  upload: Pick<UploadedSite, "passes" | "inConstantMemory">,
): readonly TriedSite[] {
  const asked: AskedSite = { model: "llama3.2:3b", firstAfter: null, moments: null, ...generation };
  const uploaded: UploadedSite = { bytes: 1, arrived: 1, seconds: 1, grownMiB: 1, ...upload };
  const to = { address: "127.0.0.1", port: 8443 };
  return [{ proxy: "nginx", file: "/site", to, tries: [], refusedAfter: null, asked, uploaded, isCut: false }];
}

test("a stream or an upload that is held back is not as expected, and one that is not known contradicts nothing", () => {
  const unknown = { holds: null, why: "too-short", detail: null } as const;
  const [yes, no] = [{ holds: true }, { holds: false }];
  const code = (passesAtOnce: Learned, stopsWithClient: Learned, passes: Learned, inConstantMemory: Learned) =>
    verified("local", {}, true, through({ passesAtOnce, stopsWithClient }, { passes, inConstantMemory }));
  assert.equal(code(yes, yes, yes, yes), 0);
  assert.equal(code(unknown, unknown, unknown, unknown), 0);
  assert.equal(code(no, unknown, yes, yes), 1);
  assert.equal(code(yes, no, yes, yes), 1);
  assert.equal(code(yes, yes, no, unknown), 1);
  assert.equal(code(yes, yes, yes, no), 1);
});

test("a connection has the last word", () => {
  assert.equal(verified("local", {}, true), 0);
  assert.equal(verified("local", { verdict: "open", agrees: false }, true), 1);
  assert.equal(verified("unknown", { verdict: "open", expected: "unknown" }, true), 1);
  assert.equal(verified("unknown", {}, false), 2);
  assert.equal(verified("local", { place: { kind: "host" }, expected: "open", agrees: false }, true), 1);
  assert.equal(verified("exposed", { verdict: "open", expected: "open" }, true), 0);
});

test("what could not be read is not settled by a connection", () => {
  assert.ok(JUDGEMENTS.unseen.missing.length > 0);
  assert.equal(verified("unseen", {}, true), 2);
});

test("of several hosts the worst counts, and what is known to be open is worse than what is unknown", () => {
  assert.equal(toWorst([]), 0);
  assert.equal(toWorst([0, 2, 0]), 2);
  assert.equal(toWorst([2, 1, 0]), 1);
  assert.equal(toWorst([1, 64]), 64);
});
