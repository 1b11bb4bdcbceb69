import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Language } from "../../report/words/words.ts";
import type { Root } from "./build-root.ts";
import { StageFailure } from "./orders.ts";
import { runTool, TOOL_PATH } from "./run-tool.ts";

export const GATEWAY_PORT = 11_435;
/** In the memory of the stage: it goes with it. */
const DATA = "/root/gateway";

/** The real gateway, as a child of the stage, and the text of its one key. */
export interface Gateway {
  readonly process: ChildProcessByStdio<null, null, Readable>;
  readonly key: string;
  /** What it said when it was up. */
  readonly line: string;
}

/**
 * Makes a key for inference and reading, and starts the gateway before the server. In the clear, for the network of the
 * stage reaches nobody; elsewhere it refuses that.
 */
export async function startGateway(
  { path, self }: Root,
  language: Language,
  address: string,
  serverPort: number,
): Promise<Gateway> {
  const portlock = [path, self.node, ...self.nodeFlags, self.entry] as const;
  const made = await runTool(
    "chroot",
    ...portlock,
    "keys",
    "create",
    "demo",
    "--scope",
    "inference,read",
    "--data",
    DATA,
  );
  const listen = ["--listen", `${address}:${GATEWAY_PORT}`, "--upstream", `http://127.0.0.1:${serverPort}`];
  const started = spawn("chroot", [...portlock, "gateway", ...listen, "--data", DATA, "--even-so"], {
    cwd: "/",
    env: { PATH: TOOL_PATH, HOME: "/root", PORTLOCK_LANG: language },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  for await (const line of createInterface({ input: started.stderr })) {
    said = line;
    if (line.includes(`:${GATEWAY_PORT} `)) {
      started.stderr.resume();
      return { process: started, key: made.trim(), line: line.replace(/^portlock gateway: /, "") };
    }
  }
  throw new StageFailure(`the gateway did not start: ${said}`);
}
