import { randomBytes } from "node:crypto";
import { ReplyReader } from "./reply-reader.ts";
import type { ShellReply } from "./reply-reader.ts";
import type { ShellProcess } from "./shell-process.ts";
import { parseShellTools, startRequest } from "./shell-requests.ts";
import type { ShellRequest, ShellTools } from "./shell-requests.ts";

/** What came of one request: a reply, or why there is none. `lost`: the session itself is gone. */
export type ShellOutcome =
  | { readonly kind: "replied"; readonly reply: ShellReply }
  | { readonly kind: "timeout" | "too-large" | "lost"; readonly detail: string };

export interface ReplyLimits {
  readonly timeoutMs: number;
  readonly bytes: number;
}

interface Waiting {
  readonly request: ShellRequest;
  readonly limits: ReplyLimits;
  readonly resolve: (outcome: ShellOutcome) => void;
  nonce: string;
  sentAt: number;
}

/** Frames and error texts come on top of what was asked for. */
const FRAME_BYTES = 128 * 1024;
/** What a login may print before the shell answers. */
const START_BYTES = 1024 * 1024;
/** A host on which more requests than this hang is not worth more waiting. */
const REOPEN_LIMIT = 8;

/**
 * A POSIX shell on another machine, asked through its input. Requests are sent at once and answered in order,
 * so many of them cost one round trip. One that exceeds its time or size is given up together with its shell;
 * the others are asked again in a new shell of the same login (they only read, so asking twice is the same).
 */
export class RemoteShell {
  readonly #reopen: () => ShellProcess;
  readonly #startTimeoutMs: number;
  #process: ShellProcess;
  #reader: ReplyReader = new ReplyReader();
  #waiting: Waiting[] = [];
  #timer: NodeJS.Timeout | undefined;
  #reopened: number = 0;
  #lost: string | null = null;
  #busyGroup: number | null = null;
  #replies: number = 0;
  #repliesMs: number = 0;
  /** Settles when the first shell has answered, or cannot. */
  readonly started: Promise<ShellOutcome>;
  #tools: ShellTools | null = null;

  constructor(first: ShellProcess, reopen: () => ShellProcess, startTimeoutMs: number) {
    this.#reopen = reopen;
    this.#startTimeoutMs = startTimeoutMs;
    this.#process = first;
    this.#listen(first);
    this.started = this.#start(null);
  }

  /** Tools of the host; null before the first shell has answered. */
  get tools(): ShellTools | null {
    return this.#tools;
  }

  /** Why the session is gone, or null while it lives. */
  get lost(): string | null {
    return this.#lost;
  }

  /** What passed on average between a request and its reply: a round trip, and what a busy host adds. */
  get averageMs(): number {
    return this.#replies === 0 ? 0 : this.#repliesMs / this.#replies;
  }

  /** What the other side has said that is no reply: the greeting of a login, or of another program. */
  get unclaimed(): string {
    return this.#reader.pendingText;
  }

  /** Process group of a shell that was still at work when the session was lost. */
  get busyGroup(): number | null {
    return this.#busyGroup;
  }

  /** Never rejects. */
  ask(request: ShellRequest, limits: ReplyLimits): Promise<ShellOutcome> {
    if (this.#lost !== null) return Promise.resolve({ kind: "lost", detail: this.#lost });
    const { promise, resolve } = Promise.withResolvers<ShellOutcome>();
    const waiting = { request, limits, resolve, nonce: "", sentAt: 0 };
    this.#waiting.push(waiting);
    this.#send(waiting);
    if (this.#waiting.length === 1) this.#watchFirst();
    return promise;
  }

  async #start(stuckGroup: number | null): Promise<ShellOutcome> {
    const limits = { timeoutMs: this.#startTimeoutMs, bytes: START_BYTES };
    const { promise, resolve } = Promise.withResolvers<ShellOutcome>();
    const waiting = { request: startRequest(stuckGroup), limits, resolve, nonce: "", sentAt: 0 };
    this.#waiting.unshift(waiting);
    for (const each of this.#waiting) this.#send(each);
    this.#watchFirst();
    const outcome = await promise;
    if (outcome.kind === "replied") this.#tools = parseShellTools(outcome.reply.errors);
    else this.lose(outcome.detail);
    return outcome;
  }

  #send(waiting: Waiting): void {
    waiting.nonce = randomBytes(16).toString("hex");
    waiting.sentAt = performance.now();
    this.#process.input.write(waiting.request(waiting.nonce));
  }

  #listen(process: ShellProcess): void {
    process.input.on("error", () => {}); // the end of the process tells more
    process.output.on("error", () => {});
    process.output.on("data", (chunk: Buffer) => {
      if (process !== this.#process || this.#lost !== null) return;
      this.#reader.push(chunk);
      this.#takeReplies();
    });
    void process.ended.then((lastWords) => {
      if (process === this.#process) this.lose(lastWords);
    });
  }

  #takeReplies(): void {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      const { bytes } = first.limits;
      const detail = `more than ${bytes} bytes`;
      const reply = this.#reader.take(first.nonce);
      if (!reply && this.#reader.pendingBytes > bytes + FRAME_BYTES) return this.#giveUp("too-large", detail);
      if (!reply) return;
      this.#waiting.shift();
      this.#replies += 1;
      this.#repliesMs += performance.now() - first.sentAt;
      first.resolve(reply.output.length > bytes ? { kind: "too-large", detail } : { kind: "replied", reply });
      this.#watchFirst();
    }
  }

  /** Each request has its time from the moment it is the next to be answered. */
  #watchFirst(): void {
    clearTimeout(this.#timer);
    const first = this.#waiting[0];
    if (first === undefined) return;
    const { timeoutMs } = first.limits;
    this.#timer = setTimeout(() => this.#giveUp("timeout", `no answer within ${timeoutMs} ms`), timeoutMs);
  }

  #giveUp(kind: "timeout" | "too-large", detail: string): void {
    const stuckGroup = this.#tools?.group ?? null;
    this.#waiting.shift()?.resolve({ kind, detail });
    this.#reopened += 1;
    if (stuckGroup === null) return this.lose(detail);
    if (this.#reopened > REOPEN_LIMIT) return this.lose("too many requests hang on this host");
    this.#process = this.#reopen();
    this.#reader = new ReplyReader();
    this.#listen(this.#process);
    void this.#start(stuckGroup);
  }

  /** Asks nothing more; whoever still waits learns the reason. The processes are ended by their owner. */
  lose(detail: string): void {
    this.#lost ??= detail;
    if (this.#waiting.length > 0) this.#busyGroup = this.#tools?.group ?? null;
    clearTimeout(this.#timer);
    for (const { resolve } of this.#waiting.splice(0)) resolve({ kind: "lost", detail: this.#lost });
  }
}
