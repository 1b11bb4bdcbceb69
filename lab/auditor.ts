import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { attemptCommand, type Output, ROOT_ENVIRONMENT } from "./command.ts";
import type { Vantage } from "./vantage.ts";

const MAIN = join(import.meta.dirname, "..", "src", "main.ts");
/** The OpenSSH client asks the account's entry, not $HOME, where `~` is. */
const BECOME =
  'for file in passwd hosts nsswitch.conf; do mount --bind "$1/$file" "/etc/$file" || exit; done; shift; exec "$@"';

export interface PortlockOptions {
  /** Added to the environment of a root login whose home is the auditor's. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/** Somebody who runs this checkout's portlock at a place of the lab, with his own SSH configuration and keys. */
export class Auditor {
  readonly place: Vantage;
  readonly home: string;
  /** Where portlock and its children put temporary files. */
  readonly temporary: string;
  readonly #directory: string;

  /** `directory` is made; who made the place removes it. */
  constructor(place: Vantage, directory: string) {
    this.place = place;
    this.#directory = directory;
    this.home = join(directory, "home");
    this.temporary = join(directory, "tmp");
    for (const path of [this.home, this.temporary]) mkdirSync(path, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, "passwd"), `root:x:0:0:root:${this.home}:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n`);
    writeFileSync(join(directory, "nsswitch.conf"), "passwd: files\ngroup: files\nhosts: files\n"); // asks nobody
    this.knowHosts({});
  }

  /** Writes a file of his home; nobody else may read it. */
  write(path: string, text: string): void {
    const file = join(this.home, path);
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, text, { mode: 0o600 });
  }

  /** Names he knows, each with its addresses, as /etc/hosts has them. */
  knowHosts(names: Readonly<Record<string, readonly string[]>>): void {
    const lines = Object.entries(names).flatMap(([name, addresses]) => addresses.map((each) => `${each} ${name}`));
    writeFileSync(join(this.#directory, "hosts"), `${["127.0.0.1 localhost", ...lines].join("\n")}\n`);
  }

  /** Runs a command where he stands, whatever its exit code. */
  run(argv: readonly string[], { env = {}, timeoutMs = 60_000 }: PortlockOptions = {}): Promise<Output> {
    return attemptCommand(this.#enter(argv), { env: { ...this.#environment(), ...env }, timeoutMs });
  }

  /** Runs portlock to its end. */
  portlock(args: readonly string[], options: PortlockOptions = {}): Promise<Output> {
    return this.run([process.execPath, MAIN, ...args], options);
  }

  /** Starts portlock in a process group of its own, as a shell does, and leaves it running. */
  start(args: readonly string[], options: PortlockOptions = {}): ChildProcessWithoutNullStreams {
    return this.spawn([process.execPath, MAIN, ...args], options);
  }

  /** Starts a command where he stands, and leaves it running. */
  spawn(argv: readonly string[], { env = {} }: PortlockOptions = {}): ChildProcessWithoutNullStreams {
    return spawn("nsenter", this.#enter(argv).slice(1), { env: { ...this.#environment(), ...env }, detached: true });
  }

  #enter(argv: readonly string[]): readonly string[] {
    return [...this.place.entry, "unshare", "--mount", "--", "sh", "-c", BECOME, "sh", this.#directory, ...argv];
  }

  #environment(): Readonly<Record<string, string>> {
    return { ...ROOT_ENVIRONMENT, HOME: this.home, TMPDIR: this.temporary };
  }
}
