import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { readSaved, toEntry } from "./judged.fixture.ts";
import { walkPacket, type WalkStep } from "./walk.ts";

function tell(step: WalkStep): string {
  switch (step.kind) {
    case "chain":
      return `chain ${step.at.table.name} ${step.at.baseChain}`;
    case "rule":
      return `${"  ".repeat(step.depth)}${step.at.chain}: ${step.does}`;
    case "policy":
      return `policy ${step.at.base.policy}`;
    case "routing":
      return `routing: ${step.to}${step.outInterface === null ? "" : ` by ${step.outInterface}`}`;
  }
}

const UFW = readSaved(readFileSync(new URL("saved/ufw.ipv4.txt", import.meta.url), "utf8"));

test("the walk of a neighbour through ufw names the rule that lets it in", () => {
  const walk = walkPacket([UFW], toEntry(), "10.77.0.66");
  assert.deepEqual(walk?.steps.map(tell), [
    "routing: input",
    "chain filter INPUT",
    "INPUT: jump",
    "INPUT: jump",
    "  ufw-before-input: jump",
    "    ufw-not-local: return",
    "  ufw-before-input: jump",
    "    ufw-user-input: accept",
  ]);
  assert.equal(walk?.verdict.kind, "admitted");
});

test("the walk of a stranger ends at the policy", () => {
  const walk = walkPacket([UFW], toEntry(), "203.0.113.9");
  assert.equal(walk?.steps.map(tell).at(-1), "policy drop");
  assert.equal(walk?.verdict.kind, "stopped");
});

test("a rule that may match is told, and the walk goes on", () => {
  const text = "*filter\n:INPUT DROP [0:0]\n-A INPUT -m limit --limit 3/min -j ACCEPT\nCOMMIT\n";
  const walk = walkPacket([readSaved(text)], toEntry(), "203.0.113.9");
  assert.deepEqual(walk?.steps.map(tell).slice(1), ["chain filter INPUT", "INPUT: may-match", "policy drop"]);
  assert.equal(walk?.verdict.kind, "undecidable");
});

test("a published port: new destination, then forward", () => {
  const text =
    "*nat\n:PREROUTING ACCEPT [0:0]\n-A PREROUTING -p tcp -m tcp --dport 11434 -j DNAT --to-destination 172.17.0.2:11434\nCOMMIT\n" +
    "*filter\n:INPUT DROP [0:0]\n:FORWARD ACCEPT [0:0]\nCOMMIT\n";
  const walk = walkPacket([readSaved(text)], toEntry(), "203.0.113.9");
  assert.deepEqual(walk?.steps.map(tell), [
    "chain nat PREROUTING",
    "PREROUTING: rewritten",
    "routing: forward by docker0",
    "chain filter FORWARD",
    "policy accept",
  ]);
});

for (const source of ["", "2001:db8::1", "10.0.0", "10.0.0.0/8"]) {
  test(`'${source}' is no source of an IPv4 packet`, () => assert.equal(walkPacket([UFW], toEntry(), source), null));
}

test("a walk in a circle ends", () => {
  const loop = "*filter\n:INPUT DROP [0:0]\n:A - [0:0]\n-A INPUT -j A\n-A A -j A\n-A A -j A\nCOMMIT\n";
  assert.equal(walkPacket([readSaved(loop)], toEntry(), "10.0.0.1")?.verdict.kind, "undecidable");
});
