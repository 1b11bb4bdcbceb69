/**
 * Records the hosts of configurations.ts as scenarios: sets each up in the lab and saves what `portlock record`
 * says there. Needs root.
 *
 *   sh scripts/node.sh lab/record-scenarios.ts            all of them
 *   sh scripts/node.sh lab/record-scenarios.ts docker     those whose id contains this text
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CONFIGURATIONS } from "./configurations.ts";
import { openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const scenarios = join(import.meta.dirname, "..", "scenarios");
const chosen = CONFIGURATIONS.filter(({ id }) => id.includes(process.argv[2] ?? ""));
const missing = missingRequirement(...chosen.flatMap(({ needs }) => needs ?? []));
if (missing !== null) throw new Error(missing);

const lab = openLab();
try {
  for (const { id, what, host: options, as, set } of chosen) {
    const host = await lab.host(options);
    await set(host);
    const recording = await host.record({ as: as ?? "root" });
    host.close();
    mkdirSync(join(scenarios, id), { recursive: true });
    writeFileSync(join(scenarios, id, "recording.json"), recording);
    console.log(`${id}: ${what}`);
  }
} finally {
  lab.close();
}
console.log("Now write their reports: sh scripts/node.sh scenarios/scenarios.test.ts --update");
