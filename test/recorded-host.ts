import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Facts } from "../src/facts/facts.ts";
import { parseRecording } from "../src/facts/recording.ts";

/** The facts of a recorded host of scenarios/. */
export function readRecordedHost(id: string): Facts {
  const path = join(import.meta.dirname, "../scenarios", id, "recording.json");
  const parsed = parseRecording(readFileSync(path, "utf8"));
  if (!parsed.ok) throw new Error(`${path} is no recording`);
  return parsed.recording.facts;
}
