import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { valid } from "semver";
import { judgeAdvisories, type Advisory, type AdvisoryState } from "./advisories.ts";
import { ADVISORIES } from "./advisory-list.ts";

function stateOf(id: string, version: string | null): AdvisoryState | undefined {
  return judgeAdvisories(version).find(({ advisory }) => advisory.id === id)?.state;
}

const CASES: readonly (readonly [id: string, version: string, state: AdvisoryState])[] = [
  ["CVE-2024-37032", "0.1.33", "affected"],
  ["CVE-2024-37032", "0.1.34", "not-affected"],
  ["CVE-2024-37032", "0.1.34-rc1", "affected"],
  ["CVE-2024-28224", "0.1.9", "affected"],
  ["CVE-2026-7482", "0.17.0", "affected"],
  ["CVE-2026-7482", "0.17.1-rc2", "affected"],
  ["CVE-2026-7482", "0.17.1", "not-affected"],
  ["CVE-2026-7482", "0.33.0-rc2", "not-affected"],
  ["CVE-2025-51471", "0.9.7", "affected"],
  ["CVE-2025-51471", "0.14.3+debian1", "not-affected"],
  ["CVE-2025-15514", "0.11.4", "not-affected"],
  ["CVE-2025-15514", "0.11.5-rc0", "affected"],
  ["CVE-2025-15514", "0.24.0", "affected"],
  ["CVE-2024-8063", "0.3.3", "affected"],
  ["CVE-2024-8063", "0.5.0", "unknown"],
  ["CVE-2024-8063", "0.6.1", "not-affected"],
  ["CVE-2026-5757", "0.33.0", "unknown"],
  ["CVE-2025-63389", "0.33.0", "affected"],
  ["CVE-2026-7020", "99.0.0", "affected"],
];

describe("which advisories a version has", () => {
  for (const [id, version, state] of CASES) {
    test(`${version} and ${id}: ${state}`, () => assert.equal(stateOf(id, version), state));
  }

  for (const version of [null, "", "latest", "0.3", "v", "0.1.2.3"]) {
    test(`the version ${JSON.stringify(version)} matches nothing`, () => {
      assert.deepEqual([...new Set(judgeAdvisories(version).map(({ state }) => state))], ["unknown"]);
    });
  }

  test("the newest release read has what nobody mended, and nothing else", () => {
    const affected = judgeAdvisories("0.33.0").filter(({ state }) => state === "affected");
    assert.deepEqual(
      affected.map(({ advisory }) => advisory.id),
      ["CVE-2024-12886", "CVE-2026-7020", "CVE-2026-5530", "CVE-2025-63389"],
    );
  });

  test("a newer version never has a mended flaw back", () => {
    const version = fc.tuple(fc.nat(1), fc.nat(40), fc.nat(60)).map((parts) => parts.join("."));
    const order: readonly AdvisoryState[] = ["affected", "unknown", "not-affected"];
    fc.assert(
      fc.property(version, fc.constantFrom(...ADVISORIES), (older, advisory) => {
        const [major = 0, minor = 0, patch = 0] = older.split(".").map(Number);
        const [before] = judgeAdvisories(older, [advisory]);
        const [after] = judgeAdvisories(`${major}.${minor}.${patch + 1}`, [advisory]);
        if (before === undefined || after === undefined || advisory.introduced !== "0") return;
        assert.ok(order.indexOf(after.state) >= order.indexOf(before.state));
      }),
    );
  });
});

describe("the list of advisories", () => {
  for (const advisory of ADVISORIES) test(advisory.id, () => checkEntry(advisory));

  test("each id once, nothing that does not concern a Linux server", () => {
    const ids = ADVISORIES.flatMap(({ id, aliases }) => [id, ...aliases]);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(!ids.includes("CVE-2026-42248") && !ids.includes("CVE-2026-42249"));
    assert.ok(!ADVISORIES.some(({ id }) => id === "CVE-2024-7773"));
  });
});

function checkEntry(advisory: Advisory): void {
  const { summary, introduced, fixed, doubtfulFrom, means, source } = advisory;
  assert.match(summary["zh-CN"], /\p{Script=Han}/u);
  assert.doesNotMatch(summary.en, /[.。]$|\p{Script=Han}/u);
  assert.ok(means.length > 0);
  assert.match(source, /^https:\/\/(?:nvd\.nist\.gov|github\.com)\//);
  assert.ok(introduced === "0" || valid(introduced) === introduced);
  if (fixed === null) assert.ok(advisory.unfixed !== undefined);
  else assert.ok(valid(fixed) === fixed && advisory.unfixed === undefined);
  if (doubtfulFrom !== undefined) assert.equal(valid(doubtfulFrom), doubtfulFrom);
}
