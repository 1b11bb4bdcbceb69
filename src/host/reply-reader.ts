const FIRST_CAPACITY_BYTES = 64 * 1024;
const LINE_FEED = 0x0a;
const LAST_WORDS_BYTES = 512;

/** One framed reply of the remote shell, see shell-requests.ts. */
export interface ShellReply {
  /** An exit code, or one of the words `missing`, `special` and `failed`. */
  readonly status: string;
  readonly output: Buffer;
  /** What the tool printed on its error stream; hostile. */
  readonly errors: string;
}

/** Collects what a remote shell sends and takes replies out of it, one nonce after the other. */
export class ReplyReader {
  #bytes: Buffer = Buffer.allocUnsafe(FIRST_CAPACITY_BYTES);
  #length: number = 0;
  /** Where the search goes on: no frame of the current nonce begins before. */
  #searched: number = 0;

  /** Bytes that belong to no taken reply yet. */
  get pendingBytes(): number {
    return this.#length;
  }

  /** The end of what belongs to no taken reply yet, as text. */
  get pendingText(): string {
    return this.#bytes.toString("utf8", Math.max(0, this.#length - LAST_WORDS_BYTES), this.#length);
  }

  push(chunk: Buffer): void {
    if (this.#length + chunk.length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + chunk.length));
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    chunk.copy(this.#bytes, this.#length);
    this.#length += chunk.length;
  }

  /** The reply framed with this nonce, once it is complete; whatever came before it is its output. */
  take(nonce: string): ShellReply | null {
    const held = this.#bytes.subarray(0, this.#length);
    const opening = `\n${nonce} `;
    const start = held.indexOf(opening, this.#searched);
    if (start === -1) {
      this.#searched = Math.max(0, this.#length - opening.length);
      return null;
    }
    this.#searched = start;
    const statusEnd = held.indexOf(LINE_FEED, start + opening.length);
    if (statusEnd === -1) return null;
    const closing = `\n${nonce}\n`;
    const end = held.indexOf(closing, statusEnd + 1);
    if (end === -1) return null;
    const reply = {
      status: held.toString("latin1", start + opening.length, statusEnd),
      output: Buffer.from(held.subarray(0, start)),
      errors: held.toString("utf8", statusEnd + 1, end),
    };
    held.copyWithin(0, end + closing.length);
    this.#length -= end + closing.length;
    this.#searched = 0;
    return reply;
  }
}
