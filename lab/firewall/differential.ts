import { join } from "node:path";
import { removeByPrefix, removeLeftovers } from "../cleanup.ts";
import { toRunPrefix } from "../names.ts";
import { LineProcess } from "./line-process.ts";
import {
  type DrawnOrder,
  type FactOrder,
  type FactResult,
  parseFactResult,
  parseResult,
  type Result,
} from "./order.ts";
import { layWorld, toWorld, type World } from "./world.ts";

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
  /** See DrawnOrder. */
  readonly sabotage: boolean;
}

/**
 * Holds the judge against the kernel: draws cases, lets real tools load and real savers read them, and compares
 * what is predicted with connections really tried. Hands each result over as it comes.
 */
export async function runDifferential(plan: Plan, onResult: (result: Result) => void): Promise<void> {
  const numbers = Array.from({ length: plan.count }, (_, index) => plan.firstNumber + index).values();
  await withWorkers(plan.worlds, async (worker) => {
    let shrinks = plan.shrinks;
    for (let next = numbers.next(); next.done !== true; next = numbers.next()) {
      const { seed, dialect, limit, sabotage } = plan;
      const order: DrawnOrder = { seed, number: next.value, dialect, limit, shrink: shrinks > 0, sabotage };
      const result = parseResult(await worker.ask(JSON.stringify(order)));
      if ("proof" in result) shrinks -= 1;
      onResult(result);
    }
  });
}

/** Tries the known facts one after the other; results come in the order of `FACTS`. */
export async function tryFacts(count: number): Promise<readonly FactResult[]> {
  const results: FactResult[] = [];
  await withWorkers(1, async (worker) => {
    for (let fact = 0; fact < count; fact += 1) {
      const order: FactOrder = { fact };
      results.push(parseFactResult(await worker.ask(JSON.stringify(order))));
    }
  });
  return results;
}

/** Makes so many worlds, each with a worker in it, and removes them when all are done with them. */
async function withWorkers(count: number, use: (worker: LineProcess) => Promise<void>): Promise<void> {
  removeLeftovers();
  runs += 1;
  const prefix = `${toRunPrefix()}fw${runs}-`;
  const close = (): void => removeByPrefix(prefix);
  process.once("exit", close);
  try {
    const names = Array.from({ length: count }, (_, index) => toWorld(`${prefix}${index}-`));
    await Promise.all(
      names.map(async (world) => {
        await layWorld(world);
        const worker = startWorker(world);
        await worker.ready();
        await use(worker);
        worker.close();
      }),
    );
  } finally {
    process.off("exit", close);
    close();
  }
}

let runs = 0;

/** The worker stands in the host, with files of its own where firewall managers keep theirs. */
function startWorker({ host, stranger, container }: World): LineProcess {
  const script = (name: string): string => join(import.meta.dirname, name);
  const enter = ["nsenter", `--net=/run/netns/${host}`, "--"] as const;
  const withFiles = ["unshare", "--mount", "--propagation", "private", "--", "sh", script("private-files.sh")];
  return new LineProcess([...enter, ...withFiles, process.execPath, script("worker.ts"), host, stranger, container]);
}
