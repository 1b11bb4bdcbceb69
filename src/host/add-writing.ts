import * as requests from "./change-requests.ts";
import { ChangeShell } from "./change-shell.ts";
import type { ShellSource } from "./change-shell.ts";
import { FILE_LIMIT_BYTES } from "./host.ts";
import type { HostReader, Output, Reading } from "./host.ts";
import type { ShellOutcome } from "./remote-shell.ts";
import type { ShellReply } from "./reply-reader.ts";
import { formatCommand } from "./shell-quote.ts";
import { toDone, toOutput } from "./shell-replies.ts";
import { CHANGE_TIMEOUT_MS } from "./writer.ts";
import type { ChangeSettings, Hold, HostWriter } from "./writer.ts";

/** A file or a lock: a disk may have much to flush. */
const FILE_TIMEOUT_MS = 60_000;
/** The host itself ends a command that takes too long; only a host that does not answer even then is given up. */
const ANSWER_GRACE_MS = 15_000;
/** How `timeout` tells that it had to end a command: of its own accord, by a second signal, and in BusyBox. */
const ENDED_CODES: readonly number[] = [124, 137, 143];

/**
 * The writing verbs beside a door's reading ones. They act through one shell of their own, which has the lock and
 * makes the changes: so the lock is free as soon as Portlock is gone and the change at work has ended, never before.
 */
export function addWriting(reader: HostReader, source: ShellSource): HostWriter {
  const shell = new ChangeShell(source);
  return {
    target: reader.target,
    get lagMs() {
      return reader.lagMs;
    },
    readFile: (path, maxBytes) => reader.readFile(path, maxBytes),
    listDirectory: (path) => reader.listDirectory(path),
    readLinks: (pattern) => reader.readLinks(pattern),
    stat: (path) => reader.stat(path),
    run: (command) => reader.run(command),
    request: (request) => reader.request(request),
    change: (command, settings) => change(shell, command, settings ?? {}),
    writeFile: async (path, text, { mode }) =>
      refusePath(path) ??
      refuseText(path, text) ??
      toReading(await shell.ask(requests.writeRequest(path, text, mode), FILE_TIMEOUT_MS), path, toDone),
    appendFile: async (path, text) =>
      refusePath(path) ??
      refuseText(path, text) ??
      toReading(await shell.ask(requests.appendRequest(path, text), FILE_TIMEOUT_MS), path, toDone),
    hold: async (path) => refusePath(path) ?? (await hold(shell, path)),
    close: async () => {
      await shell.close();
      await reader.close();
    },
  };
}

async function change(
  shell: ChangeShell,
  words: readonly string[],
  { timeoutMs = CHANGE_TIMEOUT_MS, input = "" }: ChangeSettings,
): Promise<Reading<Output>> {
  const from = formatCommand(words);
  if ([...words, input].some((word) => word.includes("\0")))
    return { ok: false, why: "failed", from, detail: "a NUL byte" };
  const request = requests.changeRequest(words, Math.max(1, Math.ceil(timeoutMs / 1000)), input);
  const startedAt = performance.now();
  const outcome = await shell.ask(request, timeoutMs + ANSWER_GRACE_MS);
  const output = toReading(outcome, from, toOutput);
  if (!output.ok || performance.now() - startedAt < timeoutMs) return output;
  if (!ENDED_CODES.includes(output.value.exitCode)) return output;
  return { ok: false, why: "timeout", from, detail: `no end within ${timeoutMs} ms` };
}

async function hold(shell: ChangeShell, path: string): Promise<Reading<Hold>> {
  const outcome = await shell.hold(path, FILE_TIMEOUT_MS);
  const done = toReading(outcome, path, toDone);
  if (!done.ok) return done;
  let released: Promise<void> | undefined;
  return { ok: true, value: { release: () => (released ??= shell.release(FILE_TIMEOUT_MS)) }, from: path };
}

function toReading<T>(
  outcome: ShellOutcome,
  from: string,
  read: (reply: ShellReply, from: string) => Reading<T>,
): Reading<T> {
  if (outcome.kind === "replied") return read(outcome.reply, from);
  return { ok: false, why: outcome.kind === "lost" ? "failed" : outcome.kind, from, detail: outcome.detail };
}

function refusePath(path: string): Reading<never> | null {
  const isFile = path.startsWith("/") && !path.endsWith("/") && !path.includes("\0");
  return isFile ? null : { ok: false, why: "failed", from: path, detail: "not an absolute path of a file" };
}

/** A shell word holds no NUL byte, and half a character is none. */
function refuseText(path: string, text: string): Reading<never> | null {
  if (text.includes("\0") || !text.isWellFormed()) {
    return { ok: false, why: "failed", from: path, detail: "not a text" };
  }
  if (Buffer.byteLength(text) <= FILE_LIMIT_BYTES) return null;
  return { ok: false, why: "too-large", from: path, detail: `more than ${FILE_LIMIT_BYTES} bytes` };
}
