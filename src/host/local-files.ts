import * as fs from "node:fs";
import * as files from "node:fs/promises";
import { toFailure } from "./failure.ts";
import type { FileStatus, Reading } from "./host.ts";

const OPEN_FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;
const CHUNK_BYTES = 16 * 1024;
/** Where synchronous reads begin: thousands of small files of /proc need no memory of their own. */
const SCRATCH: Buffer<ArrayBuffer> = Buffer.allocUnsafe(CHUNK_BYTES);
/** More names than this in one directory is no configuration, and would fill memory. */
const NAME_LIMIT = 100_000;

/**
 * The kernel answers for these at once, thousands of times, so they are read synchronously (ten times faster).
 * Every other path may lie on a disk that takes its time, and must not hold up the rest.
 */
export function isKernelFile(path: string): boolean {
  return path.startsWith("/proc/") || path.startsWith("/sys/") || path === "/proc" || path === "/sys";
}

/**
 * A regular file's text, at most `maxBytes` of it. Pipes and devices are refused, for opening one can block
 * or act. The size that `stat` tells is not believed: files of procfs report 0, and logs grow.
 */
export async function readTextFile(path: string, maxBytes: number, timeoutMs: number): Promise<Reading<string>> {
  return await readPath(path, timeoutMs, {
    sync: () => readAtOnce(path, maxBytes),
    async: () => readLater(path, maxBytes),
  });
}

/** The names in a directory, sorted by their UTF-16 code units. */
export async function listNames(path: string, timeoutMs: number): Promise<Reading<readonly string[]>> {
  return await readPath(path, timeoutMs, {
    sync: () => toNames(fs.readdirSync(path), path),
    async: async () => {
      const names: string[] = [];
      for await (const entry of await files.opendir(path)) {
        names.push(entry.name);
        if (names.length > NAME_LIMIT) break;
      }
      return toNames(names, path);
    },
  });
}

/** Ownership and mode, after following symbolic links. */
export async function readStatus(path: string, timeoutMs: number): Promise<Reading<FileStatus>> {
  return await readPath(path, timeoutMs, {
    sync: () => ({ ok: true, value: toFileStatus(fs.statSync(path)), from: path }),
    async: async () => ({ ok: true, value: toFileStatus(await files.stat(path)), from: path }),
  });
}

interface Ways<T> {
  sync(): Reading<T>;
  async(): Promise<Reading<T>>;
}

async function readPath<T>(path: string, timeoutMs: number, ways: Ways<T>): Promise<Reading<T>> {
  if (!path.startsWith("/")) return { ok: false, why: "failed", from: path, detail: "not an absolute path" };
  try {
    return isKernelFile(path) ? ways.sync() : await withinTime(ways.async(), path, timeoutMs);
  } catch (error) {
    return toFailure(error, path);
  }
}

async function withinTime<T>(reading: Promise<Reading<T>>, path: string, timeoutMs: number): Promise<Reading<T>> {
  const { promise: expired, resolve } = Promise.withResolvers<Reading<T>>();
  const timer = setTimeout(() => resolve({ ok: false, why: "timeout", from: path }), timeoutMs);
  try {
    return await Promise.race([reading, expired]);
  } finally {
    clearTimeout(timer);
  }
}

function readAtOnce(path: string, maxBytes: number): Reading<string> {
  const refusal = refuseSpecial(fs.statSync(path), path);
  if (refusal) return refusal;
  const descriptor = fs.openSync(path, OPEN_FLAGS);
  try {
    const text = new CappedText(maxBytes, SCRATCH);
    while (text.wantsMore(fs.readSync(descriptor, text.space()))) {}
    return text.toReading(path);
  } finally {
    fs.closeSync(descriptor);
  }
}

async function readLater(path: string, maxBytes: number): Promise<Reading<string>> {
  const refusal = refuseSpecial(await files.stat(path), path);
  if (refusal) return refusal;
  const handle = await files.open(path, OPEN_FLAGS);
  try {
    const text = new CappedText(maxBytes, Buffer.allocUnsafe(CHUNK_BYTES));
    while (text.wantsMore((await handle.read(text.space())).bytesRead)) {}
    return text.toReading(path);
  } finally {
    await handle.close();
  }
}

function refuseSpecial(status: fs.Stats, path: string): Reading<never> | null {
  return status.isFile() ? null : { ok: false, why: "failed", from: path, detail: "not a regular file" };
}

/** Bytes of a file as they come in, never more than one over the cap. */
class CappedText {
  readonly #maxBytes: number;
  #bytes: Buffer<ArrayBuffer>;
  #length: number = 0;

  constructor(maxBytes: number, firstBytes: Buffer<ArrayBuffer>) {
    this.#maxBytes = maxBytes;
    this.#bytes = firstBytes.subarray(0, maxBytes + 1);
  }

  /** Where the next read shall write. */
  space(): Buffer<ArrayBuffer> {
    if (this.#length === this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.min(this.#maxBytes + 1, this.#bytes.length * 4));
      this.#bytes.copy(larger);
      this.#bytes = larger;
    }
    return this.#bytes.subarray(this.#length);
  }

  /** Takes note of a read; false at the end of the file, and past the cap. */
  wantsMore(bytesRead: number): boolean {
    this.#length += bytesRead;
    return bytesRead > 0 && this.#length <= this.#maxBytes;
  }

  toReading(path: string): Reading<string> {
    if (this.#length > this.#maxBytes) {
      return { ok: false, why: "too-large", from: path, detail: `more than ${this.#maxBytes} bytes` };
    }
    return { ok: true, value: this.#bytes.toString("utf8", 0, this.#length), from: path };
  }
}

function toNames(names: string[], path: string): Reading<readonly string[]> {
  if (names.length > NAME_LIMIT) {
    return { ok: false, why: "too-large", from: path, detail: `more than ${NAME_LIMIT} names` };
  }
  return { ok: true, value: names.toSorted(), from: path };
}

function toFileStatus(status: fs.Stats): FileStatus {
  return {
    kind: status.isFile() ? "file" : status.isDirectory() ? "directory" : status.isSocket() ? "socket" : "other",
    mode: status.mode & 0o7777,
    uid: status.uid,
    gid: status.gid,
    sizeBytes: status.size,
    modifiedAt: status.mtime.toISOString(),
  };
}
