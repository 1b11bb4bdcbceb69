import * as net from "node:net";
import { FILE_LIMIT_BYTES, LONGEST_LAG_MS, OUTPUT_LIMIT_BYTES, READ_TIMEOUT_MS } from "./host.ts";
import type { FileStatus, HostReader, Link, Output, Reading, ReadRequest, RequestOutcome } from "./host.ts";
import { refuseRequest, sendRequest } from "./http-request.ts";
import { parseLinkPattern } from "./link-pattern.ts";
import type { ReadCommand } from "./read-command.ts";
import { RemoteShell } from "./remote-shell.ts";
import type { ShellReply } from "./reply-reader.ts";
import { formatCommand } from "./shell-quote.ts";
import { toFileText, toLinks, toNames, toOutput, toStatus } from "./shell-replies.ts";
import type { ShellProcess } from "./shell-process.ts";
import * as requests from "./shell-requests.ts";
import { SshClient } from "./ssh-client.ts";
import { toLoginError, toNoAnswerOverSsh, toNoShellError } from "./ssh-failure.ts";
import { parseSshTarget } from "./ssh-target.ts";

const LOGIN_TIMEOUT_MS = 30_000;
/** To open a stream to a listener takes a round trip, to ask it one more. */
const ROUND_TRIPS = 2;

export interface SshSettings {
  /** Read instead of the user's SSH configuration. */
  readonly configFile?: string;
  /** Default: 30 seconds. */
  readonly loginTimeoutMs?: number;
  /** For one file or command; default `READ_TIMEOUT_MS`. */
  readonly timeoutMs?: number;
  /** Largest output of a command; default `OUTPUT_LIMIT_BYTES`. */
  readonly outputBytes?: number;
}

/**
 * The door to a machine behind SSH, through the OpenSSH client and the user's own configuration of it. The
 * login begins at once. Where it fails every verb rejects with a `HostError`; once it has succeeded whatever
 * goes wrong is a failed reading. Nothing is written on the other machine, and nothing needs to be there but a
 * POSIX shell and the usual tools. Throws a `HostError` where the target is none.
 */
export function openSshHost(target: string, settings: SshSettings = {}): HostReader {
  return toReader(new SshSession(target, settings));
}

/** The reading verbs of a session, and nothing else of it. */
export function toReader(session: SshSession): HostReader {
  return {
    target: session.target,
    get lagMs() {
      return session.lagMs;
    },
    readFile: (path, maxBytes) => session.readFile(path, maxBytes),
    listDirectory: (path) => session.listDirectory(path),
    readLinks: (pattern) => session.readLinks(pattern),
    stat: (path) => session.stat(path),
    run: (command) => session.run(command),
    request: (request) => session.request(request),
    close: () => session.close(),
  };
}

/** One login, and everything that goes through it. */
export class SshSession implements HostReader {
  readonly target: string;
  readonly #client: SshClient;
  readonly #shell: RemoteShell;
  readonly #tools: Promise<requests.ShellTools>;
  readonly #timeoutMs: number;
  readonly #outputBytes: number;
  readonly #closing: AbortController = new AbortController();
  #closed: Promise<void> | undefined;
  /** Settles when the next stream may be opened alone; see `Forward.refusal`. */
  #turn: Promise<void> = Promise.resolve();

  constructor(target: string, settings: SshSettings) {
    this.target = target;
    this.#timeoutMs = settings.timeoutMs ?? READ_TIMEOUT_MS;
    this.#outputBytes = settings.outputBytes ?? OUTPUT_LIMIT_BYTES;
    const client = new SshClient(parseSshTarget(target), settings.configFile ?? null);
    this.#client = client;
    this.#shell = new RemoteShell(client.login, () => client.openShell(), settings.loginTimeoutMs ?? LOGIN_TIMEOUT_MS);
    this.#tools = this.#logIn();
    this.#tools.catch(() => {}); // told by the first verb that is called
  }

  async readFile(path: string, maxBytes: number = FILE_LIMIT_BYTES): Promise<Reading<string>> {
    const most = maxBytes + 1;
    return (
      refusePath(path) ??
      (await this.#ask(requests.fileRequest(path, most), path, most, (reply) => toFileText(reply, path, maxBytes)))
    );
  }

  async listDirectory(path: string): Promise<Reading<readonly string[]>> {
    const limit = this.#outputBytes;
    return (
      refusePath(path) ?? (await this.#ask(requests.namesRequest(path), path, limit, (reply) => toNames(reply, path)))
    );
  }

  async readLinks(pattern: string): Promise<Reading<{ readonly links: readonly Link[]; readonly denied: number }>> {
    const parsed = parseLinkPattern(pattern);
    if (!parsed) return { ok: false, why: "failed", from: pattern, detail: "not a pattern of links" };
    return await this.#ask(requests.linksRequest(parsed), pattern, this.#outputBytes, (reply, tools) =>
      toLinks(reply, pattern, parsed, tools),
    );
  }

  async stat(path: string): Promise<Reading<FileStatus>> {
    return (
      refusePath(path) ??
      (await this.#ask(requests.statusRequest(path), path, this.#outputBytes, (reply, tools) =>
        toStatus(reply, path, tools, new Date()),
      ))
    );
  }

