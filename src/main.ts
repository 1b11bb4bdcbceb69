/** Process in, process out: the only file that reads the command line, prints and exits. */
import { isatty } from "node:tty";
import manifest from "../package.json" with { type: "json" };
import type { Context, EndSignal, Output } from "./commands/context.ts";
import type { HostReader } from "./host/host.ts";

/** sysexits.h: something that is needed is not there. */
const NO_RUNTIME = 69;

const openHosts = new Set<HostReader>();
let stoppedBy: NodeJS.Signals | null = null;
/** Said where a signal ends Portlock. */
let lastWords: string | null = null;
/** A command that ends in its own time. */
let onSignal: ((signal: EndSignal) => void) | null = null;

async function main(argv: readonly string[]): Promise<number> {
  // Before anything else is loaded: scripts ask for the version in loops.
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v")) {
    process.stdout.write(`${manifest.version}\n`);
    return 0;
  }
  if (isTooOld(process.versions.node, manifest.engines.node)) {
    const wanted = manifest.engines.node.replace(">=", "");
    process.stderr.write(
      `portlock: needs Node.js ${wanted} or newer, and this is ${process.versions.node}\n` +
        `portlock：需要 Node.js ${wanted} 或更高版本，当前为 ${process.versions.node}\n`,
    );
    return NO_RUNTIME;
  }
  // The guided run starts its parts as children of this same program.
  if (argv[0] === "__demo") return (await import("./demo/part.ts")).runPart(argv.slice(1));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) stopOn(signal);
  const { runPortlock } = await import("./commands/run.ts");
  return runPortlock(argv, toContext());
}

/** npm installs a package for a Node.js it does not run on, with no more than a warning. `oldest` is `>=24.15`. */
function isTooOld(running: string, oldest: string): boolean {
  const [major = 0, minor = 0] = running.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.replace(">=", "").split(".").map(Number);
  return major < oldestMajor || (major === oldestMajor && minor < oldestMinor);
}

function toContext(): Context {
  return {
    out: toOutput(process.stdout),
    err: toOutput(process.stderr),
    env: process.env,
    version: manifest.version,
    program: { node: process.execPath, main: import.meta.filename },
    now: () => new Date(),
    openHost: async (target) => {
      const host = await (await import("./host/open-host.ts")).openHost(target);
      openHosts.add(host);
      return host;
    },
    openWriter: async (target) => {
      const host = await (await import("./host/open-writer.ts")).openWriter(target);
      openHosts.add(host);
      return host;
    },
    resolveUrl: async (text) => (await import("./host/resolve-url.ts")).resolveUrl(text),
    onStop: (text) => {
      lastWords = text;
    },
    onSignal: (hear) => {
      onSignal = hear;
    },
    canAsk: isatty(process.stdin.fd) && isatty(process.stderr.fd),
    input: process.stdin,
  };
}

function toOutput(stream: typeof process.stdout | typeof process.stderr): Output {
  const isTerminal = isatty(stream.fd);
  return {
    write: (text) => void stream.write(text),
    isTerminal,
    // A terminal that does not know its size says 0.
    columns: isTerminal && stream.columns > 0 ? stream.columns : null,
  };
}

/** Ends sessions on other hosts, then dies of the signal itself, so that a shell or a loop sees what happened. */
function stopOn(signal: EndSignal): void {
  const hear = (): void => {
    if (onSignal !== null) {
      onSignal(signal);
      return;
    }
    process.off(signal, hear);
    stoppedBy = signal;
    if (process.stderr.isTTY) process.stderr.write("\r\u001b[2K");
    // A terminal that was closed reads nothing any more.
    if (lastWords !== null && signal !== "SIGHUP") process.stderr.write(`${lastWords}\n`);
    void Promise.allSettled([...openHosts].map((host) => host.close())).then(() => process.kill(process.pid, signal));
  };
  process.on(signal, hear);
}

/** Whatever was not foreseen ends here, and never with a code that could be taken for an answer. */
function reportBug(error: unknown): void {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(
    `portlock: error bug: this is a bug of Portlock ${manifest.version}; please report it:\n${stack}\n`,
  );
  stop(3);
}

function stop(exitCode: number): void {
  // oxlint-disable-next-line unicorn/no-process-exit -- nobody reads any more, or nothing can be trusted any more
  process.exit(exitCode);
}

for (const stream of [process.stdout, process.stderr]) {
  // `portlock audit | head` is no error; the shell takes 141 for a writer whose reader is gone.
  stream.on("error", (error: NodeJS.ErrnoException) => (error.code === "EPIPE" ? stop(141) : reportBug(error)));
}
process.on("uncaughtException", reportBug);
process.exitCode = await main(process.argv.slice(2));
// A command may come to its own end while hosts are closed: it was interrupted all the same.
if (stoppedBy !== null) process.kill(process.pid, stoppedBy);
