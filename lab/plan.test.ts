/**
 * No plan that closes nothing: on real hosts the steps of a plan are done one after the other, a new audit must find
 * the server on loopback and other machines must be refused, the service must still answer; taken back, every file
 * and the report must be what they were.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Facts } from "../src/facts/facts.ts";
import { parseRecording } from "../src/facts/recording.ts";
import type { ChangeCommand } from "../src/host/change-command.ts";
import { judge } from "../src/judge/judge.ts";
import { type Choices, DEFAULT_CHOICES } from "../src/plan/choices.ts";
import { applyEdit, type FileText } from "../src/plan/file-edit.ts";
import { makePlan } from "../src/plan/make-plan.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { HostVerdict, Report } from "../src/report/report.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import type { Configuration } from "./configurations/configuration.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";
import { placesOf, tryRoute } from "./try-route.ts";

const skipAll = missingRequirement() ?? false;
const lab: Lab | null = skipAll === false ? openLab() : null;
after(() => lab?.close());

const PATIENCE_MS = 10_000;

/** A host, and what somebody wants of it besides that it is closed. */
const PLANNED: readonly (readonly [configuration: string, choices: Partial<Choices>])[] = [
  ["all-addresses", {}],
  ["all-addresses", { method: "session" }],
  ["all-addresses", { method: "environment" }],
  ["all-addresses", { sandbox: true, ipFilter: true }],
  ["all-addresses", { mends: ["leftovers", "cloud", "origins"] }],
  ["later-drop-in-wins", {}],
  ["ipv6-address", {}],
  ["quoted-value", {}],
  ["environment-file-wins", {}],
  ["environment-file-wins", { method: "environment", mends: ["leftovers"] }],
  ["etc-environment", { method: "environment" }],
  ["daemon-reload-missing", {}],
  ["restart-missing", {}],
  ["comment-applied", { mends: ["leftovers"] }],
  ["curly-quotes", { mends: ["leftovers"] }],
  ["user-service", {}],
  ["second-server-by-hand", { restartProcess: true }],
];

/** A plan, made from what is read on the host. */
async function planHost(host: Host, choices: Partial<Choices>): Promise<Plan> {
  const facts = await readFacts(host);
  const texts = new Map<string, FileText>();
  for (;;) {
    const all = { ...DEFAULT_CHOICES, ...choices };
    const input = { facts, judgement: judge(facts), choices: all, texts, inspected: new Map(), operators: [] };
    const planned = makePlan(input, { version: "lab", madeAt: "" });
    if (planned.kind === "plan") return planned.plan;
    if (planned.kind !== "needs-files") throw new Error(`lab: no plan: ${JSON.stringify(planned)}`);
    for (const path of planned.paths) texts.set(path, await readText(host, path));
  }
}

async function readFacts(host: Host): Promise<Facts> {
  const parsed = parseRecording(await host.record());
  assert.ok(parsed.ok, "not a recording");
  return parsed.recording.facts;
}

async function readText(host: Host, path: string): Promise<FileText> {
  const { exitCode, stdout } = await host.attempt(["cat", path]);
  return exitCode === 0 ? stdout : null;
}

async function putText(host: Host, path: string, text: FileText): Promise<void> {
  if (text === null) await host.run(["rm", "-f", "--", path]);
  else await host.write(path, text);
}

async function runAll(host: Host, commands: readonly ChangeCommand[]): Promise<void> {
  for (const command of commands) await host.run([...command]);
}

/** Does every step; returns what takes it all back. */
async function carryOut(host: Host, { steps }: Plan): Promise<() => Promise<void>> {
  const before = new Map<string, FileText>();
  for (const step of steps) {
    for (const { path, edit } of step.files) {
      const text = await readText(host, path);
      if (!before.has(path)) before.set(path, text);
      const edited = applyEdit(text, edit);
      assert.ok(edited.ok, `${path} is another file`);
      await putText(host, path, edited.text);
    }
    await runAll(host, step.commands);
  }
  return async () => {
    for (const step of steps.toReversed()) {
      await runAll(host, step.undo.before);
      for (const { path } of step.files) await putText(host, path, before.get(path) ?? null);
      await runAll(host, step.undo.after);
    }
    for (const [path, text] of before) assert.equal(await readText(host, path), text, path);
  };
}

/** Audits until the host is what it is to be and every server is there again. */
async function auditUntil(host: Host, verdict: HostVerdict, servers: number): Promise<Report> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const { report } = await host.audit();
    const settled = report.verdict === verdict && report.servers.length === servers;
    if (settled || Date.now() > deadline) return report;
  }
}

async function closeAndUndo(configuration: Configuration, choices: Partial<Choices>, opened: Lab): Promise<void> {
  const host = await opened.host(configuration.host ?? {});
  try {
    const extra = (await configuration.set(host)) ?? {};
    const { report: before } = await host.audit();
    const plan = await planHost(host, choices);
    assert.ok(plan.steps.length > 0 && plan.claims.length > 0, JSON.stringify(plan.leaves));

    const undo = await carryOut(host, plan);

    const closed = await auditUntil(host, "local", before.servers.length);
    assert.equal(closed.verdict, "local", JSON.stringify(closed.servers.map(({ listeners }) => listeners)));
    assert.deepEqual((await planHost(host, choices)).steps, [], "a second plan has nothing to do");
    for (const step of plan.steps) {
      for (const expected of step.expect) {
        if (expected.kind !== "answers") continue;
        const place = expected.address.includes(":") ? `[${expected.address}]` : expected.address;
        await host.run(["curl", "-sSf", "--max-time", "5", `http://${place}:${expected.port}/api/version`]);
      }
    }
    const claimed = before.servers.flatMap(({ routes }) => routes).filter((route) => isClaimed(plan, route));
    assert.ok(claimed.length > 0);
    for (const route of claimed) {
      for (const place of placesOf(route, host, extra)) {
        assert.equal(await tryRoute(route, place, host), "closed", `${place.name} to ${route.entry.address}`);
      }
    }

    await undo();

    const stays = plan.steps.some(({ remarks }) => remarks.some(({ code }) => code === "stays-closed-after-undo"));
    const promised = stays ? closed : before;
    const after = await auditUntil(host, promised.verdict, before.servers.length);
    assert.equal(after.verdict, promised.verdict);
    assert.deepEqual(toListeners(after), toListeners(promised));
  } finally {
    host.close();
  }
}

function isClaimed({ claims }: Plan, route: Report["servers"][number]["routes"][number]): boolean {
  return claims.some(
    ({ from, entry }) =>
      from.vantage === route.from.vantage &&
      from.interface === route.from.interface &&
      entry.address === route.entry.address &&
      entry.port === route.entry.port,
  );
}

function toListeners({ servers }: Report): readonly string[] {
  return servers.flatMap(({ listeners }) => listeners.map(({ address, port }) => `${address} ${port}`)).toSorted();
}

for (const [id, choices] of PLANNED) {
  const configuration = CONFIGURATIONS.find((each) => each.id === id);
  const skip = missingRequirement(...(configuration?.needs ?? [])) ?? false;
  test(`the plan for ${id} with ${JSON.stringify(choices)} closes it`, { skip, timeout: 120_000 }, async () => {
    assert.ok(lab && configuration);
    await closeAndUndo(configuration, choices, lab);
  });
}
