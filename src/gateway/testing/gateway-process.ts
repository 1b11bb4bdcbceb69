import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../../main.ts");

/** A real `portlock gateway`, with all that it has said. */
export interface GatewayProcess {
  readonly pid: number;
  readonly port: number;
  /** Port of its metrics; null where they were not asked for. */
  readonly metricsPort: number | null;
  /** What came on standard output and standard error together. */
  readonly said: string;
  readonly hasEnded: boolean;
  signal(signal: NodeJS.Signals): void;
  /** Ends it by a signal; what it ended with: an exit code, or the name of the signal. */
  end(signal?: NodeJS.Signals): Promise<number | string>;
}

export interface ProcessSetting {
  readonly flags: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a program came to. */
export interface Came {
  readonly code: number | string;
  readonly said: string;
}

/** Runs a command line of portlock from source to its end. */
export async function runPortlock(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Came> {
  const { child, said } = spawnPortlock(argv, env);
  return { code: await whenEnded(child), said: said() };
}

/** Starts one that listens on a free loopback port; rejects with what it said where it does not come to that. */
export async function startGatewayProcess({ flags, env = {} }: ProcessSetting): Promise<GatewayProcess> {
  const listens = flags.includes("--listen") ? [] : ["--listen", "127.0.0.1:0"];
  const { child, said } = spawnPortlock(["gateway", ...listens, ...flags], env);
  const ended = whenEnded(child);
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const isUp = (): boolean => /^portlock gateway: https?:\S+:\d+ lets /m.test(said());
  while (!isUp()) {
    await Promise.race([once(child.stderr, "data"), ended]);
    if (hasEnded()) throw new Error(`the gateway did not start: ${said()}`);
  }
  const toPort = (what: RegExp): number | null => {
    const [, digits] = what.exec(said()) ?? [];
    return digits === undefined ? null : Number(digits);
  };
  return {
    pid: child.pid ?? 0,
    port: toPort(/^portlock gateway: https?:\S+:(\d+) lets /m) ?? 0,
    get metricsPort() {
      return toPort(/Prometheus: http:\S+:(\d+)\/metrics/);
    },
    get said() {
      return said();
    },
    get hasEnded() {
      return hasEnded();
    },
    signal: (signal) => void child.kill(signal),
    end: async (signal = "SIGTERM") => {
      if (!hasEnded()) child.kill(signal);
      return ended;
    },
  };
}

function spawnPortlock(argv: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN, ...argv], {
    env: { PATH: process.env["PATH"] ?? "", LANG: "en", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  return { child, said: () => text };
}

/** Resolves when it has ended and all it said has been read. */
function whenEnded(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
}
