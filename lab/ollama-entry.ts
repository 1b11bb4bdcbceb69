/** What the lab's executable `ollama` does: the stand-in's command, without top-level await (see ollama-executable.ts). */
import { runStandIn, untilSignal } from "../src/demo/stand-in/main.ts";

void runStandIn({
  arguments: process.argv.slice(2),
  environment: process.env,
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
  stopped: untilSignal(),
}).then((exitCode) => {
  process.exitCode = exitCode;
});
