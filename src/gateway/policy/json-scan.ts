/** What stands for a member of an object, or for an element of an array (null), on the way to a value. */
export type Step = string | null;

export type JsonValue =
  /** `text` is null where it is longer than any that is looked at. */
  | { readonly kind: "string"; readonly text: string | null }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" | "object" | "array" };

/** Told of each value that is looked at, before what is in it; true: look inside, too. */
export type Visit = (path: readonly Step[], value: JsonValue) => boolean;

export type JsonProblem = "malformed" | "too-deep";

/** Deeper than any request there is, and far less deep than a stack. */
const DEEPEST = 256;
const LONGEST_TEXT_BYTES = 2048;
const SHORT_TEXT_BYTES = 64;
const LONGEST_NUMBER_BYTES = 64;

const DECODER = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * Goes once through a JSON text in UTF-8, strictly as RFC 8259 and JSON.parse have it, and tells `visit` of the values
 * it asks for. Nothing is built up: a body of any size costs its bytes once, and no memory.
 *
 * @returns null where the text is one whole JSON value.
 */
export function scanJson(bytes: Uint8Array, visit: Visit): JsonProblem | null {
  const scanner = new Scanner(bytes, visit);
  if (scanner.scan()) return null;
  return scanner.isTooDeep ? "too-deep" : "malformed";
}

class Scanner {
  isTooDeep = false;
  readonly #bytes: Uint8Array;
  readonly #visit: Visit;
  readonly #path: Step[] = [];
  #at = 0;

  constructor(bytes: Uint8Array, visit: Visit) {
    this.#bytes = bytes;
    this.#visit = visit;
  }

  scan(): boolean {
    if (!this.#readValue(0, true)) return false;
    this.#skipBlanks();
    return this.#at === this.#bytes.length;
  }

  /** @param isWatched whether `visit` asked for what stands here. */
  #readValue(depth: number, isWatched: boolean): boolean {
    this.#skipBlanks();
    const start = this.#at;
    switch (this.#bytes[start]) {
      case 0x7b:
        return this.#readObject(depth + 1, isWatched && this.#visit(this.#path, { kind: "object" }));
      case 0x5b:
        return this.#readArray(depth + 1, isWatched && this.#visit(this.#path, { kind: "array" }));
      case 0x22:
        return this.#skipString() && (!isWatched || this.#tell({ kind: "string", text: this.#decode(start) }));
      case 0x74:
        return this.#skipWord("true") && (!isWatched || this.#tell({ kind: "boolean", value: true }));
      case 0x66:
        return this.#skipWord("false") && (!isWatched || this.#tell({ kind: "boolean", value: false }));
      case 0x6e:
        return this.#skipWord("null") && (!isWatched || this.#tell({ kind: "null" }));
      case undefined:
        return false;
      default:
        return this.#skipNumber() && (!isWatched || this.#tell({ kind: "number", value: this.#toNumber(start) }));
    }
  }

