/**
 * A process that carries out a plan and is struck at one verb of the door, as a machine, an administrator or a
 * terminal strikes: `node apply-and-die.ts '{"plan":…,"settings":…,"verb":7,"when":"before","signal":"SIGKILL"}'`.
 * Says how many verbs there were where it comes to its end.
 */
import { openLocalWriter } from "../../host/local-writer.ts";
import type { HostWriter } from "../../host/writer.ts";
import type { Plan } from "../../plan/plan.ts";
import { applyPlan } from "../apply-plan.ts";

/** When it is struck, counting the verbs that change something from 1. */
export interface Blow {
  readonly verb: number;
  /** `during`: the host was asked, and Portlock does not live to hear the answer; `after`: it has heard it. */
  readonly when: "before" | "during" | "after";
  readonly signal: "SIGKILL" | "SIGSTOP";
}

export interface Orders extends Blow {
  readonly plan: Plan;
  readonly id: string;
  readonly confirmWithinSeconds: number | null;
  readonly patienceSeconds: number;
  readonly stateFolder: string;
}

const orders: Orders = JSON.parse(process.argv[2] ?? "");
let verbs = 0;

function struck<Result>(verb: () => Promise<Result>): Promise<Result> {
  verbs += 1;
  const isNow = verbs === orders.verb;
  if (isNow && orders.when === "before") process.kill(process.pid, orders.signal);
  const result = verb();
  if (isNow && orders.when === "after") void result.then(() => process.kill(process.pid, orders.signal));
  // Requests are written in the next turn.
  if (isNow && orders.when === "during") setImmediate(() => process.kill(process.pid, orders.signal));
  return result;
}

const door = openLocalWriter();
const host: HostWriter = {
  ...door,
  change: (...args) => struck(() => door.change(...args)),
  writeFile: (...args) => struck(() => door.writeFile(...args)),
  appendFile: (...args) => struck(() => door.appendFile(...args)),
  hold: (...args) => struck(() => door.hold(...args)),
};
const settings = { ...orders, now: () => new Date(), hear: () => {} };
const outcome = await applyPlan(host, orders.plan, settings, () => Promise.resolve(true)).then(
  ({ state }) => state,
  (error: unknown) => String(error),
);
await door.close();
process.stdout.write(JSON.stringify({ verbs, outcome }));
