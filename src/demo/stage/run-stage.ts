import type { ChildProcessByStdio } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { createInterface } from "node:readline";
import type { Stranger } from "./build-network.ts";
import { buildNetwork, PORT, SERVER_ADDRESS, STRANGER_ADDRESS } from "./build-network.ts";
import type { Root } from "./build-root.ts";
import { buildRoot } from "./build-root.ts";
import type { Answer, Order } from "./orders.ts";
import { parseOrder, parseOutcome, StageFailure } from "./orders.ts";
import { runTool, runToolWith, TOOL_PATH } from "./run-tool.ts";
import { findSelf, toPartCommand } from "./self.ts";
import { type Gateway, GATEWAY_PORT, startGateway } from "./start-gateway.ts";
import { KEY_VARIABLE } from "./visit.ts";

/** A release in which only what nobody has mended is open: the story is about the bind, not about upgrades. */
const VERSION = "0.32.15";

interface Stage {
  readonly root: Root;
  readonly stranger: Stranger;
  server: ChildProcessByStdio<null, null, Readable> | null;
  gateway: Gateway | null;
}

/**
 * The part that is the first process of the stage's namespaces: builds the demonstration host and the
 * stranger's network, then does what it is told until its input ends. When it ends, the kernel ends all it
 * started and drops the namespaces with their mounts, however it came to its end.
 */
export async function runStage(): Promise<void> {
  const say = (answer: Answer): void => void process.stdout.write(`${JSON.stringify(answer)}\n`);
  let stage: Stage | null = null;
  try {
    const root = await buildRoot(findSelf());
    stage = { root, stranger: await buildNetwork(), server: null, gateway: null };
    say({ kind: "ready", server: SERVER_ADDRESS, stranger: STRANGER_ADDRESS, port: PORT });
    for await (const line of createInterface({ input: process.stdin })) {
      say(await follow(stage, parseOrder(line)));
    }
  } catch (error) {
    if (!(error instanceof StageFailure)) {
      throw error;
    }
    say({ kind: "failed", detail: error.message });
  } finally {
    // What still runs would keep this process from its end.
    stage?.server?.kill("SIGKILL");
    stage?.gateway?.process.kill("SIGKILL");
    stage?.stranger.kill("SIGKILL");
    process.stdin.destroy();
  }
}

async function follow(stage: Stage, order: Order): Promise<Answer> {
  const { path, self } = stage.root;
  if (order.do === "serve") {
    return { kind: "serving", line: await serve(stage, order.host) };
  }
  if (order.do === "visit") {
    const command = toPartCommand(self, "visit", SERVER_ADDRESS, String(PORT));
    const entering = ["nsenter", `--target=${stage.stranger.pid}`, "--net", "--"] as const;
    return { kind: "visited", ...parseOutcome(await runTool(...entering, "chroot", path, ...command)) };
  }
  if (order.do === "guard") {
    stage.gateway = await startGateway(stage.root, order.language, SERVER_ADDRESS, PORT);
    return { kind: "guarding", line: stage.gateway.line, port: GATEWAY_PORT };
  }
  if (order.do === "ask") {
    const { key } = stage.gateway ?? {};
    if (key === undefined) throw new StageFailure("there is no gateway yet");
    const command = toPartCommand(self, "visit", SERVER_ADDRESS, String(GATEWAY_PORT), order.what);
    const entering = ["nsenter", `--target=${stage.stranger.pid}`, "--net", "--", "chroot", path, ...command] as const;
    const shown = order.withKey ? { [KEY_VARIABLE]: key } : {};
    return { kind: "visited", ...parseOutcome(await runToolWith(shown, ...entering)) };
  }
  const command = [self.node, ...self.nodeFlags, self.entry, "record", "--output", "-"];
  return { kind: "recorded", recording: await runTool("chroot", path, ...command) };
}

/** Ends the server that runs, starts one with this OLLAMA_HOST, and returns its line about where it listens. */
async function serve(stage: Stage, host: string): Promise<string> {
  await stop(stage);
  const server = spawn("chroot", [stage.root.path, ...toPartCommand(stage.root.self, "stand-in")], {
    cwd: "/",
    env: {
      PATH: TOOL_PATH,
      HOME: "/root",
      OLLAMA_HOST: host,
      STAND_IN_MAKE_HOME: "1",
      STAND_IN_VERSION: VERSION,
      // A model takes its time over each word: that a stream comes word by word is seen by that.
      STAND_IN_TOKEN_INTERVAL_MS: "30",
    },
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
