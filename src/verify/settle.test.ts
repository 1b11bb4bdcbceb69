import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import { judge } from "../judge/judge.ts";
import type { RouteVerdict } from "../judge/route.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";
import type { Place, TriedConnection } from "./proofs.ts";
import { listUnsettled } from "./settle.ts";

const PLACES: readonly Place[] = [
  { kind: "namespace", as: "neighbour", source: "198.18.0.2" },
  { kind: "namespace", as: "stranger", source: "198.18.1.129" },
];
const ADDRESSES = ["10.77.0.10", "2001:db8:77::10"];

function tryAll(verdict: RouteVerdict, more: Partial<TriedConnection> = {}): readonly TriedConnection[] {
  return PLACES.flatMap((place) =>
    ADDRESSES.map((address) => ({
      at: "2026-11-28T06:00:00.000Z",
      server: "ollama-1",
      place,
      to: { address, port: 11_434 },
      outcome: { kind: "timeout" as const, detail: null },
      verdict,
      expected: "unknown" as const,
      agrees: true,
      ...more,
    })),
  );
}

function lettingIn(network: string): Facts {
  const facts = readRecordedHost("ip-filter-that-blocks");
  assert.ok(facts.units.ok);
  const units = facts.units.value.map((unit) =>
    unit.loaded.ok
      ? { ...unit, loaded: { ...unit.loaded, value: { ...unit.loaded.value, ipAddressAllow: [network] } } }
      : unit,
  );
  return { ...facts, units: { ...facts.units, value: units } };
}

describe("a verdict that only a connection can tell", () => {
  const blocked = readRecordedHost("ip-filter-that-blocks");
  const cases: readonly (readonly [what: string, facts: Facts, proofs: readonly TriedConnection[], left: number])[] = [
    ["is settled where every place was turned away", blocked, tryAll("closed"), 0],
    ["stays unknown where nobody tried", blocked, [], 1],
    [
      "stays unknown where one family was not tried",
      blocked,
      tryAll("closed").filter(({ to }) => !to.address.includes(":")),
      1,
    ],
    ["stays unknown where the stranger did not try", blocked, tryAll("closed").slice(0, 2), 1],
    ["stays unknown where a try came to nothing", blocked, tryAll("unknown"), 1],
    ["is not settled by the host's own connections", blocked, tryAll("closed", { place: { kind: "host" } }), 1],
    ["is not settled where the filter has exceptions", lettingIn("10.77.0.5/32"), tryAll("closed"), 1],
    ["is settled where only loopback is an exception", lettingIn("127.0.0.0/8"), tryAll("closed"), 0],
    ["stays unknown where rules are in doubt", readRecordedHost("ufw-limit"), tryAll("closed"), 1],
    ["stays unknown where rules were not read", readRecordedHost("open-audited-by-nobody"), tryAll("closed"), 1],
  ];
  for (const [what, facts, proofs, left] of cases) {
    test(what, () => assert.equal(listUnsettled(facts, judge(facts).servers, proofs).length, left));
  }
});
