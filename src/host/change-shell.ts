import { randomBytes } from "node:crypto";
import { startChangeRequest } from "./change-requests.ts";
import { beatRequest, holdRequest, releaseRequest } from "./lock-requests.ts";
import type { ShellOutcome } from "./remote-shell.ts";
import { ReplyReader } from "./reply-reader.ts";
import type { ShellReply } from "./reply-reader.ts";
import type { ShellProcess } from "./shell-process.ts";
import { parseShellTools } from "./shell-requests.ts";
import type { ShellRequest } from "./shell-requests.ts";

/** How shells are opened and ended on the host. */
export interface ShellSource {
  /** Rejects where there is no host to open one on. */
  open(): Promise<ShellProcess>;
  /** Ends a process group of ours that no longer answers. */
  endGroup(group: number): Promise<void>;
  /** How long the host waits for a holder of its lock that is not heard from; 0 where it would see its end. */
  readonly idleSeconds: number;
}

interface OpenShell {
  readonly process: ShellProcess;
  readonly reader: ReplyReader;
  /** Looks whether the reply that is waited for is there. */
  onData: () => void;
  group: number | null;
}

const START_TIMEOUT_MS = 30_000;
const CLOSE_GRACE_MS = 1_000;
/** For each second that the host waits: four beats in that time. */
const BEAT_MS = 250;
/** More than the requests let a reply be: a host that says more than this is not listened to. */
const REPLY_LIMIT_BYTES = 4 * 1024 * 1024;

/**
 * A POSIX shell that changes its host. Unlike a `RemoteShell` it is asked for one thing at a time and never for the
 * same thing twice: what is not answered is told as such, and only the next request goes to a new shell.
 */
export class ChangeShell {
  readonly #source: ShellSource;
  #shell: OpenShell | null = null;
  #turn: Promise<unknown> = Promise.resolve();
  #isClosed: boolean = false;
  /** The shell that took a lock which was not released yet. */
  #holder: OpenShell | null = null;
  #beat: NodeJS.Timeout | undefined;
  #isBeating: boolean = false;

  constructor(source: ShellSource) {
    this.#source = source;
  }

  /** Resolves to how one request ended; rejects where the host cannot be reached at all. */
  ask(request: ShellRequest, timeoutMs: number): Promise<ShellOutcome> {
    return this.#inTurn(() => this.#askNow(request, timeoutMs));
  }

  /** Takes the lock of that path. From then on, until its release, nothing is asked of a shell that does not have it. */
  hold(path: string, timeoutMs: number): Promise<ShellOutcome> {
    return this.#inTurn(async () => {
      if (this.#holder !== null && this.#holder === this.#shell) return { kind: "lost", detail: "held" };
      const { idleSeconds } = this.#source;
      const outcome = await this.#askNow(holdRequest(path, idleSeconds), timeoutMs);
      if (outcome.kind !== "replied" || outcome.reply.status !== "0") return outcome;
      this.#holder = this.#shell;
      if (idleSeconds > 0) this.#beat = setInterval(() => this.#beatOnce(timeoutMs), idleSeconds * BEAT_MS);
      return outcome;
    });
  }

  /** Gives the lock back where this shell still has it. */
  async release(timeoutMs: number): Promise<void> {
    clearInterval(this.#beat);
    await this.#inTurn(async () => {
      const holder = this.#holder;
      this.#holder = null;
      if (holder !== null && holder === this.#shell) await this.#askNow(releaseRequest, timeoutMs);
    });
  }

  /** Ends the shell once the command at work has ended, and waits a moment for it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#beat);
    const process = this.#shell?.process;
    if (process === undefined) return;
    process.input.end();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, CLOSE_GRACE_MS);
    await Promise.race([process.ended, promise]);
    clearTimeout(timer);
    process.abandon();
  }

  #beatOnce(timeoutMs: number): void {
    if (this.#isBeating) return;
    this.#isBeating = true;
    void this.#inTurn(async () => {
      if (this.#holder !== null && this.#holder === this.#shell) await this.#askNow(beatRequest, timeoutMs);
      this.#isBeating = false;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #askNow(request: ShellRequest, timeoutMs: number): Promise<ShellOutcome> {
    if (this.#isClosed) return { kind: "lost", detail: "nothing was done: closed" };
    if (this.#holder !== null && this.#holder !== this.#shell) {
      return { kind: "lost", detail: "nothing was done: the lock is lost" };
    }
    const shell = this.#shell ?? (await this.#start());
    if (typeof shell === "string") return { kind: "lost", detail: `nothing was done: ${shell}` };
    const outcome = await exchange(shell, request, timeoutMs);
    if (typeof outcome !== "string") return { kind: "replied", reply: outcome };
    const isOver = this.#shell !== shell;
    if (!isOver) await this.#giveUp(shell);
    return { kind: isOver ? "lost" : "timeout", detail: `it is not known whether it was done: ${outcome}` };
  }

  /** A shell that has answered, or why there is none. */
  async #start(): Promise<OpenShell | string> {
    const process = await this.#source.open();
    const shell: OpenShell = { process, reader: new ReplyReader(), onData: () => {}, group: null };
    this.#shell = shell;
    process.input.on("error", () => {}); // the end of the process tells more
    process.output.on("error", () => {});
    process.output.on("data", (chunk: Buffer) => {
      shell.reader.push(chunk);
      shell.onData();
    });
    void process.ended.then(() => {
      if (this.#shell === shell) this.#shell = null;
    });
    const outcome = await exchange(shell, startChangeRequest, START_TIMEOUT_MS);
    const tools = typeof outcome === "string" ? null : parseShellTools(outcome.errors);
    if (tools === null) {
      await this.#giveUp(shell);
      return typeof outcome === "string" ? outcome : "no POSIX shell";
    }
    shell.group = tools.group;
    return shell;
  }

  async #giveUp(shell: OpenShell): Promise<void> {
    if (this.#shell === shell) this.#shell = null;
    shell.process.input.end();
    if (shell.group !== null) await this.#source.endGroup(shell.group);
    shell.process.abandon();
  }
}

/** Sends a request once and waits for its reply; a text says why there is none. */
async function exchange(shell: OpenShell, request: ShellRequest, timeoutMs: number): Promise<ShellReply | string> {
  const nonce = randomBytes(16).toString("hex");
  const { promise, resolve } = Promise.withResolvers<ShellReply | string>();
  shell.onData = () => {
    const reply = shell.reader.take(nonce);
    if (reply) resolve(reply);
    else if (shell.reader.pendingBytes > REPLY_LIMIT_BYTES) resolve(`more than ${REPLY_LIMIT_BYTES} bytes`);
  };
  const timer = setTimeout(() => resolve(`no answer within ${timeoutMs} ms`), timeoutMs);
  void shell.process.ended.then((lastWords) => resolve(lastWords || "the shell has ended"));
  // In braces: a shell runs the last line it got even where the rest is missing, but never half a compound command.
  shell.process.input.write(`{ ${request(nonce)}}\n`);
  const outcome = await promise;
  clearTimeout(timer);
  shell.onData = () => {};
  return outcome;
}
