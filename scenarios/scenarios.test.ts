/**
 * Recorded hosts, each with its whole report: what a change does to them is in the diff.
 *
 *   sh scripts/node.sh scenarios/scenarios.test.ts --update     writes the reports anew; review the diff
 *   sh scripts/node.sh lab/record-scenarios.ts                  records the hosts anew (root)
 */
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import test from "node:test";
import { parseRecording } from "../src/facts/recording.ts";
import type { RuleId } from "../src/judge/finding.ts";
import { judge } from "../src/judge/judge.ts";
import { toJson } from "../src/report/json.ts";
import { toReport } from "../src/report/report.ts";
import { formatReport } from "../src/report/text.ts";
import { EN } from "../src/report/words/en.ts";
import { ZH_CN } from "../src/report/words/zh-CN.ts";
import { toOwnCommand } from "../src/report/own-command.ts";

/** Rules that say why a way in is open, and how to close it. */
const CAUSES: readonly RuleId[] = [
  "open-bind",
  "published-port-open",
  "container-address-open",
  "open-to-containers",
  "forwarded-port-open",
  "reached-from-other-interface",
  "loopback-routed-in",
];

/** The version stands in the report document; a release must not change every scenario. */
const VERSION = "scenario";
const WIDTH = 100;
const update = process.argv.includes("--update");

const hosts = readdirSync(import.meta.dirname, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

/** Everything a user can be shown of one recording, by file name. */
function toReports(recordingText: string): Readonly<Record<string, string>> {
  const parsed = parseRecording(recordingText);
  assert.ok(parsed.ok, "not a recording");
  const { facts, recordedAt } = parsed.recording;
  const judgement = judge(facts);
  const layout = { width: WIDTH, colour: false, linear: false, own: toOwnCommand("localhost") };
  const english = toReport(judgement, { recordedAt, version: VERSION, words: EN });
  const chinese = toReport(judgement, { recordedAt, version: VERSION, words: ZH_CN });
  return {
    "report.json": toJson(english),
    "report.en.txt": formatReport(english, { ...layout, words: EN }),
    "report.zh-CN.txt": formatReport(chinese, { ...layout, words: ZH_CN }),
  };
}

test("there are enough of them", () => {
  assert.ok(hosts.length >= 25, `${hosts.length} recorded hosts`);
});

for (const host of hosts) {
  test(`every way in that is open on ${host} is told by a finding`, () => {
    const parsed = parseRecording(readFileSync(join(import.meta.dirname, host, "recording.json"), "utf8"));
    assert.ok(parsed.ok, "not a recording");
    const { servers, findings } = judge(parsed.recording.facts);
    const told = findings.filter(({ rule }) => CAUSES.includes(rule));
    for (const server of servers) {
      const known = new Set(told.filter((each) => each.server === server.id).flatMap(({ routes }) => routes));
      const untold = server.routes.filter(
        ({ from, verdict }, index) =>
          verdict === "open" && from.vantage !== "host" && from.vantage !== "browser" && !known.has(index),
      );
      assert.deepEqual(untold, [], server.id);
    }
  });

  test(`the recorded host ${host} reads as before`, () => {
    const folder = join(import.meta.dirname, host);
    const reports = toReports(readFileSync(join(folder, "recording.json"), "utf8"));
    for (const [name, text] of Object.entries(reports)) {
      if (update) writeFileSync(join(folder, name), text);
      assert.equal(text, readFileSync(join(folder, name), "utf8"), `${host}/${name}`);
    }
  });
}
