import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex, Writable } from "node:stream";
import { setImmediate as turnOfEventLoop } from "node:timers/promises";
import { killGroup } from "./run-command.ts";
import { keepLog, LOG_LIMIT, toShellProcess, waitForEnd } from "./shell-process.ts";
import type { ShellProcess } from "./shell-process.ts";
import { SHELL_COMMAND } from "./shell-requests.ts";
import type { SshTarget } from "./ssh-target.ts";

/** A byte stream to an address as the other host reaches it. */
export interface Forward {
  readonly stream: Duplex;
  /** Settles when the other host has connected, or cannot. */
  readonly opened: Promise<void>;
  /** After the stream has ended: the reason why it was never opened, or null. */
  refusal(): Promise<string | null>;
}

interface WantedSocket {
  readonly path: string;
  readonly place: string;
  readonly resolve: (path: string | null) => void;
}

const CLOSE_GRACE_MS = 1_000;
const REFUSAL_WAIT_MS = 250;

/**
 * What is set on top of the user's SSH configuration: nothing is asked (so nothing hangs on a prompt), nothing
 * is forwarded to or from the host, a dead connection is noticed. How host keys are checked is the user's.
 */
const LOGIN_OPTIONS: readonly string[] = [
  ["BatchMode", "yes"],
  ["ClearAllForwardings", "yes"],
  ["ConnectTimeout", "15"],
  ["ControlPersist", "no"],
  ["LogLevel", "INFO"],
  ["PermitLocalCommand", "no"],
  ["RemoteCommand", "none"],
  ["ServerAliveCountMax", "3"],
  ["ServerAliveInterval", "5"],
  ["Tunnel", "no"],
].map(([name, value]) => `-o${name}=${value}`);

/**
 * For the channels inside that login. They reach the host through the control socket only: should it be gone,
 * the failing ProxyCommand keeps the client from logging in a second time.
 */
const CHANNEL_OPTIONS: readonly string[] = [
  "-F/dev/null",
  "-oBatchMode=yes",
  "-oControlMaster=no",
  "-oProxyCommand=false",
];

/**
 * The OpenSSH client: one login, with further shells and byte streams multiplexed over it through a control
 * socket in a private directory. The first shell keeps the login alive and ends when its input does, so
 * nothing stays behind even where Portlock is killed.
 */
export class SshClient {
  readonly #directory: string;
  readonly #socket: string;
  /** Every client that runs, with its end. */
  readonly #children: Map<ChildProcessWithoutNullStreams, Promise<void>> = new Map();
  readonly #refusals: string[] = [];
  #onRefusal: (() => void) | undefined;
  /** Sockets of `openSocket`, by where they lead. */
  readonly #sockets: Map<string, Promise<string | null>> = new Map();
  readonly #wantedSockets: WantedSocket[] = [];
  /** Of every refusal there was, in their order. */
  readonly #reasons: string[] = [];
  /** Streams given up before they were opened: their refusal may come much later. */
  #overdue: number = 0;
  readonly #loginChild: ChildProcessWithoutNullStreams;
  /** The login itself, and the first shell in it. */
  readonly login: ShellProcess;

