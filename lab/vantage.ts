import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT_ENVIRONMENT } from "./command.ts";
import { type Answer, type Connection, parseAnswer, parseConnection, type Probe } from "./probe.ts";

export interface GetOptions {
  /** Origin form, with its slash. Default: `/`. */
  readonly path?: string;
  /** Replaces `Host` too, where it names it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** For the connection; a server that took it has seconds to answer. */
  readonly timeoutMs?: number;
}

/** No connection for this long counts as `timeout`; everything in the lab is one or two hops away. */
const PROBE_TIMEOUT_MS = 1_000;
const PATIENCE_MS = 30_000;

/**
 * A place from which connections are really tried: a network namespace, and the user who tries. A prober is
 * started there at the first try and waits for the next ones.
 */
export class Vantage {
  readonly name: string;
  readonly #namespacePath: string;
  readonly #uid: number | null;
  #prober: Prober | null = null;

  /** `namespacePath` is a file of nsfs; `uid` null means root. */
  constructor(name: string, namespacePath: string, uid: number | null = null) {
    this.name = name;
    this.#namespacePath = namespacePath;
    this.#uid = uid;
  }

  /**
   * Opens a TCP connection to a numeric address, which says the family; a link-local one carries this
   * place's zone, `fe80::77:10%eth0`. An open port is `connected`, even where nobody answers behind it. With `keep`
   * the connection stays open until this place is closed.
   */
  async connect(
    address: string,
    port: number,
    options: { readonly timeoutMs?: number; readonly keep?: boolean } = {},
  ): Promise<Connection> {
    const { timeoutMs = PROBE_TIMEOUT_MS, keep = false } = options;
    return parseConnection(await this.#ask({ kind: "connect", address, port, timeoutMs, keep }));
  }

  /** Asks over the connection that was kept last: `connected` where something is answered, else why not. */
  async askKept(options: { readonly timeoutMs?: number } = {}): Promise<Connection> {
    const { timeoutMs = PROBE_TIMEOUT_MS } = options;
    return parseConnection(await this.#ask({ kind: "ask-kept", timeoutMs }));
  }

  /** Makes one real HTTP GET, without redirects, proxies or kept connections. */
  async get(address: string, port: number, options: GetOptions = {}): Promise<Answer> {
    const { path = "/", headers = {}, timeoutMs = PROBE_TIMEOUT_MS } = options;
    return parseAnswer(await this.#ask({ kind: "get", address, port, path, headers, timeoutMs }));
  }

  /** Arguments that run what follows them at this place, as root of the machine. */
  get entry(): readonly string[] {
    return ["nsenter", `--net=${this.#namespacePath}`, "--"];
  }

  /** Ends the prober. Safe to call twice. */
  close(): void {
    this.#prober?.child.kill("SIGKILL");
    this.#prober = null;
  }

  #ask(probe: Probe): Promise<string> {
    this.#prober ??= startProber(this.#namespacePath, this.#uid);
    return this.#prober.ask(JSON.stringify(probe));
  }
}

interface Prober {
  readonly child: ChildProcessWithoutNullStreams;
  /** Hands over a line and waits for the line that answers it: tried at once, answered one after the other. */
  ask(line: string): Promise<string>;
}

function startProber(namespacePath: string, uid: number | null): Prober {
  const program = [process.execPath, join(import.meta.dirname, "prober.ts"), ...(uid === null ? [] : [String(uid)])];
  const child = spawn("nsenter", [`--net=${namespacePath}`, "--", ...program], { env: ROOT_ENVIRONMENT });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString("utf8")));
  child.stdin.on("error", () => {}); // told by the missing line
  child.on("error", (error) => (complaint += error.message));
  letGo(child);

  async function readLine(): Promise<string> {
    const line = await lines.next();
    if (line.done === true) throw new Error(`lab: no prober at ${namespacePath}: ${complaint}`);
    return line.value;
  }
  let previous: Promise<unknown> = readLine(); // it says "ready" first
  return {
    child,
    ask(line) {
      child.stdin.write(`${line}\n`);
      const answer = previous.then(readLine);
      previous = answer;
      return withinPatience(answer, `${namespacePath} ${line}`);
    },
  };
}

/** A waiting prober does not keep a test run alive; the timer of a question that is under way does. */
function letGo(child: ChildProcessWithoutNullStreams): void {
  child.unref();
  for (const stream of [child.stdin, child.stdout, child.stderr]) {
    if (stream instanceof Socket) stream.unref();
  }
}

async function withinPatience<T>(promise: Promise<T>, what: string): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`lab: no word from the prober: ${what}`)), PATIENCE_MS);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
