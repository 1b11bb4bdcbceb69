import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { RouteVerdict } from "../judge/route.ts";
import type { TriedConnection } from "./proofs.ts";
import { holdsClosed } from "./rehearse.ts";

function toProof(address: string, verdict: RouteVerdict): TriedConnection {
  return {
    at: "2026-11-28T06:00:00.000Z",
    server: "ollama-1",
    place: { kind: "namespace", as: "neighbour", source: "198.18.0.2" },
    to: { address, port: 11_434 },
    outcome: { kind: "refused", detail: null },
    verdict,
    expected: "closed",
    agrees: true,
  };
}

describe("what was shut stays shut", () => {
  const cases: readonly (readonly [
    what: string,
    before: readonly TriedConnection[],
    after: readonly TriedConnection[],
    boolean | null,
  ])[] = [
    ["where all doors are shut still", [toProof("10.0.0.1", "closed")], [toProof("10.0.0.1", "closed")], true],
    ["not where one is open", [toProof("10.0.0.1", "closed")], [toProof("10.0.0.1", "open")], false],
    [
      "not known where one was not tried again",
      [toProof("10.0.0.1", "closed"), toProof("10.0.0.2", "closed")],
      [toProof("10.0.0.1", "closed")],
      null,
    ],
    ["not known where nothing was shut", [toProof("10.0.0.1", "open")], [toProof("10.0.0.1", "open")], null],
    [
      "whatever was open before",
      [toProof("10.0.0.1", "closed"), toProof("10.0.0.2", "open")],
      [toProof("10.0.0.1", "closed"), toProof("10.0.0.2", "open")],
      true,
    ],
  ];
  for (const [what, before, after, holds] of cases) {
    test(what, () => assert.equal(holdsClosed(before, after), holds));
  }
});
