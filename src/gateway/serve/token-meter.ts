/** Tokens as an answer told them. */
export interface Tokens {
  readonly prompt: number;
  readonly answer: number;
}

/** The counts stand in the last object of an answer, and there behind what the model wrote: this much of its end is kept. */
const TAIL_BYTES = 2048;
/** Anthropic tells the tokens of the prompt in its first event. */
const HEAD_BYTES = 1024;

/**
 * Reads the tokens of an answer from its last line (Ollama), its last event (OpenAI, Anthropic) or its end (one JSON
 * body), while the answer passes. Nothing is parsed or held back; what is kept does not grow with the answer.
 */
export class TokenMeter {
  readonly #streams: "lines" | "events" | "no";
  /** The first chunk as it came: most answers are no more than that. */
  #first: Buffer | null = null;
  #tail: Buffer | null = null;
  #used = 0;
  #head = "";
  #parts = 0;

  constructor(mediaType: string) {
    this.#streams =
      mediaType === "application/x-ndjson" ? "lines" : mediaType === "text/event-stream" ? "events" : "no";
  }

  see(chunk: Buffer): void {
    if (this.#streams === "lines") this.#parts += count(chunk, "\n");
    if (this.#streams === "events") {
      this.#parts += count(chunk, "\n\n");
      if (this.#head.length < HEAD_BYTES) this.#head += chunk.toString("latin1", 0, HEAD_BYTES);
    }
    if (this.#first === null && this.#tail === null) {
      this.#first = chunk;
      return;
    }
    if (this.#first !== null) this.#keep(this.#first);
    this.#first = null;
    this.#keep(chunk);
  }

  #keep(chunk: Buffer): void {
    const tail = (this.#tail ??= Buffer.allocUnsafeSlow(TAIL_BYTES));
    const part = chunk.length > TAIL_BYTES ? chunk.subarray(chunk.length - TAIL_BYTES) : chunk;
    const kept = Math.min(this.#used, TAIL_BYTES - part.length);
    if (kept < this.#used) tail.copyWithin(0, this.#used - kept, this.#used);
    this.#used = kept;
    part.copy(tail, this.#used);
    this.#used += part.length;
  }

  /**
   * What the answer told; null where it did not. Text of a model cannot pose as a count: a quote inside a JSON string
   * has a backslash before it, and of several counts the last one is taken.
   */
  read(): Tokens | null {
    const end = this.#toEnd();
    if (end === "") return null;
    const answer = lastCount(end, ["eval_count", "completion_tokens", "output_tokens"]);
    const prompt =
      lastCount(end, ["prompt_eval_count", "prompt_tokens", "input_tokens"]) ?? lastCount(this.#head, ["input_tokens"]);
    if (answer === null && prompt === null) return null;
    return { prompt: prompt ?? 0, answer: answer ?? 0 };
  }

  #toEnd(): string {
    if (this.#first !== null) return this.#first.toString("latin1", Math.max(0, this.#first.length - TAIL_BYTES));
    return this.#tail === null ? "" : this.#tail.toString("latin1", 0, this.#used);
  }

  /** Pieces of a streamed answer that have passed, about one a token: what is counted of an answer that was cut. */
  get parts(): number {
    return this.#parts;
  }
}

function count(chunk: Buffer, mark: string): number {
  let found = 0;
  for (let at = chunk.indexOf(mark); at !== -1; at = chunk.indexOf(mark, at + mark.length)) found += 1;
  return found;
}

function lastCount(text: string, names: readonly string[]): number | null {
  for (const name of names) {
    const quoted = `"${name}"`;
    for (let at = text.lastIndexOf(quoted); at > 0; at = text.lastIndexOf(quoted, at - 1)) {
      const value = /^\s*:\s*(\d{1,12})(?!\d)/.exec(text.slice(at + quoted.length, at + quoted.length + 40))?.[1];
      if (value !== undefined && /[{,]\s*$/.test(text.slice(Math.max(0, at - 8), at))) return Number(value);
    }
  }
  return null;
}
