/**
 * The process that tries cases: it stands in the host of one world (so that it reads the rules as an audit on
 * that host would), and for each line of standard input, an order, answers with a line, a result.
 *
 * usage: worker.ts HOST STRANGER CONTAINER   names of network namespaces
 */
import { createInterface } from "node:readline";
import { type Case, describeCase } from "./case.ts";
import { drawCase } from "./cases.ts";
import { Eyes } from "./eyes.ts";
import { FACTS } from "./known-facts.ts";
import type { DrawnOrder, FactResult, Order, Result } from "./order.ts";
import { openRandom } from "./random.ts";
import { shrinkCase } from "./shrink.ts";
import { describeWrong, findFate } from "./trial.ts";
import { type CaseOutcome, tryCase, withCase } from "./try-case.ts";

/** Facts are tried one by one, in a world of their own: an answer comes at once or not at all. */
const FACT_SILENCE_MS = 250;

const [host = "", stranger = "", container = ""] = process.argv.slice(2);
const eyes = new Eyes({ host, stranger, container });
await eyes.ready();
process.stdout.write("ready\n");
for await (const line of createInterface({ input: process.stdin })) {
  const order: Order = JSON.parse(line);
  process.stdout.write(`${JSON.stringify(await carryOut(order))}\n`);
}
eyes.close();

async function carryOut(order: Order): Promise<Result | FactResult> {
  return "fact" in order ? tryFact(order.fact) : tryDrawn(order);
}

async function tryFact(index: number): Promise<FactResult> {
  const fact = FACTS[index];
  if (fact === undefined) throw new Error(`lab: there is no fact ${index}`);
  const attempts = fact.attempts.map(({ source, ...way }) => ({ way, source }));
  const tried = { ...fact, ways: attempts.map(({ way }) => way) };
  return withCase(tried, false, async (predictions) => {
    const outcomes = await eyes.lookAgain(attempts, FACT_SILENCE_MS);
    return attempts.map(({ source }, at) => {
      const partition = predictions[at]?.partition;
      if (partition === undefined) throw new Error("lab: an attempt without a prediction");
      return { predicted: findFate(partition, source).kind, happened: outcomes[at]?.kind ?? "" };
    });
  });
}

async function tryDrawn(order: DrawnOrder): Promise<Result> {
  const { seed, number, dialect, limit, sabotage } = order;
  const { tried, random } = drawCase(seed, number, dialect);
  const about = { number, dialect: tried.dialect, features: tried.features };
  let outcome: CaseOutcome;
  try {
    outcome = await tryCase(tried, { eyes, random, limit, sabotage });
  } catch (error) {
    const complaint = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { ...about, complaint: `${complaint}\n${describeCase(tried)}` };
  }
  const [first] = outcome.wrong;
  const { connections, impossible, late, doubts } = outcome;
  const counts = { ...about, connections, impossible, late, doubts, wrong: outcome.wrong.length };
  if (first === undefined) return counts;
  const smallest = order.shrink ? await shrinkCase(tried, (smaller) => isWrong(smaller, order)) : tried;
  return { ...counts, proof: `${describeCase(smallest)}${(await findWrongs(smallest, order)).join("\n")}\n` };
}

/** A case that its tools refuse is not a smaller proof. */
async function isWrong(smaller: Case, order: DrawnOrder): Promise<boolean> {
  try {
    return (await findWrongs(smaller, order)).length > 0;
  } catch {
    return false;
  }
}

async function findWrongs(smaller: Case, { seed, number, limit, sabotage }: DrawnOrder): Promise<readonly string[]> {
  const { wrong } = await tryCase(smaller, { eyes, random: openRandom(seed, number), limit, sabotage });
  return wrong.map(describeWrong);
}
