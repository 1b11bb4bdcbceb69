import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChangeState, History, Journal } from "../src/apply/journal.ts";
import type { Host } from "./host.ts";
import { type HostState, waitUntilAsBefore } from "./host-state.ts";
import { runPortlock } from "./portlock.ts";

/** A host that is not heard from any more gives up its lock after a minute, and then takes the change back. */
const PATIENCE_MS = 120_000;
const PORT = 11434;
const ENDS: readonly ChangeState[] = ["applied", "undone", "undo-failed"];

/** All that Portlock says it has changed on a host, oldest first. */
export async function readJournals(host: Host): Promise<readonly Journal[]> {
  const { stdout, stderr } = await runPortlock(host, ["history", "--json"]);
  assert.notEqual(stdout, "", stderr);
  const { journals, damaged }: History = JSON.parse(stdout);
  assert.deepEqual(damaged, []);
  return journals;
}

/** The newest change once it has come to its end; null where none was ever begun. */
export async function waitForEnd(host: Host): Promise<Journal | null> {
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(200)) {
    const journal = (await readJournals(host)).at(-1) ?? null;
    if (journal === null || ENDS.includes(journal.state)) return journal;
    assert.ok(Date.now() < deadline, `still ${journal.state}: ${JSON.stringify(journal.events)}`);
  }
}

/** Nothing of a change is left, byte for byte, and the server serves again. */
export async function assertAsBefore(host: Host, before: HostState): Promise<void> {
  await host.waitForPort(PORT);
  await waitForWatches(host);
  assert.deepEqual(await waitUntilAsBefore(host, before), []);
}

/** A watch goes a moment after it has seen the end of its change. */
export async function waitForWatches(host: Host): Promise<void> {
  for (let tries = 0; tries < 50; tries += 1) {
    const { stdout } = await host.attempt(["systemctl", "list-units", "--no-legend", "portlock-revert-*"]);
    if (stdout.trim() === "") return;
    await sleep(100);
  }
  assert.fail("the watch over a change stays");
}

/** Whether somebody far away is answered. */
export async function isOpen(host: Host): Promise<boolean> {
  const { kind } = await host.outsider.get(host.addresses.eth0.ipv4, PORT);
  assert.ok(kind === "answered" || kind === "refused" || kind === "timeout", kind);
  return kind === "answered";
}