  async run(command: ReadCommand): Promise<Reading<Output>> {
    const words: readonly string[] = command;
    const from = formatCommand(words);
    if (words.some((word) => word.includes("\0"))) return { ok: false, why: "absent", from, detail: "a NUL byte" };
    return await this.#ask(requests.commandRequest(words), from, this.#outputBytes, (reply) => toOutput(reply, from));
  }

  get lagMs(): number {
    return Math.min(LONGEST_LAG_MS, ROUND_TRIPS * this.#shell.averageMs);
  }

  /** The request is made here, through a byte stream that the other machine opens: it needs no tool there. */
  async request(request: ReadRequest): Promise<RequestOutcome> {
    await this.#tools;
    const refused = refuseRequest(request);
    if (refused !== null) return refused;
    if (this.#shell.lost !== null) return { kind: "not-possible", detail: this.#shell.lost };
    const path = await this.#client.openSocket(request.address, request.port);
    return (path === null ? null : await this.#requestThrough(path, request)) ?? (await this.#requestAlone(request));
  }

  /** A further shell in the same login. Rejects with a `HostError` where the login fails. */
  async openShell(): Promise<ShellProcess> {
    await this.#tools;
    return this.#client.openShell();
  }

  /** Ends a process group of ours on the other host. */
  async endGroup(group: number): Promise<void> {
    if (this.#shell.lost === null) await this.#client.endRemoteGroup(group);
  }

  async close(): Promise<void> {
    this.#closed ??= this.#end();
    await this.#closed;
  }

  /**
   * Null where the connection just ended, and it cannot be told why: streams were refused meanwhile, and this may
   * have been one of them.
   */
  async #requestThrough(path: string, request: ReadRequest): Promise<RequestOutcome | null> {
    let stream: net.Socket | undefined;
    let isCarried = false;
    const before = this.#client.refusalCount;
    const outcome = await sendRequest(request, {
      signal: this.#closing.signal,
      lagMs: this.lagMs,
      connect: () => {
        stream = net.connect({ path }, () => {
          isCarried = true;
        });
        return stream;
      },
    });
    if (outcome.kind === "answered" || outcome.kind === "timeout" || (stream?.bytesRead ?? 0) > 0) return outcome;
    const refusals = isCarried ? await this.#client.readRefusals(before) : null;
    if (refusals?.length === 0) return outcome;
    const forbidden = refusals?.every((reason) => toNoAnswerOverSsh(reason).kind === "not-possible") === true;
    return forbidden ? toNoAnswerOverSsh(refusals[0] ?? "") : null;
  }

  async #requestAlone(request: ReadRequest): Promise<RequestOutcome> {
    const mine = this.#turn;
    const next = Promise.withResolvers<void>();
    this.#turn = next.promise;
    await mine;
    try {
      return await this.#requestInTurn(request, next.resolve);
    } finally {
      next.resolve();
    }
  }

  async #end(): Promise<void> {
    this.#closing.abort();
    this.#shell.lose("closed");
    const { busyGroup } = this.#shell;
    if (busyGroup !== null) await this.#client.endRemoteGroup(busyGroup);
    await this.#client.close();
  }

  async #logIn(): Promise<requests.ShellTools> {
    const outcome = await this.#shell.started;
    if (outcome.kind === "replied" && this.#shell.tools) return this.#shell.tools;
    const isShellMissing = outcome.kind === "replied" || outcome.kind === "too-large" || this.#client.endedByHost;
    const said = [outcome.kind === "lost" ? outcome.detail : "", this.#shell.unclaimed];
    this.#shell.lose("no POSIX shell");
    await this.#client.close();
    if (isShellMissing) throw toNoShellError(this.target, said);
    throw toLoginError(this.target, outcome.detail, outcome.kind === "timeout");
  }

  async #requestInTurn(request: ReadRequest, endTurn: () => void): Promise<RequestOutcome> {
    let refusal: Promise<string | null> = Promise.resolve(null);
    const outcome = await sendRequest(request, {
      signal: this.#closing.signal,
      lagMs: this.lagMs,
      connect: () => {
        const forward = this.#client.openForward(request.address, request.port);
        void forward.opened.then(endTurn);
        refusal = forward.refusal();
        return forward.stream;
      },
    });
    if (outcome.kind === "answered") return outcome;
    const reason = await refusal;
    if (this.#shell.lost !== null) return { kind: "not-possible", detail: this.#shell.lost };
    return reason === null ? outcome : toNoAnswerOverSsh(reason);
  }

  async #ask<T>(
    request: requests.ShellRequest,
    from: string,
    bytes: number,
    toReading: (reply: ShellReply, tools: requests.ShellTools) => Reading<T>,
  ): Promise<Reading<T>> {
    // Asked before the login is done: the requests then wait on the other side for nothing but the shell.
    const outcome = await this.#shell.ask(request, { timeoutMs: this.#timeoutMs, bytes });
    const tools = await this.#tools;
    if (outcome.kind === "replied") return toReading(outcome.reply, tools);
    return { ok: false, why: outcome.kind === "lost" ? "failed" : outcome.kind, from, detail: outcome.detail };
  }
}

function refusePath(path: string): Reading<never> | null {
  if (!path.startsWith("/")) return { ok: false, why: "failed", from: path, detail: "not an absolute path" };
  if (path.includes("\0")) return { ok: false, why: "absent", from: path, detail: "a NUL byte" };
  return null;
}
