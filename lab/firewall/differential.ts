import { join } from "node:path";
import { removeByPrefix, removeLeftovers } from "../cleanup.ts";
import { toRunPrefix } from "../names.ts";
import { LineProcess } from "./line-process.ts";
import { type Order, parseResult, type Result } from "./order.ts";
import { layWorld, toWorld } from "./world.ts";

export interface Plan {
  readonly seed: number;
  readonly firstNumber: number;
  readonly count: number;
  readonly dialect: string | null;
  /** Sources tried by each way. */
  readonly limit: number;
  /** Worlds that are worked in at the same time. */
  readonly worlds: number;
  /** So many failing cases of each world are made smaller; it takes some seconds each. */
  readonly shrinks: number;
}

/**
 * Holds the judge against the kernel: draws cases, lets real tools load and real savers read them, and compares
 * what is predicted with connections really tried. Hands each result over as it comes.
 */
export async function runDifferential(plan: Plan, onResult: (result: Result) => void): Promise<void> {
  removeLeftovers();
  const prefix = `${toRunPrefix()}fw-`;
  const close = (): void => removeByPrefix(prefix);
  process.once("exit", close);
  const numbers = Array.from({ length: plan.count }, (_, index) => plan.firstNumber + index).values();
  try {
    const names = Array.from({ length: plan.worlds }, (_, index) => `${prefix}${index}-`);
    await Promise.all(names.map((name) => workThrough(name, plan, numbers, onResult)));
  } finally {
    process.off("exit", close);
    close();
  }
}

/** One world and its worker, who takes the next case as soon as he is done with one. */
async function workThrough(
  prefix: string,
  plan: Plan,
  numbers: Iterator<number>,
  onResult: (result: Result) => void,
): Promise<void> {
  const world = toWorld(prefix);
  await layWorld(world);
  const script = join(import.meta.dirname, "worker.ts");
  const names = [world.host, world.stranger, world.container];
  const worker = new LineProcess([
    ...(["nsenter", `--net=/run/netns/${world.host}`, "--"] as const),
    ...["unshare", "--mount", "--propagation", "private", "--", "sh", join(import.meta.dirname, "private-files.sh")],
    process.execPath,
    script,
    ...names,
  ]);
  await worker.ready();
  let shrinks = plan.shrinks;
  for (let next = numbers.next(); next.done !== true; next = numbers.next()) {
    const { seed, dialect, limit } = plan;
    const order: Order = { seed, number: next.value, dialect, limit, shrink: shrinks > 0 };
    const result = parseResult(await worker.ask(JSON.stringify(order)));
    if ("proof" in result) shrinks -= 1;
    onResult(result);
  }
  worker.close();
}
