import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";

/** Where lines go. */
interface Sink {
  /** Resolves when they are with the system; rejects where it takes none. */
  write(lines: string): Promise<void>;
  close(): Promise<void>;
}

/** Lines that wait for a disk or a reader that takes none: what comes after is lost, and counted. */
const MOST_WAITING_BYTES = 8 * 1024 * 1024;
const FLUSH_MS = 100;
const FLUSH_BYTES = 64 * 1024;
const PAGE_BYTES = 16 * 1024;

/**
 * A log that never holds up what it tells of: lines are gathered for a tenth of a second and written together. Where
 * they cannot be written they are lost, not the requests; how many is told by a line as soon as there is room.
 */
export class LogFile {
  readonly #reopen: () => Promise<Sink>;
  readonly #onTrouble: (error: unknown) => void;
  #sink: Sink;
  #waiting = "";
  /**
   * The latest lines, in bytes: text that is put together stays in its many parts until it is written, and each
   * collection of the young generation would carry them all on.
   */
  readonly #page = Buffer.allocUnsafeSlow(PAGE_BYTES);
  #used = 0;
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> | null = null;
  #lost = 0;
  #lostInAll = 0;
  #hasTold = false;
  #reopening: Promise<void> | null = null;

  constructor(sink: Sink, reopen: () => Promise<Sink>, onTrouble: (error: unknown) => void) {
    this.#sink = sink;
    this.#reopen = reopen;
    this.#onTrouble = onTrouble;
  }

  /** `line` ends with a line feed. */
  add(line: string): void {
    if (this.#waiting.length + this.#used + line.length > MOST_WAITING_BYTES) {
      this.#lose(1);
      return;
    }
    // A character takes up to three bytes.
    if (this.#used + 3 * line.length > PAGE_BYTES) this.#turnPage();
    if (3 * line.length > PAGE_BYTES) this.#waiting += line;
    else this.#used += this.#page.write(line, this.#used);
    if (this.#waiting.length >= FLUSH_BYTES) void this.flush();
    else this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  #turnPage(): void {
    this.#waiting += this.#page.toString("utf8", 0, this.#used);
    this.#used = 0;
  }

  /** Lines that were lost since the start. */
  get lost(): number {
    return this.#lostInAll;
  }

  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#writing !== null) {
      await this.#writing;
      if (this.#waiting.length + this.#used === 0 || this.#writing !== null) return;
    }
    this.#writing = this.#write();
    await this.#writing;
  }

  async #write(): Promise<void> {
    const told = this.#lost === 0 ? "" : `${JSON.stringify({ at: new Date().toISOString(), lostLines: this.#lost })}\n`;
    this.#turnPage();
    const lines = told + this.#waiting;
    this.#waiting = "";
    if (lines === "") {
      this.#writing = null;
      return;
    }
    const lost = this.#lost;
    this.#lost = 0;
    try {
      await this.#sink.write(lines);
      this.#hasTold = false;
    } catch (error) {
      this.#lost = lost;
      this.#lose(lines.split("\n").length - 1 - (told === "" ? 0 : 1));
      if (!this.#hasTold) this.#onTrouble(error);
      this.#hasTold = true;
    }
    this.#writing = null;
  }

  #lose(lines: number): void {
    this.#lost += lines;
    this.#lostInAll += lines;
  }

  /** Opens its file anew, as log rotation asks for; keeps the old one where it cannot. */
  reopen(): Promise<void> {
    this.#reopening ??= this.#changeSink().finally(() => {
      this.#reopening = null;
    });
    return this.#reopening;
  }

  async #changeSink(): Promise<void> {
    await this.flush();
    try {
      const next = await this.#reopen();
      const old = this.#sink;
      this.#sink = next;
      await this.#writing;
      await old.close();
    } catch (error) {
      this.#onTrouble(error);
    }
  }

  async close(): Promise<void> {
    await this.#reopening;
    await this.flush();
    await this.#sink.close().catch(this.#onTrouble);
  }
}

/** A log in a file that only its owner may read, at whose end is written; never through a link. Rejects where it cannot be opened. */
export async function openLogFile(path: string, onTrouble: (error: unknown) => void): Promise<LogFile> {
  const reopen = async (): Promise<Sink> => {
    const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
    const handle: FileHandle = await open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    return { write: (lines) => handle.appendFile(lines), close: () => handle.close() };
  };
  return new LogFile(await reopen(), reopen, onTrouble);
}

/** A log whose lines somebody else takes, at once. */
export function toHandedLog(
  take: (lines: string) => void | Promise<void>,
  onTrouble: (error: unknown) => void,
): LogFile {
  const sink: Sink = { write: async (lines) => take(lines), close: async () => {} };
  return new LogFile(sink, async () => sink, onTrouble);
}
