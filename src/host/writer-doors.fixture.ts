/** The doors that write, for tests: to this machine and to several kinds of host behind SSH. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import type { Reading } from "./host.ts";
import { openLocalWriter } from "./local-writer.ts";
import { findMissing, startShellHost } from "./shell-host.fixture.ts";
import type { Ends, Tool } from "./shell-host.fixture.ts";
import { openSshWriter } from "./ssh-writer.ts";
import type { HostWriter } from "./writer.ts";

/** How long a host of these tests waits for a holder of its lock. */
export const IDLE_SECONDS = 2;

export interface WriterDoor {
  readonly name: string;
  readonly missing: string | false;
  /** True where `cp` keeps neither access lists nor extended attributes. */
  readonly isPlain?: boolean;
  /** True where a network lies between. */
  readonly isRemote?: boolean;
  start(context: Ends): Promise<WriterHost>;
}

export interface WriterHost {
  open(): HostWriter;
  /** JavaScript that opens the same door as `writer`. */
  readonly code: string;
}

function toModule(name: string): string {
  return JSON.stringify(join(import.meta.dirname, name));
}

function throughSsh(name: string, shell: string, tools: readonly Tool[] = []): WriterDoor {
  return {
    name,
    missing: findMissing(shell, "/usr/bin/flock"),
    isRemote: true,
    start: async (context) => {
      const { target, configFile } = await startShellHost(context, shell, tools);
      const settings = { configFile, idleSeconds: IDLE_SECONDS };
      const operands = `${JSON.stringify(target)}, ${JSON.stringify(settings)}`;
      return {
        open: () => openSshWriter(target, settings),
        code: `const writer = (await import(${toModule("ssh-writer.ts")})).openSshWriter(${operands});`,
      };
    },
  };
}

const BUSYBOX_NAMES = "cat chmod chown cp head ls mkdir mv rm sleep stat sync timeout truncate";
const BUSYBOX_TOOLS = BUSYBOX_NAMES.split(" ").map((tool): Tool => [tool, "/bin/busybox"]);

export const WRITER_DOORS: readonly WriterDoor[] = [
  {
    name: "this machine",
    missing: false,
    start: () =>
      Promise.resolve({
        open: openLocalWriter,
        code: `const writer = (await import(${toModule("local-writer.ts")})).openLocalWriter();`,
      }),
  },
  throughSsh("ssh to dash and GNU tools", "/bin/dash"),
  throughSsh("ssh to bash and GNU tools", "/bin/bash"),
  {
    ...throughSsh("ssh to BusyBox, with flock", "/bin/busybox", [...BUSYBOX_TOOLS, ["flock", "/usr/bin/flock"]]),
    isPlain: true,
  },
];

export interface DoorInUse {
  readonly directory: string;
  readonly host: () => WriterHost;
  readonly writer: () => HostWriter;
  /** A path in the directory. */
  readonly path: (name: string) => string;
}

/** One host of that kind, open, and a directory on it, for all tests of a suite. */
export function useDoor(door: WriterDoor): DoorInUse {
  const directory = mkdtempSync(join(tmpdir(), "portlock-writer-"));
  const ends: (() => void)[] = [];
  let host: WriterHost | undefined;
  let writer: HostWriter | undefined;
  before(async () => {
    host = await door.start({ after: (end) => ends.push(end) });
    writer = host.open();
  });
  after(async () => {
    await writer?.close();
    for (const end of ends.toReversed()) end();
    rmSync(directory, { recursive: true });
  });
  return {
    directory,
    host: () => host ?? assert.fail("not started"),
    writer: () => writer ?? assert.fail("not started"),
    path: (name) => join(directory, name),
  };
}

/** A process that opens that door and does something through it; ended with the test. It prints what `code` prints. */
export function startPortlock(context: Ends, host: WriterHost, code: string): ChildProcess {
  const temporary = mkdtempSync(join(tmpdir(), "pl-")); // one that is killed leaves its own there
  const child = spawn(process.execPath, ["--input-type=module", "-e", `${host.code}\n${code}`], {
    env: { ...process.env, TMPDIR: temporary },
    stdio: ["pipe", "pipe", "inherit"],
  });
  context.after(() => {
    child.kill("SIGKILL");
    rmSync(temporary, { recursive: true, force: true });
  });
  return child;
}

/** The next text that a process prints. */
export async function readPrinted(child: ChildProcess): Promise<string> {
  return await new Promise((resolve) => child.stdout?.once("data", (chunk: Buffer) => resolve(chunk.toString())));
}

/** The test runner's own limit ends a wait in vain. */
export async function waitUntil(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 20));
}

export function valueOf<T>(reading: Reading<T>): T {
  assert.ok(reading.ok, JSON.stringify(reading));
  return reading.value;
}

/** The reason and what was said of it, or `ok`. */
export function failureOf(reading: Reading<unknown>): string {
  return reading.ok ? "ok" : `${reading.why}: ${reading.detail}`;
}

/** Whether nobody has the lock of that path. */
export function isFree(lock: string): boolean {
  return spawnSync("flock", ["-n", lock, "true"]).status === 0;
}

/** Whether a script that undoes something runs. */
export function isAtWork(script: string): boolean {
  return readdirSync("/proc").some((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/cmdline`, "utf8") === `/bin/sh\0${script}\0undo\0`;
    } catch {
      return false;
    }
  });
}
