/**
 * A host is closed from elsewhere, and whoever closes it is cut off in the middle: afterwards the host is as it was or
 * as planned, its history says which, and an undo still works.
 */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChangeState, EventKind, History } from "../src/apply/journal.ts";
import type { Auditor } from "./auditor.ts";
import { assertAsBefore, isOpen, readJournals, waitForEnd } from "./changes.ts";
import type { Host } from "./host.ts";
import { type HostState, readHostState } from "./host-state.ts";
import { type Lab, openLab } from "./lab.ts";
import { runPortlock } from "./portlock.ts";
import { missingRequirement } from "./requirements.ts";
import { letIn } from "./ssh-server.ts";

const skip = missingRequirement("ssh") ?? false;
const lab: Lab | null = skip === false ? openLab() : null;
/** How a change ended; there is none where it was cut off before its first word. */
type End = ChangeState | "not begun";
const tally = new Map<End, number>();
after(() => {
  lab?.close();
  console.log(`cut off: ${[...tally].map(([state, times]) => `${times} times ${state}`).join(", ")}`);
});

interface Site {
  readonly host: Host;
  readonly auditor: Auditor;
  readonly target: string;
  readonly exposed: HostState;
}

async function openSite(...lines: readonly string[]): Promise<Site> {
  assert.ok(lab);
  const host = await lab.host({ systemd: true });
  await host.installOllama({ override: ["Environment=OLLAMA_HOST=0.0.0.0", ...lines] });
  const { auditor, target } = await letIn(host, host.neighbour);
  return { host, auditor, target, exposed: await readHostState(host) };
}

/** Resolves as soon as the journal of a change on the host has that line. */
async function waitForEvent({ host }: Site, what: EventKind): Promise<void> {
  const folder = join(host.writtenDirectory, "var/lib/portlock");
  const line = `"what":"${what}"`;
  for (let tries = 0; tries < 6_000; tries += 1) {
    if (listJournals(folder).some((path) => readOrNothing(path).includes(line))) return;
    await sleep(5);
  }
  assert.fail(`the change never came to: ${what}`);
}

function listJournals(folder: string): readonly string[] {
  try {
    return readdirSync(folder).map((id) => join(folder, id, "journal.jsonl"));
  } catch {
    return []; // not begun
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

/** Starts to close the host; what it says is kept. */
function startHarden({ auditor, target }: Site, ...more: readonly string[]) {
  const portlock = auditor.start(["harden", "--yes", "--host", target, ...more]);
  const said: string[] = [];
  for (const stream of [portlock.stdout, portlock.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => said.push(text));
  }
  return { portlock, ended: once(portlock, "close"), said: () => said.join("") };
}

/** The host after all is over; where the change came to its end, it is undone by hand. */
async function assertWhole(site: Site, what: string): Promise<End> {
  const { host, exposed } = site;
  const state = (await waitForEnd(host))?.state ?? "not begun";
  assert.ok(["undone", "applied", "not begun"].includes(state), `${what}: ${state}`);
  tally.set(state, (tally.get(state) ?? 0) + 1);
  if (state === "applied") {
    assert.equal(await isOpen(host), false, what);
    assert.equal((await runPortlock(host, ["undo"])).exitCode, 0, what);
  }
  await assertAsBefore(host, exposed);
  assert.equal(await isOpen(host), true, what);
  return state;
}

function killClients({ pid = 0 }: ChildProcess): void {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").map(Number);
  const clients = children.filter((child) => readOrNothing(`/proc/${child}/comm`).trim() === "ssh");
  assert.ok(clients.length > 0, "no SSH client runs");
  for (const client of clients) {
    try {
      process.kill(client, "SIGKILL");
    } catch {
      // Its login is gone, and so is it.
    }
  }
}

/** Ways to be cut off of which the host hears at once. */
const BLOWS: readonly (readonly [what: string, blow: (portlock: ChildProcess) => void, says: RegExp])[] = [
  ["its SSH client is killed", killClients, /error (change-cut-off|change-not-begun): /],
  ["it is killed itself", ({ pid = 0 }) => process.kill(pid, "SIGKILL"), /^Plan for/],
  ["its terminal is closed", ({ pid = 0 }) => process.kill(-pid, "SIGHUP"), /^Plan for/],
];
const MOMENTS: readonly EventKind[] = ["begun", "step-begun", "step-done"];

describe("cut off in the middle", { skip, timeout: 400_000, concurrency: 7 }, () => {
  for (const [what, blow, says] of BLOWS) {
    test(what, async (context) => {
      const site = await openSite();
      for (const moment of MOMENTS) {
        await context.test(`at ${moment}`, async () => {
          await site.host.run(["rm", "-rf", "/var/lib/portlock"]);
          const { portlock, ended, said } = startHarden(site);
          await waitForEvent(site, moment);
          blow(portlock);
          await ended;
          assert.match(said(), says);
          await assertWhole(site, `${what} at ${moment}`);
        });
      }
      site.host.close();
    });
  }

  for (const moment of ["step-begun", "step-done"] as const) {
    test(`the network is gone for good at ${moment}`, async () => {
      const site = await openSite();
      const { ended, said } = startHarden(site);
      await waitForEvent(site, moment);
      await site.auditor.run(["ip", "link", "set", "eth0", "down"]);
      await ended;
      assert.match(said(), /error change-cut-off: .*\n.*portlock history/);
      await assertWhole(site, `no network from ${moment} on`);
      await site.auditor.run(["ip", "link", "set", "eth0", "up"]);
      const { stdout } = await site.auditor.portlock(["history", "--json", "--host", site.target]);
      const { journals }: History = JSON.parse(stdout);
      assert.deepEqual(
        journals.map(({ state }) => state),
        ["undone"],
      );
      site.host.close();
    });
  }

  test("the network is gone for some seconds only", async () => {
    const site = await openSite();
    const { ended, said } = startHarden(site);
    await waitForEvent(site, "step-begun");
    await site.auditor.run(["ip", "link", "set", "eth0", "down"]);
    await sleep(4_000);
    await site.auditor.run(["ip", "link", "set", "eth0", "up"]);
    await ended;
    assert.equal(await assertWhole(site, said()), "applied");
    site.host.close();
  });

  test("the network is gone while a rule waits for its confirmation", async () => {
    const site = await openSite();
    const { ended, said } = startHarden(site, "--firewall", "auto", "--confirm-within", "5s");
    await ended;
    await site.auditor.run(["ip", "link", "set", "eth0", "down"]);
    assert.match(said(), /Without a confirmation it is taken back at/);
    assert.equal(await assertWhole(site, "no network while it waits"), "undone");
    site.host.close();
  });

  test("another one, who comes while the host is being closed, is told who is at work", async () => {
    const site = await openSite("ExecStartPre=/bin/sleep 8");
    const { ended } = startHarden(site);
    await waitForEvent(site, "step-begun");
    const { exitCode, stderr } = await site.auditor.portlock(["harden", "--yes", "--sandbox", "--host", site.target]);
    const id = (await readJournals(site.host)).at(-1)?.id ?? "";
    assert.match(stderr, new RegExp(`^portlock: error (change-unfinished|change-at-work): .* ${id}`));
    assert.equal(exitCode, 2);
    await ended;
    assert.equal(await assertWhole(site, "two at once"), "applied");
    site.host.close();
  });
});
