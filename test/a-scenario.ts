import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Facts } from "../src/facts/facts.ts";
import { parseRecording } from "../src/facts/recording.ts";

const SCENARIOS = join(import.meta.dirname, "../scenarios");

/** The facts of a recorded host, by the name of its folder. */
export function aScenario(name: string): Facts {
  const parsed = parseRecording(readFileSync(join(SCENARIOS, name, "recording.json"), "utf8"));
  if (!parsed.ok) throw new Error(`${name}: ${parsed.code}`);
  return parsed.recording.facts;
}
