/**
 * No plan that closes nothing: on real hosts the steps of a plan are done one after the other, a new audit must find
 * the server on loopback and other machines must be refused, the service must still answer; taken back, every file
 * and the report must be what they were.
 */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Choices } from "../src/plan/choices.ts";
import type { Plan } from "../src/plan/plan.ts";
import type { HostVerdict, Report } from "../src/report/report.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { carryOut } from "./carry-out.ts";
import type { Configuration } from "./configurations/configuration.ts";
import type { Host } from "./host.ts";
import { type Lab, openLab } from "./lab.ts";
import { planHost } from "./plan-host.ts";
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