  #tell(value: JsonValue): true {
    this.#visit(this.#path, value);
    return true;
  }

  #readObject(depth: number, isWatched: boolean): boolean {
    if (!this.#enter(depth)) return false;
    if (this.#take(0x7d)) return true;
    do {
      this.#skipBlanks();
      const start = this.#at;
      if (!this.#skipString()) return false;
      if (isWatched) this.#path.push(this.#decode(start) ?? "");
      if (!this.#take(0x3a) || !this.#readValue(depth, isWatched)) return false;
      if (isWatched) this.#path.pop();
    } while (this.#take(0x2c));
    return this.#take(0x7d);
  }

  #readArray(depth: number, isWatched: boolean): boolean {
    if (!this.#enter(depth)) return false;
    if (this.#take(0x5d)) return true;
    if (isWatched) this.#path.push(null);
    do {
      if (!this.#readValue(depth, isWatched)) return false;
    } while (this.#take(0x2c));
    if (isWatched) this.#path.pop();
    return this.#take(0x5d);
  }

  #enter(depth: number): boolean {
    this.#at += 1;
    this.isTooDeep = depth > DEEPEST;
    return !this.isTooDeep;
  }

  #take(byte: number): boolean {
    this.#skipBlanks();
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }

  #skipBlanks(): void {
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return;
      this.#at += 1;
    }
  }

  #skipWord(word: string): boolean {
    for (let index = 0; index < word.length; index += 1) {
      if (this.#bytes[this.#at] !== word.charCodeAt(index)) return false;
      this.#at += 1;
    }
    return true;
  }

  #skipString(): boolean {
    if (this.#bytes[this.#at] !== 0x22) return false;
    this.#at += 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < 0x20) return false;
      if (byte === 0x22) {
        this.#at += 1;
        return true;
      }
      if (byte === 0x5c) {
        if (!this.#skipEscape()) return false;
      } else if (byte < 0x80) {
        this.#at += 1;
      } else if (!this.#skipSequence(byte)) {
        return false;
      }
    }
  }

  #skipEscape(): boolean {
    const escaped = this.#bytes[this.#at + 1];
    if (escaped === undefined) return false;
    this.#at += 2;
    if (escaped !== 0x75) return '"\\/bfnrt'.includes(String.fromCharCode(escaped));
    for (const end = this.#at + 4; this.#at < end; this.#at += 1) {
      if (!isHexadecimal(this.#bytes[this.#at])) return false;
    }
    return true;
  }

  /** One character beyond ASCII: neither overlong, nor a surrogate, nor beyond Unicode (RFC 3629). */
  #skipSequence(lead: number): boolean {
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0) return false;
    const second = this.#bytes[this.#at + 1] ?? 0;
    if ((second & 0xc0) !== 0x80) return false;
    if ((lead === 0xe0 && second < 0xa0) || (lead === 0xed && second > 0x9f)) return false;
    if ((lead === 0xf0 && second < 0x90) || (lead === 0xf4 && second > 0x8f)) return false;
    for (let index = 2; index < length; index += 1) {
      if (((this.#bytes[this.#at + index] ?? 0) & 0xc0) !== 0x80) return false;
    }
    this.#at += length;
    return true;
  }

  #skipNumber(): boolean {
    if (this.#bytes[this.#at] === 0x2d) this.#at += 1;
    if (this.#bytes[this.#at] === 0x30) this.#at += 1;
    else if (!this.#skipDigits()) return false;
    if (this.#bytes[this.#at] === 0x2e) {
      this.#at += 1;
      if (!this.#skipDigits()) return false;
    }
    const exponent = this.#bytes[this.#at];
    if (exponent !== 0x65 && exponent !== 0x45) return true;
    this.#at += 1;
    const sign = this.#bytes[this.#at];
    if (sign === 0x2b || sign === 0x2d) this.#at += 1;
    return this.#skipDigits();
  }

  #skipDigits(): boolean {
    const start = this.#at;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined || byte < 0x30 || byte > 0x39) return this.#at > start;
      this.#at += 1;
    }
  }

  /** The string from there to here, quotes and escapes undone; null where it is too long. */
  #decode(start: number): string | null {
    if (this.#at - start > LONGEST_TEXT_BYTES) return null;
    const plain = this.#at - start < SHORT_TEXT_BYTES ? this.#decodePlain(start + 1, this.#at - 1) : null;
    if (plain !== null) return plain;
    const text: unknown = JSON.parse(DECODER.decode(this.#bytes.subarray(start, this.#at)));
    return typeof text === "string" ? text : null;
  }

  /** Names of fields nearly always: several times as fast as a decoder. Null where there is more than plain ASCII. */
  #decodePlain(start: number, end: number): string | null {
    let text = "";
    for (let at = start; at < end; at += 1) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === 0x5c || byte >= 0x80) return null;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #toNumber(start: number): number {
    if (this.#at - start > LONGEST_NUMBER_BYTES) return Number.NaN;
    return Number(DECODER.decode(this.#bytes.subarray(start, this.#at)));
  }
}

function isHexadecimal(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
