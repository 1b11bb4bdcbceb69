import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";
import { buildNetwork, PORT, SERVER_ADDRESS, STRANGER_ADDRESS } from "./build-network.ts";
import { buildRoot } from "./build-root.ts";
import type { Answer, Order } from "./orders.ts";
import { parseOrder, parseOutcome, StageFailure } from "./orders.ts";
import { runTool, TOOL_PATH } from "./run-tool.ts";
import type { Self } from "./self.ts";
import { findSelf, toPartCommand } from "./self.ts";

interface Stage {
  readonly self: Self;
  readonly root: string;
  readonly strangerPid: number;
  server: ChildProcessByStdio<null, null, Readable> | null;
}

/**
 * The part that is the first process of the stage's namespaces: builds the demonstration host and the
 * stranger's network, then does what it is told until its input ends. When it ends, the kernel ends all it
 * started and drops the namespaces with their mounts, however it came to its end.
 */
export async function runStage(): Promise<void> {
  const say = (answer: Answer): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  try {
    const self = findSelf();
    const root = await buildRoot(self);
    const stranger = await buildNetwork();
    const stage: Stage = { self, root, strangerPid: stranger.pid, server: null };
    say({ kind: "ready", server: SERVER_ADDRESS, stranger: STRANGER_ADDRESS, port: PORT });
    for await (const line of createInterface({ input: process.stdin })) {
      say(await follow(stage, parseOrder(line)));
    }
    stage.server?.kill("SIGKILL");
    stranger.kill("SIGKILL");
  } catch (error) {
    if (!(error instanceof StageFailure)) {
      throw error;
    }
    say({ kind: "failed", detail: error.message });
  }
}

async function follow(stage: Stage, order: Order): Promise<Answer> {
  switch (order.do) {
    case "serve":
      return { kind: "serving", line: await serve(stage, order.host) };
    case "visit": {
      const command = toPartCommand(stage.self, "visit", SERVER_ADDRESS, String(PORT));
      const entering = ["nsenter", `--target=${stage.strangerPid}`, "--net", "--"] as const;
      return { kind: "visited", ...parseOutcome(await runTool(...entering, "chroot", stage.root, ...command)) };
    }
    case "record": {
      const [node, ...flags] = [stage.self.node, ...stage.self.nodeFlags];
      const command = [node, ...flags, stage.self.entry, "record", "--output", "-"];
      return { kind: "recorded", recording: await runTool("chroot", stage.root, ...command) };
    }
  }
}

/** Ends the server that runs, starts one with this OLLAMA_HOST, and returns its line about where it listens. */
async function serve(stage: Stage, host: string): Promise<string> {
  await stop(stage);
  const [node, ...operands] = toPartCommand(stage.self, "stand-in");
  const server = spawn("chroot", [stage.root, node, ...operands], {
    cwd: "/",
    env: { PATH: TOOL_PATH, HOME: "/root", OLLAMA_HOST: host, STAND_IN_MAKE_HOME: "1" },
    stdio: ["ignore", "ignore", "pipe"],
  });
  stage.server = server;
  let said = "";
  for await (const line of createInterface({ input: server.stderr })) {
    said = line;
    const listening = /msg="(Listening on .*)"$/.exec(line)?.[1];
    if (listening !== undefined) {
      server.stderr.resume();
      return listening;
    }
  }
  throw new StageFailure(`the stand-in did not start: ${said}`);
}

async function stop(stage: Stage): Promise<void> {
  const { server } = stage;
  if (server !== null && server.exitCode === null && server.signalCode === null) {
    const ended = once(server, "exit");
    server.kill("SIGTERM");
    await ended;
  }
  stage.server = null;
}
