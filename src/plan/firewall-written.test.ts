/** What is written for a firewall is read again as what it is, by facts that know only what lies on the host. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherOwnRules, type OwnRules } from "../facts/own-rules.ts";
import { openWrittenHost } from "../facts/written-host.fixture.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";
import { judge } from "../judge/judge.ts";
import { DEFAULT_CHOICES } from "./choices.ts";
import { planFirewall } from "./firewall.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Step } from "./plan.ts";

function planOn(id: string, allow: readonly string[]): readonly Step[] {
  const facts = readRecordedHost(id);
  const input: PlanInput = {
    facts,
    judgement: judge(facts),
    choices: { ...DEFAULT_CHOICES, firewall: "auto", allow },
    texts: new Map(),
    inspected: new Map(),
    operators: [],
  };
  const asked = planFirewall(input);
  assert.ok(asked.kind === "needs-files");
  const planned = planFirewall({ ...input, texts: new Map(asked.paths.map((path) => [path, null])) });
  assert.ok(planned.kind === "steps", JSON.stringify(planned));
  return planned.steps;
}

/** The host as it is when the steps are done. */
async function readWritten(steps: readonly Step[]): Promise<readonly OwnRules[]> {
  const files = steps
    .flatMap((step) => step.files)
    .flatMap(({ path, edit }) => (edit.kind === "write" ? [[path, edit.text]] : []));
  const links = steps.flatMap((step) => step.keeps ?? []).map((path) => [path, "/etc/systemd/system/x.service"]);
  const host = openWrittenHost({ files: Object.fromEntries(files), links: Object.fromEntries(links) });
  const read = await gatherOwnRules(host);
  assert.ok(read.ok);
  return read.value;
}

test("a table of Portlock's own, with sources that are allowed", async () => {
  const [own, ...others] = await readWritten(planOn("all-addresses", ["10.77.0.0/24", "192.0.2.7", "fd00:77::10"]));
  assert.deepEqual(others, []);
  assert.equal(own?.unit, "portlock-firewall-11434.service");
  assert.ok(own.startedBy !== null && own.loadedAgain !== null && own.startsAfter.includes("nftables.service"));
  assert.deepEqual(
    own.rules.ok ? own.rules.value.map(({ table, chain, text }) => `${table} ${chain}: ${text}`) : own.rules,
    [
      'inet portlock_11434 input: iifname "lo" accept',
      "inet portlock_11434 input: ct state established,related accept",
      "inet portlock_11434 input: ip saddr { 10.77.0.0/24, 192.0.2.7 } tcp dport 11434 accept",
      "inet portlock_11434 input: ip6 saddr { fd00:77::10 } tcp dport 11434 accept",
      "inet portlock_11434 input: tcp dport 11434 drop",
    ],
  );
});

test("a chain of its own behind DOCKER-USER, and a table for what Docker's helper carries in", async () => {
  const read = await readWritten(planOn("docker-published", ["10.77.0.20"]));
  const units = read.map(({ unit }) => unit).toSorted();
  assert.deepEqual(units, ["portlock-docker-user-11434.service", "portlock-firewall-11434.service"]);
  const docker = read.find(({ unit }) => unit.startsWith("portlock-docker-user-"));
  assert.ok(docker?.rules.ok === true && docker.startedBy !== null && docker.loadedAgain === null);
  const lines = docker.rules.value.map(({ table, chain, text }) => `${table} ${chain}: ${text}`);
  assert.ok(lines.includes("ip filter DOCKER-USER: -j PORTLOCK-11434"), lines.join("\n"));
  assert.ok(lines.some((line) => line.startsWith("ip filter PORTLOCK-11434: -s 10.77.0.20")));
});
