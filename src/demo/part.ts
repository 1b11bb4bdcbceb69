import { runStandIn, untilSignal } from "./stand-in/main.ts";
import { runStage } from "./stage/run-stage.ts";
import { ask, isWish, KEY_VARIABLE, visit } from "./stage/visit.ts";

/**
 * Runs one part of the guided run: a process of its own that Portlock starts of itself, so that the package
 * needs no second program. Parts speak to their starter, not to a user. Gives the exit code.
 */
export async function runPart(words: readonly string[]): Promise<number> {
  const [part, address = "", port = "", wish = ""] = words;
  if (part === "stage") {
    await runStage();
    return 0;
  }
  if (part === "visit") {
    if (isWish(wish)) await ask(address, Number(port), wish, process.env[KEY_VARIABLE]);
    else await visit(address, Number(port));
    return 0;
  }
  if (part !== "stand-in") {
    return 64;
  }
  return runStandIn({
    arguments: ["serve"],
    environment: process.env,
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    stopped: untilSignal(),
  });
}
