import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import { judge } from "../judge/judge.ts";
import { aListener, aLocation, aProxiedHost, aSite } from "../judge/testing/proxied-host.ts";
import type { Proofs, TriedConnection } from "../verify/proofs.ts";
import { toConclusions } from "./proof-lines.ts";
import { toReport } from "./report.ts";
import { toSummary } from "./summary.ts";
import { EN } from "./words/en.ts";

function reportOf(facts: Facts): ReturnType<typeof toReport> {
  return toReport(judge(facts), { recordedAt: "2026-11-28T06:00:00.000Z", version: "0.1.0", words: EN });
}

function conclude(facts: Facts, ...tried: readonly (readonly [port: number, verdict: "open" | "closed"])[]): string {
  const proofs = tried.map(([port, verdict]): TriedConnection => ({
    at: "2026-11-28T06:00:00.000Z",
    server: "ollama-1",
    place: { kind: "namespace", as: "neighbour", source: "192.168.1.20" },
    to: { address: "192.168.1.10", port },
    outcome:
      verdict === "open" ? { kind: "answered", status: 200, isModelServer: true } : { kind: "refused", detail: null },
    verdict,
    expected: verdict,
    agrees: true,
  }));
  const document: Proofs = {
    schema: "portlock.proofs/1",
    tool: { name: "portlock", version: "0.1.0" },
    host: { name: "gpu-1" },
    proofs,
    oldSessions: [],
    survival: [],
    untried: [],
    sites: [],
  };
  return toConclusions({ report: reportOf(facts), proofs: document }, EN).join("\n");
}

test("whoever was served through a proxy is told which, and what makes a right one", () => {
  const said = conclude(aProxiedHost([aSite([aLocation()])]).facts, [80, "open"]);
  assert.match(said, /What is open is nginx \(\/etc\/nginx\/sites-enabled\/ollama:4\)/);
  assert.match(said, /`portlock proxy nginx`/);
});

test("a site that goes by its name was not called, and nothing is said to be closed for that", () => {
  const site = aSite([aLocation()], { names: ["ai.example.com"] });
  const said = conclude(aProxiedHost([site]).facts, [11_434, "closed"]);
  assert.match(said, /Not called.*ai\.example\.com/);
  assert.doesNotMatch(said, /Closed as seen/);
});

test("the first sentence names the ports that are open, and not those that are guarded", () => {
  const guarded = aSite([aLocation({ protections: [{ kind: "bearer" }] })], {
    listeners: [aListener("0.0.0.0", 81)],
  });
  const host = aProxiedHost([aSite([aLocation()]), guarded]).listens("0.0.0.0", 81, { pids: [500, 501] });
  assert.deepEqual(toSummary(reportOf(host.facts)).server?.ports, [80]);
});
