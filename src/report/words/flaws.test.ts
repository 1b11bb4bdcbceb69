import assert from "node:assert/strict";
import test from "node:test";
import type { AdvisoryFinding } from "../../judge/finding.ts";
import { aHost } from "../../judge/testing/a-host.ts";
import { judge } from "../../judge/judge.ts";
import { chooseFlaws, isSeen } from "./flaws.ts";

function flaw(id: string, more: Partial<AdvisoryFinding> = {}): AdvisoryFinding {
  return {
    id,
    aliases: [],
    severity: "medium",
    certain: true,
    summary: { en: `what ${id} does`, "zh-CN": "" },
    fixed: "0.2.0",
    usableFrom: ["neighbour"],
    source: `https://nvd.nist.gov/vuln/detail/${id}`,
    ...more,
  };
}

function many(count: number): AdvisoryFinding[] {
  return Array.from({ length: count }, (_, index) => flaw(`CVE-${index + 1}`));
}

function told(flaws: readonly AdvisoryFinding[]): string[] {
  return chooseFlaws(flaws).places.flatMap(({ groups }) => groups.map(({ ids }) => ids.join(" ")));
}

test("up to five are all told", () => {
  assert.equal(told(many(5)).length, 5);
  assert.deepEqual(chooseFlaws(many(5)).left, []);
});

test("of more, the three worst are told and the others named", () => {
  const flaws = [...many(6), flaw("CVE-9", { severity: "critical" })];
  assert.deepEqual(told(flaws), ["CVE-9", "CVE-1", "CVE-2"]);
  assert.deepEqual(chooseFlaws(flaws).left, ["CVE-3", "CVE-4", "CVE-5", "CVE-6"]);
});

test("what reads alike stands in one line", () => {
  const summary = { en: "a crafted model crashes it", "zh-CN": "" };
  assert.deepEqual(told([flaw("CVE-1", { summary }), flaw("CVE-2"), flaw("CVE-3", { summary })]), [
    "CVE-1 CVE-3",
    "CVE-2",
  ]);
});

test("flaws stand by the places from which they can be used", () => {
  const { places } = chooseFlaws([flaw("CVE-1"), flaw("CVE-2", { usableFrom: ["registry"] }), flaw("CVE-3")]);
  assert.deepEqual(
    places.map(({ usableFrom, groups }) => [usableFrom, groups.map(({ ids }) => ids)]),
    [
      [["neighbour"], [["CVE-1"], ["CVE-3"]]],
      [["registry"], [["CVE-2"]]],
    ],
  );
});

test("of a place whose way in could not be judged nobody says that a flaw can be used from there", () => {
  const denied = { ok: false, why: "denied", from: "nft" } as const;
  const host = aHost().link("eth0", ["192.0.2.5/24"]).ollama("192.0.2.5").with({ firewall: denied });
  const [server = null] = judge(host.facts).servers;
  assert.deepEqual(
    (["neighbour", "host", "registry"] as const).map((place) => isSeen(place, server)),
    [false, true, true],
  );
});
