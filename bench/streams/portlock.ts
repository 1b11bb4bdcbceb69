import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { findPort, startServer, untilListening, type Server } from "./processes.ts";

const ROOT = join(import.meta.dirname, "../..");
const MAIN = join(ROOT, "dist/main.js");

/** The gateway as it is published, over a store of its own. */
export interface Gateway {
  readonly server: Server;
  readonly bearer: string;
  /** Another one over the same store, that has served nobody yet. */
  startAnother(): Promise<Server>;
  /** Milliseconds from its start to its listening, for another one over the same store. */
  measureStart(): Promise<number>;
}

export function buildPortlock(): void {
  const { status, stderr } = spawnSync(process.execPath, [join(ROOT, "scripts/build.ts")], { encoding: "utf8" });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
}

/** `profile`: folder that a profile of its processor time is written to; null: none. */
export async function startGateway(folder: string, upstream: number, profile: string | null): Promise<Gateway> {
  const data = join(folder, "gateway");
  const make = [MAIN, "keys", "create", "bench", "--scope", "inference,read", "--data", data, "--json"];
  const made = spawnSync(process.execPath, make, { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`no key was made: ${made.stderr}`);
  const { key } = Object(JSON.parse(made.stdout));
  const port = await findPort();
  const toArgs = (at: number): string[] => {
    const log = join(folder, `access-${at}.log`);
    const places = ["--listen", `127.0.0.1:${at}`, "--upstream", `http://127.0.0.1:${upstream}`, "--data", data];
    return ["gateway", ...places, "--parallel", "6000", "--log", log, "--even-so"];
  };
  const flags = profile === null ? [] : ["--cpu-prof", "--cpu-prof-dir", profile];
  const start = (at: number): Promise<Server> =>
    startServer("Portlock", at, [process.execPath, ...flags, MAIN, ...toArgs(at)]);
  return {
    server: await start(port),
    bearer: String(key),
    startAnother: async () => start(await findPort()),
    measureStart: async () => {
      const at = await findPort();
      const beganAt = performance.now();
      const child = spawn(process.execPath, [MAIN, ...toArgs(at)], { stdio: "ignore" });
      const ended = once(child, "exit");
      const milliseconds = await untilListening(child, at, beganAt);
      child.kill("SIGTERM");
      await ended;
      return milliseconds;
    },
  };
}
