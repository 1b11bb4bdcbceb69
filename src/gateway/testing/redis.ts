import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A real Redis of a test's own, on a socket in a temporary folder. */
export interface Redis {
  /** As `RedisLink` takes it. */
  readonly url: string;
  /** One command; what `redis-cli` prints for it. */
  ask(...command: readonly string[]): string;
  /** Ends it as a power cut would; `start` brings an empty one back at the same place. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** It keeps its connections and answers nobody, until `thaw`. */
  freeze(): void;
  thaw(): void;
  end(): Promise<void>;
}

/** Why tests with Redis cannot run here; null where they can. */
export function missingRedis(): string | null {
  const { error } = spawnSync("redis-server", ["--version"], { stdio: "ignore" });
  return error === undefined ? null : "redis-server is missing: apt-get install redis-server";
}

export async function startRedis(): Promise<Redis> {
  const folder = mkdtempSync(join(tmpdir(), "portlock-redis-"));
  const socket = join(folder, "redis.sock");
  let server: ChildProcess | null = null;
  const ask = (...command: readonly string[]): string => {
    const { stdout } = spawnSync("redis-cli", ["-s", socket, ...command], { encoding: "utf8", timeout: 5000 });
    return stdout.trim();
  };
  const start = async (): Promise<void> => {
    const settings = ["--port", "0", "--unixsocket", socket, "--save", "", "--appendonly", "no", "--dir", folder];
    server = spawn("redis-server", settings, { stdio: "ignore" });
    for (let attempt = 0; ask("PING") !== "PONG"; attempt += 1) {
      if (attempt > 200 || server.exitCode !== null) throw new Error("redis-server did not start");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const kill = async (): Promise<void> => {
    if (server === null || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, "exit");
    server.kill("SIGKILL");
    await ended;
  };
  await start();
  return {
    url: `unix:${socket}`,
    ask,
    kill,
    start,
    freeze: () => server?.kill("SIGSTOP"),
    thaw: () => server?.kill("SIGCONT"),
    end: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
