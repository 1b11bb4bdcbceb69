/**
 * The process that tries cases: it stands in the host of one world (so that it reads the rules as an audit on
 * that host would), and for each line of standard input, an order, answers with a line, a result.
 *
 * usage: worker.ts HOST STRANGER CONTAINER   names of network namespaces
 */
import { createInterface } from "node:readline";
import { describeCase } from "./case.ts";
import { drawCase } from "./cases.ts";
import { Eyes } from "./eyes.ts";
import type { Order, Result } from "./order.ts";
import { shrinkCase } from "./shrink.ts";
import { describeWrong } from "./trial.ts";
import { type CaseOutcome, tryCase } from "./try-case.ts";
import type { Case } from "./case.ts";

const [host = "", stranger = "", container = ""] = process.argv.slice(2);
const eyes = new Eyes({ host, stranger, container });
await eyes.ready();
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const order: Order = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await carryOut(order))}\n`);
}
eyes.close();

async function carryOut({ seed, number, dialect, limit, shrink }: Order): Promise<Result> {
  const { tried, random } = drawCase(seed, number, dialect);
  const about = { number, dialect: tried.dialect, features: tried.features };
  let outcome: CaseOutcome;
  try {
    outcome = await tryCase(tried, { eyes, random, limit });
  } catch (error) {
    const complaint = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...about, complaint: `${complaint}\n${describeCase(tried)}` };
  }
  const [first] = outcome.wrong;
  const { connections, impossible, late, doubts } = outcome;
  const counts = { ...about, connections, impossible, late, doubts, wrong: outcome.wrong.length };
  if (first === undefined) return counts;
  const smallest = shrink ? await shrinkCase(tried, (smaller) => isWrong(smaller, seed, limit)) : tried;
  return { ...counts, proof: `${describeCase(smallest)}${(await findWrongs(smallest, seed, limit)).join("\n")}\n` };
}

/** A case that its tools refuse is not a smaller proof. */
async function isWrong(smaller: Case, seed: number, limit: number): Promise<boolean> {
  try {
    return (await findWrongs(smaller, seed, limit)).length > 0;
  } catch {
    return false;
  }
}

async function findWrongs(smaller: Case, seed: number, limit: number): Promise<readonly string[]> {
  const { random } = drawCase(seed, 0, null);
  const { wrong } = await tryCase(smaller, { eyes, random, limit });
  return wrong.map(describeWrong);
}