  constructor(target: SshTarget, configFile: string | null) {
    this.#directory = mkdtempSync(join(tmpdir(), "portlock-")); // mode 0700
    this.#socket = join(this.#directory, "control");
    const words = ["-T", "-a", "-x", "-M", "-S", escapePercent(this.#socket), ...LOGIN_OPTIONS];
    if (configFile !== null) words.push("-F", configFile);
    if (target.user !== null) words.push("-l", target.user);
    if (target.port !== null) words.push("-p", String(target.port));
    const child = this.#spawn([...words, "--", target.host, SHELL_COMMAND]);
    let unfinished = "";
    child.stderr.on("data", (chunk: Buffer) => {
      const lines = (unfinished + chunk.toString("utf8")).slice(-LOG_LIMIT).split(/\r?\n/);
      unfinished = lines.pop() ?? "";
      for (const line of lines) this.#noteRefusal(line);
    });
    this.#loginChild = child;
    this.login = toShellProcess(child);
    process.once("exit", this.#abandon);
  }

  /** Where Portlock ends without closing, as by a bug. */
  readonly #abandon = (): void => {
    // Removed first: a client that ends removes its socket too, and two at once leave the directory there.
    rmSync(this.#directory, { recursive: true, force: true });
    for (const child of this.#children.keys()) killGroup(child, "SIGTERM");
  };

  /** True where the login has ended by the other side's doing: the client itself fails with 255. */
  get endedByHost(): boolean {
    const { exitCode } = this.#loginChild;
    // Negative where there was no client to start.
    return exitCode !== null && exitCode >= 0 && exitCode !== 255;
  }

  /** A further shell in the same login. */
  openShell(): ShellProcess {
    return toShellProcess(this.#spawnShell());
  }

  /**
   * Path of a socket, in the private directory, whose connections the other host carries on to an address; null
   * where the client makes none. Where the other host cannot connect, a connection just ends: `openForward` says why.
   */
  openSocket(address: string, port: number): Promise<string | null> {
    const place = toPlace(address, port);
    const known = this.#sockets.get(place);
    if (known !== undefined) return known;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    if (this.#wantedSockets.length === 0) setImmediate(() => void this.#makeSockets());
    this.#wantedSockets.push({ path: join(this.#directory, `socket-${this.#sockets.size}`), place, resolve });
    this.#sockets.set(place, promise);
    return promise;
  }

  /** All that are wanted at one time by one client: each one takes longer than what it is for. */
  async #makeSockets(): Promise<void> {
    const wanted = this.#wantedSockets.splice(0);
    const words = wanted.flatMap(({ path, place }) => ["-L", `${path}:${place}`]);
    const child = this.#spawn([...this.#channelWords(), "-O", "forward", ...words, "--", "portlock"]);
    child.stdin.on("error", () => {});
    await waitForEnd(child);
    for (const { path, resolve } of wanted) resolve(child.exitCode === 0 ? path : null);
  }

  /** How many streams the other host has refused, as far as its log was read. */
  get refusalCount(): number {
    return this.#reasons.length;
  }

  /**
   * Why streams were refused after the first so many, with every one that is seen to have ended: the log is written
   * before the end.
   */
  async readRefusals(after: number): Promise<readonly string[]> {
    await turnOfEventLoop(); // this one's end
    await turnOfEventLoop(); // one in which everything was read that waited to be
    return this.#reasons.slice(after);
  }

  /** Connects to an address from the other host. Open one after the other: see `Forward.refusal`. */
  openForward(address: string, port: number): Forward {
    const child = this.#spawn([...this.#channelWords(), "-v", "-W", toPlace(address, port), "--", "portlock"]);
    const words = keepLog(child);
    const { promise: opened, resolve } = Promise.withResolvers<void>();
    let isOpen = false;
    child.stderr.on("data", () => {
      if (!words().includes("master session id")) return;
      isOpen = true;
      resolve();
    });
    const ended = waitForEnd(child);
    void ended.then(resolve);
    const stream = Duplex.from({ readable: child.stdout, writable: toLastingInput(child) });
    stream.on("close", () => killGroup(child));
    this.#refusals.length = 0;
    return {
      stream,
      opened,
      refusal: async () => {
        await ended;
        if (isOpen) return null;
        if (words().includes("Session open refused by peer")) return await this.#takeRefusal();
        this.#overdue += 1;
        return null;
      },
    };
  }

  /** Ends a process group of ours on the other host: `sshd` leaves it alone when the session ends. */
  async endRemoteGroup(group: number): Promise<void> {
    const child = this.#spawnShell();
    child.stdin.on("error", () => {});
    child.stdin.end(`kill -s KILL -- -${group}\n`);
    const timer = setTimeout(() => killGroup(child), CLOSE_GRACE_MS);
    await waitForEnd(child);
    clearTimeout(timer);
  }

  /** Ends the login and everything in it, and removes the control socket. */
  async close(): Promise<void> {
    for (const child of this.#children.keys()) killGroup(child, "SIGTERM");
    const timer = setTimeout(() => {
      for (const child of this.#children.keys()) killGroup(child);
    }, CLOSE_GRACE_MS);
    await Promise.all(this.#children.values());
    clearTimeout(timer);
    process.removeListener("exit", this.#abandon);
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #spawnShell(): ChildProcessWithoutNullStreams {
    return this.#spawn([...this.#channelWords(), "-T", "--", "portlock", SHELL_COMMAND]);
  }

  #channelWords(): readonly string[] {
    return [...CHANNEL_OPTIONS, "-S", escapePercent(this.#socket)];
  }

  #spawn(words: readonly string[]): ChildProcessWithoutNullStreams {
    // In a group of its own, so that an interrupt typed at the terminal reaches Portlock first. LC_ALL: the
    // client's messages are read here. SSH_ASKPASS_REQUIRE: BatchMode is not handed on to a client that the
    // user's configuration starts for a jump host.
    const env = { ...process.env, LC_ALL: "C", SSH_ASKPASS_REQUIRE: "never" };
    const child = spawn("ssh", words, { env, stdio: "pipe", detached: true });
    child.on("error", () => {}); // told by the end of the process
    this.#children.set(
      child,
      waitForEnd(child).then(() => void this.#children.delete(child)),
    );
    return child;
  }

  /**
   * The login's own log is the only place that says why a stream was refused. It names no stream, so streams
   * are opened one after the other. After the start the other host cannot write into this log.
   */
  #noteRefusal(line: string): void {
    const reason = /^channel \d+: open failed: (.*)$/.exec(line)?.[1];
    if (reason === undefined) return;
    this.#reasons.push(reason);
    if (this.#overdue > 0 && /timed out|No route|unreachable/.test(reason)) {
      this.#overdue -= 1;
      return;
    }
    this.#refusals.push(reason);
    this.#onRefusal?.();
  }

  async #takeRefusal(): Promise<string> {
    if (this.#refusals.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, REFUSAL_WAIT_MS);
        this.#onRefusal = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#onRefusal = undefined;
    }
    return this.#refusals.shift() ?? "refused without a reason";
  }
}

/**
 * The input of a child, without its end. Node closes the pipe when the child exits, which as one half of a
 * duplex would count as a failure and throw away what the child had said before.
 */
function toLastingInput({ stdin }: ChildProcessWithoutNullStreams): Writable {
  stdin.on("error", () => {}); // told by the end of the output
  return new Writable({
    write: (chunk: Buffer, _encoding, done) => void stdin.write(chunk, () => done()),
    final: (done) => void stdin.end(() => done()),
  });
}

function toPlace(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** `ssh` expands tokens such as %h in the path of the control socket. */
function escapePercent(path: string): string {
  return path.replaceAll("%", "%%");
}
