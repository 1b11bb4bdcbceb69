import { appendFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CannotListen } from "./listen.ts";
import { toAccessLine } from "./log.ts";
import type { StandInOptions } from "./options.ts";
import { DEFAULT_VERSION } from "./options.ts";
import { serveAsRunner, startRunner } from "./runner.ts";
import type { StandIn } from "./start.ts";
import { StartPanic, startStandIn } from "./start.ts";

/**
 * The stand-in as a command: `serve` runs it with the environment `ollama serve` would get. Every flag has
 * a variable of its own, so that a unit file can keep the plain `ExecStart=/usr/local/bin/ollama serve`.
 */

const HELP = `Portlock's stand-in for Ollama: answers like \`ollama serve\`, runs no model, opens no connection.

usage: ollama serve [flags]     reads OLLAMA_HOST, OLLAMA_ORIGINS, OLLAMA_MODELS, OLLAMA_NO_CLOUD,
                                OLLAMA_NUM_PARALLEL and OLLAMA_MAX_QUEUE as Ollama does

  --version-is TEXT        STAND_IN_VERSION             version it claims (${DEFAULT_VERSION})
  --model NAME ...         STAND_IN_MODELS              models it has; the variable holds a comma list
  --tokens NUMBER          STAND_IN_TOKENS              length of an answer (24)
  --token-interval-ms MS   STAND_IN_TOKEN_INTERVAL_MS   pause before each token (0)
  --load-ms MS             STAND_IN_LOAD_MS             pause before the first answer of a model (0)
  --log FILE               STAND_IN_LOG                 append each request as one line of JSON, headers whole
  --name TEXT              STAND_IN_NAME                name in the process table (ollama)
  --runner                 STAND_IN_RUNNER=1            has a model loaded from the start, in a child as Ollama has it
  --make-home              STAND_IN_MAKE_HOME=1         make ~/.ollama with the files and modes Ollama makes
  --version, --help
`;

const FLAGS = {
  "version-is": { type: "string" },
  model: { type: "string", multiple: true },
  tokens: { type: "string" },
  "token-interval-ms": { type: "string" },
  "load-ms": { type: "string" },
  log: { type: "string" },
  name: { type: "string" },
  runner: { type: "boolean" },
  port: { type: "string" },
  "make-home": { type: "boolean" },
  version: { type: "boolean", short: "v" },
  help: { type: "boolean", short: "h" },
} as const;

/** What the command reads and where it writes. */
export interface StandInProcess {
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  /** Resolves when the process is asked to stop. */
  readonly stopped: Promise<void>;
}

/** Runs until it is asked to stop. Gives the exit code: 0, 1 where Ollama would not start, 2 for its panic. */
export async function runStandIn(self: StandInProcess): Promise<number> {
  const { values, positionals } = parseArgs({ args: [...self.arguments], options: FLAGS, allowPositionals: true });
  const environment = self.environment;
  const version = values["version-is"] ?? environment["STAND_IN_VERSION"] ?? DEFAULT_VERSION;
  if (values.version === true) {
    self.out(`ollama version is ${version}\n`);
    return 0;
  }
  if (positionals[0] === "runner" && values.port !== undefined) {
    await serveAsRunner(Number(values.port), self.stopped);
    return 0;
  }
  if (values.help === true || !["serve", "start"].includes(positionals[0] ?? "")) {
    self.out(HELP);
    return values.help === true ? 0 : 1;
  }
  setProcessName(values.name ?? environment["STAND_IN_NAME"] ?? "ollama");
  if (values["make-home"] === true || environment["STAND_IN_MAKE_HOME"] === "1") {
    makeHome(environment);
  }
  const logFile = values.log ?? environment["STAND_IN_LOG"];
  const models = values.model ?? environment["STAND_IN_MODELS"]?.split(",").filter((name) => name !== "");
  const modelsDirectory = environment["OLLAMA_MODELS"] ?? join(environment["HOME"] ?? "/", ".ollama", "models");
  const standIn = await start(self, {
    host: environment["OLLAMA_HOST"],
    origins: environment["OLLAMA_ORIGINS"],
    version,
    models,
    cloudDisabled: ["1", "true"].includes(environment["OLLAMA_NO_CLOUD"] ?? ""),
    modelsDirectory,
    tokens: toNumber(values.tokens ?? environment["STAND_IN_TOKENS"]),
    tokenIntervalMs: toNumber(values["token-interval-ms"] ?? environment["STAND_IN_TOKEN_INTERVAL_MS"]),
    loadMs: toNumber(values["load-ms"] ?? environment["STAND_IN_LOAD_MS"]),
    parallel: toNumber(environment["OLLAMA_NUM_PARALLEL"]),
    maxQueue: toNumber(environment["OLLAMA_MAX_QUEUE"]),
    keepRequests: 0,
    onLog: (line) => self.error(`${line}\n`),
    onRequest: (request) => {
      self.out(`${toAccessLine(request)}\n`);
      if (logFile !== undefined) {
        appendFileSync(logFile, `${JSON.stringify(request)}\n`);
      }
    },
  });
  if (typeof standIn === "number") {
    return standIn;
  }
  const runs = values.runner === true || environment["STAND_IN_RUNNER"] === "1";
  const endRunner = runs ? await startRunner(`${modelsDirectory}/blobs/sha256-${"0".repeat(64)}`) : null;
  await self.stopped;
  endRunner?.();
  await standIn.close();
  return 0;
}

async function start(self: StandInProcess, options: StandInOptions): Promise<StandIn | number> {
  try {
    return await startStandIn(options);
  } catch (error) {
    if (error instanceof CannotListen) {
      self.error(`Error: ${error.message}\n`);
      return 1;
    }
    if (error instanceof StartPanic) {
      self.error(`panic: ${error.message}\n\ngoroutine 1 [running]:\n`);
      return 2;
    }
    throw error;
  }
}

function toNumber(text: string | undefined): number | undefined {
  const number = Number(text);
  return text === undefined || text === "" || !Number.isFinite(number) ? undefined : number;
}

/** Sets the kernel's short name and leaves the command line as it was started, as an ollama process has it. */
function setProcessName(name: string): void {
  try {
    writeFileSync("/proc/self/comm", name);
  } catch {
    process.title = name;
  }
}

/** Modes are those of `ollama serve` at its first start; the key file holds no key. */
function makeHome(environment: StandInProcess["environment"]): void {
  const home = join(environment["HOME"] ?? "/", ".ollama");
  mkdirSync(home, { recursive: true, mode: 0o755 });
  const files = [
    { name: "id_ed25519", mode: 0o600 },
    { name: "id_ed25519.pub", mode: 0o644 },
  ];
  for (const { name, mode } of files.filter((file) => !existsSync(join(home, file.name)))) {
    writeFileSync(join(home, name), "the stand-in has no key\n", { mode });
  }
  const models = environment["OLLAMA_MODELS"] ?? join(home, "models");
  mkdirSync(join(models, "blobs"), { recursive: true, mode: 0o755 });
  mkdirSync(join(models, "manifests"), { recursive: true, mode: 0o755 });
}

/** Resolves at the first SIGINT or SIGTERM. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve());
    process.once("SIGTERM", () => resolve());
  });
}

if (import.meta.main) {
  process.exitCode = await runStandIn({
    arguments: process.argv.slice(2),
    environment: process.env,
    out: (text) => process.stdout.write(text),
    error: (text) => process.stderr.write(text),
    stopped: untilSignal(),
  });
}
