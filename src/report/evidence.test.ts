import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { judge } from "../judge/judge.ts";
import { foretell } from "../judge/survival.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";
import type { Proofs, TriedSite } from "../verify/proofs.ts";
import { formatEvidence } from "./evidence.ts";
import type { Verified } from "./proof-lines.ts";
import { formatProofs } from "./proofs.ts";
import { toReport } from "./report.ts";
import { EN } from "./words/en.ts";
import { ZH_CN } from "./words/zh-CN.ts";
import { toOwnCommand } from "./own-command.ts";

const HOSTILE = "\u001b[31m|\n# gone <script>[x](http://evil.example)\u202e`";
const AT = "2026-11-28T06:00:00.000Z";

function verified(hostile: string, verdict: "closed" | "open"): Verified {
  const facts = readRecordedHost("ufw-active");
  const judgement = judge(facts);
  const report = toReport(
    { ...judgement, host: { ...judgement.host, name: hostile } },
    { recordedAt: AT, version: "0.1.0", words: EN },
  );
  const proofs: Proofs = {
    schema: "portlock.proofs/1",
    tool: { name: "portlock", version: "0.1.0" },
    host: { name: hostile },
    proofs: [
      {
        at: AT,
        server: "ollama-1",
        place: { kind: "host" },
        to: { address: "127.0.0.1", port: 11_434 },
        outcome: { kind: "answered", status: 200, isModelServer: true },
        verdict: "open",
        expected: "open",
        agrees: true,
      },
      {
        at: AT,
        server: "ollama-1",
        place: { kind: "ssh", target: `ssh://${hostile}` },
        to: { address: "10.77.0.10", port: 11_434 },
        outcome:
          verdict === "open"
            ? { kind: "answered", status: 200, isModelServer: true }
            : { kind: "refused", detail: null },
        verdict,
        expected: "closed",
        agrees: verdict === "closed",
      },
    ],
    oldSessions: [{ server: "ollama-1", local: "10.77.0.10:11434", remote: hostile, cut: false }],
    survival: foretell(facts, judgement),
    sites: [toSite(hostile)],
    untried: [{ place: null, why: "no-namespace", detail: hostile }],
  };
  return { report, proofs };
}

/** A site that lets a stranger through at one path. */
function toSite(hostile: string): TriedSite {
  const at = "2026-11-22T10:00:00.000Z";
  const shown = { at, shown: "nothing", method: "GET", expected: "refused-as-stranger" } as const;
  const answered = (status: number) => ({ kind: "answered", status, isModelServer: false }) as const;
  return {
    proxy: "nginx",
    file: hostile,
    to: { address: "127.0.0.1", port: 8443 },
    tries: [
      { ...shown, path: "/api/tags", outcome: answered(401), agrees: true },
      { ...shown, path: hostile, outcome: answered(200), agrees: false },
    ],
    refusedAfter: { unknownName: 1, knownName: 3.5 },
    asked: {
      model: hostile,
      firstAfter: { direct: 10, site: 11.5 },
      moments: { direct: 33, site: 2 },
      passesAtOnce: { holds: false },
      stopsWithClient: { holds: null, why: "site-not-answering", detail: hostile },
    },
    uploaded: {
      bytes: 2 ** 31,
      arrived: 0,
      seconds: null,
      grownMiB: null,
      passes: { holds: null, why: "site-not-answering", detail: hostile },
      inConstantMemory: { holds: null, why: "not-passed", detail: hostile },
    },
    isCut: true,
  };
}

describe("the evidence for a ticket", () => {
  for (const words of [EN, ZH_CN]) {
    test(`holds hostile text that can neither draw nor link (${words.language})`, () => {
      const text = formatEvidence({ ...verified(HOSTILE, "closed"), journal: null }, words, toOwnCommand("localhost"));
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
      assert.doesNotMatch(text, /<script|[^\\]\[x\]|[^\\]:\/\/|\n# gone/);
      // A table row is a row: each has as many cells as its head.
      const rows = text.split("\n").filter((line) => line.startsWith("| "));
      const counts = rows.map((row) => row.replaceAll("\\|", "").split("|").length);
      assert.deepEqual(
        [...new Set(counts)].toSorted((one, other) => one - other),
        [6, 8],
      );
    });
  }

  test("says closed only where connections were turned away", () => {
    const closed = formatEvidence({ ...verified("gpu-1", "closed"), journal: null }, EN, toOwnCommand("localhost"));
    assert.match(closed, /Closed as seen from .*the one new connection was turned away/);
    const open = formatEvidence({ ...verified("gpu-1", "open"), journal: null }, EN, toOwnCommand("localhost"));
    assert.doesNotMatch(open, /Closed as seen/);
    assert.match(open, /OPEN as seen from .*: a new connection was served without a credential/);
    const { report, proofs } = verified("gpu-1", "closed");
    const alone = { ...proofs, proofs: proofs.proofs.filter(({ place }) => place.kind === "host") };
    const text = formatEvidence({ report, proofs: alone, journal: null }, EN, toOwnCommand("localhost"));
    assert.doesNotMatch(text, /Closed as seen/);
    assert.match(text, /No connection from outside was tried/);
  });
});

test("a guest whose own interface no rule names is not called the world", () => {
  const { report, proofs } = verified("gpu-1", "open");
  const place = { kind: "namespace", as: "stranger", source: "198.18.1.129" } as const;
  const guests = proofs.proofs.flatMap((each) =>
    each.place.kind === "host" ? [] : [{ ...each, place, expected: "open" as const, agrees: true }],
  );
  const text = formatEvidence(
    { report, proofs: { ...proofs, proofs: guests }, journal: null },
    EN,
    toOwnCommand("localhost"),
  );
  assert.doesNotMatch(text, /OPEN as seen from|Closed as seen from/);
  assert.match(text, /by the interface made for the trial, as the rules say: 1/);
});

describe("the proofs on a terminal", () => {
  for (const linear of [true, false]) {
    test(`say where what was seen parts from what was expected${linear ? ", line by line" : ""}`, () => {
      const text = formatProofs(verified(HOSTILE, "open"), {
        words: EN,
        width: 200,
        colour: false,
        linear,
        own: toOwnCommand("ssh://gpu-1"),
      });
      assert.match(text, /closed.*OPEN \(HTTP 200\) NOT AS EXPECTED/);
      assert.match(text, /2 connections tried; 1 not as expected/);
      assert.match(text, /NOT AS EXPECTED: a stream is held back/);
      assert.match(text, /whether a client that leaves stops the generation is not known: the site did not let it/);
      assert.match(text, /portlock verify --cut-sessions --host ssh:\/\/gpu-1/);
      assert.doesNotMatch(text, /[\u0000-\u0009\u000b-\u001f\u202e]/);
    });
  }
});
