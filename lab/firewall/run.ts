/**
 * Holds src/firewall against the kernel: random rule sets, loaded by the real tools, read by the real savers,
 * judged, and tried with real connections from every border. Needs root.
 *
 *   sh scripts/node.sh lab/firewall/run.ts [--rule-sets 5000] [--seed N] [--first 0] [--dialect NAME]
 *                                          [--sources 20] [--worlds 4] [--shrink 5]
 *
 * One failing case again: --seed N --first CASE --rule-sets 1, with the --dialect of the run.
 */
import { parseArgs } from "node:util";
import { runDifferential } from "./differential.ts";
import { Tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    "rule-sets": { type: "string", default: "5000" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    first: { type: "string", default: "0" },
    dialect: { type: "string" },
    sources: { type: "string", default: "20" },
    worlds: { type: "string", default: "4" },
    shrink: { type: "string", default: "5" },
  },
});
const plan = {
  seed: Number(values.seed),
  firstNumber: Number(values.first),
  count: Number(values["rule-sets"]),
  dialect: values.dialect ?? null,
  limit: Number(values.sources),
  worlds: Math.min(Number(values.worlds), Number(values["rule-sets"])),
  shrinks: Number(values.shrink),
  sabotage: false,
};
console.log(`seed ${plan.seed}, ${plan.count} rule sets from number ${plan.firstNumber}`);
const tally = new Tally();
const startedAt = performance.now();
await runDifferential(plan, (result) => {
  tally.add(result);
  if ("complaint" in result) console.log(`case ${result.number} (${result.dialect}): ${result.complaint}`);
  else if (result.proof !== undefined) console.log(`WRONG case ${result.number} (${result.dialect}):\n${result.proof}`);
  if (tally.ruleSets % 500 === 0) console.log(`${tally.ruleSets} rule sets, ${tally.connections} connections`);
});
console.log(tally.describe());
console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s, seed ${plan.seed}`);
process.exitCode = tally.wrong === 0 && tally.complaints.length === 0 ? 0 : 1;
