import assert from "node:assert/strict";
import test from "node:test";
import { toReport } from "./report.ts";
import { JUDGEMENTS } from "./testing/judgements.ts";
import { EN } from "./words/en.ts";
import { ZH_CN } from "./words/zh-CN.ts";

const setting = { recordedAt: "2026-11-22T10:00:00.000Z", version: "0.1.0" };

test("a report is the judgement with words, findings worst first", () => {
  const report = toReport(JUDGEMENTS.exposed, { ...setting, words: EN });
  assert.equal(report.schema, "portlock.report/1");
  assert.deepEqual(report.tool, { name: "portlock", version: "0.1.0" });
  assert.equal(report.servers, JUDGEMENTS.exposed.servers);
  assert.deepEqual(
    report.findings.map(({ rule, severity }) => [rule, severity]),
    [
      ["open-bind", "critical"],
      ["known-vulnerability", "high"],
      ["setting-without-effect", "medium"],
    ],
  );
  for (const { title, why, fix } of report.findings) assert.ok(title !== "" && why !== "" && fix.text !== "");
});

test("each missing fact says how it can be read", () => {
  const { missing } = toReport(JUDGEMENTS.unknown, { ...setting, words: EN });
  assert.match(missing[0]?.fix ?? "", /sudo portlock audit/);
});

test("root is not told to be root", () => {
  for (const words of [EN, ZH_CN]) {
    const { missing } = toReport({ ...JUDGEMENTS.unknown, reader: { uid: 0 } }, { ...setting, words });
    assert.doesNotMatch(missing[0]?.fix ?? "", /sudo portlock audit/);
  }
});

test("languages differ in words and in nothing else", () => {
  const [english, chinese] = [EN, ZH_CN].map((words) => {
    const report = toReport(JUDGEMENTS.exposed, { ...setting, words });
    const findings = report.findings.map(({ title: _title, why: _why, fix, ...rest }) => ({
      ...rest,
      command: fix.command,
    }));
    return { ...report, missing: [], findings };
  });
  assert.deepEqual(english, chinese);
});
