import { randomBytes } from "node:crypto";
import type { FileStatus, Reading } from "./host.ts";
import { ReplyReader, type ShellReply } from "./reply-reader.ts";
import { runCommand } from "./run-command.ts";
import { toFileText, toNames, toStatus } from "./shell-replies.ts";
import * as requests from "./shell-requests.ts";

/** A file server that is well answers in milliseconds; an automounter may take a moment. */
const TIMEOUT_MS = 2_000;
const NAMES_LIMIT_BYTES = 16 * 1024 * 1024;
const FRAME_BYTES = 128 * 1024;

/**
 * Reads files of mounts that may hang, each in a process of its own: a thread of ours that hangs could never be
 * ended, and would keep Portlock from ending. A mount that did not answer once is not asked again.
 */
export class SlowFiles {
  readonly #hung: Set<string> = new Set();
  /** One after the other, so that a dead mount costs its time once. */
  #turn: Promise<unknown> = Promise.resolve();

  readFile(path: string, mount: string, maxBytes: number): Promise<Reading<string>> {
    const most = maxBytes + 1;
    return this.#ask(requests.fileRequest(path, most), path, mount, most, (reply) => toFileText(reply, path, maxBytes));
  }

  listDirectory(path: string, mount: string): Promise<Reading<readonly string[]>> {
    return this.#ask(requests.namesRequest(path), path, mount, NAMES_LIMIT_BYTES, (reply) => toNames(reply, path));
  }

  stat(path: string, mount: string): Promise<Reading<FileStatus>> {
    return this.#ask(requests.statusRequest(path), path, mount, 0, (reply, tools) =>
      toStatus(reply, path, tools, new Date()),
    );
  }

  #ask<T>(
    request: requests.ShellRequest,
    path: string,
    mount: string,
    bytes: number,
    toReading: (reply: ShellReply, tools: requests.ShellTools) => Reading<T>,
  ): Promise<Reading<T>> {
    const reading = this.#turn.then(async (): Promise<Reading<T>> => {
      if (this.#hung.has(mount)) return toTimeout(path, mount);
      const [started, nonce] = [toNonce(), toNonce()];
      const script = requests.startRequest(null)(started) + request(nonce);
      const limits = { timeoutMs: TIMEOUT_MS, outputBytes: bytes + FRAME_BYTES };
      const output = await runCommand(["/bin/sh", "-c", script], limits);
      if (!output.ok && output.why === "timeout") {
        this.#hung.add(mount);
        return toTimeout(path, mount);
      }
      if (!output.ok) return { ...output, from: path };
      const reader = new ReplyReader();
      reader.push(Buffer.from(output.value.stdout));
      const tools = requests.parseShellTools(reader.take(started)?.errors ?? "");
      const reply = reader.take(nonce);
      if (tools === null || reply === null) return { ok: false, why: "failed", from: path, detail: "no shell" };
      return toReading(reply, tools);
    });
    this.#turn = reading;
    return reading;
  }
}

function toNonce(): string {
  return randomBytes(16).toString("hex");
}

function toTimeout(path: string, mount: string): Reading<never> {
  return { ok: false, why: "timeout", from: path, detail: `${mount} does not answer` };
}
