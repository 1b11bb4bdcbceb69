import type { Grant } from "../key.ts";
import { type BodyFields, findBodyFields } from "./body-fields.ts";
import type { BodyReading, Route } from "./decision.ts";
import { parseGoDuration } from "./go-duration.ts";
import { type JsonValue, scanJson, type Step } from "./json-scan.ts";
import { type RefusalCode, refuse } from "./refusals.ts";

const MOST_FIELDS = 256;

/** Fields that a policy looks at besides those that name models. */
const LOOKED_AT = ["stream", "options", "parameters", "keep_alive", "tools", "remote_host", "_debug_render_only"];

/**
 * Reads a JSON body. Ollama takes it for JSON whatever its content type says, so that is not looked at. Refused is
 * whatever two readers could take differently: Go's encoding/json takes the last of several equal fields, does not
 * mind their case (nor `ſ` for `s`), takes broken UTF-8 and stops after the first value.
 */
export function readJsonBody(route: Route, bytes: Uint8Array): BodyReading {
  const reader = new BodyReader(findBodyFields(route));
  const problem = scanJson(bytes, (path, value) => reader.visit(path, value));
  if (problem !== null) return { ok: false, refusal: refuse(problem === "too-deep" ? "body-too-deep" : "bad-body") };
  return reader.read();
}

class BodyReader {
  readonly #fields: BodyFields;
  readonly #known: ReadonlySet<string>;
  readonly #seen = new Set<string>();
  readonly #models = new Map<string, string>();
  readonly #grants = new Set<Grant>();
  #code: RefusalCode | null = null;
  #streams: boolean | null = null;
  #contextTokens: number | null = null;
  #keepAliveSeconds: number | null = null;

  constructor(fields: BodyFields) {
    this.#fields = fields;
    this.#known = new Set([...fields.models, ...fields.refused, ...LOOKED_AT]);
  }

  visit(path: readonly Step[], value: JsonValue): boolean {
    const [field, second, third] = path;
    if (typeof field !== "string") {
      if (value.kind !== "object") this.#refuse("bad-body");
      return path.length === 0;
    }
    if (path.length === 1) return this.#readField(field, value);
    if (field === this.#fields.settings && path.length === 2 && second === "num_ctx") this.#readContext(value);
    if (field !== "tools") return false;
    if (path.length === 3 && second === null && third !== null && third !== undefined) this.#readTool(third, value);
    return path.length === 2;
  }

  read(): BodyReading {
    const { models, needsAll, streams } = this.#fields;
    const isNamed = needsAll ? this.#models.size === models.length : this.#models.size > 0;
    const code = this.#code ?? (isNamed ? null : "model-missing");
    if (code !== null) return { ok: false, refusal: refuse(code) };
    return {
      ok: true,
      facts: {
        models: [...this.#models.values()],
        grants: [...this.#grants],
        streams: streams !== null && (this.#streams ?? streams),
        contextTokens: this.#contextTokens,
        keepAliveSeconds: this.#keepAliveSeconds,
      },
    };
  }

  #readField(field: string, value: JsonValue): boolean {
    const folded = foldCase(field);
    if (this.#seen.has(folded)) this.#refuse("duplicate-field");
    if (this.#seen.size < MOST_FIELDS) this.#seen.add(folded);
    else this.#refuse("body-too-deep");
    if (!this.#known.has(folded)) return false;
    if (folded !== field) this.#refuse("misspelt-field");
    // Go leaves a field alone for which it reads null.
    if (value.kind === "null") return false;
    if (this.#fields.refused.includes(field)) this.#refuse("field-refused");
    else if (this.#fields.models.includes(field)) this.#readModel(field, value);
    else this.#readSetting(field, value);
    return field === this.#fields.settings || field === "tools";
  }

  #readModel(field: string, value: JsonValue): void {
    if (value.kind !== "string") this.#refuse("bad-field");
    else if (value.text === null) this.#refuse("bad-model-name");
    else if (value.text !== "") this.#models.set(field, value.text);
  }

  #readSetting(field: string, value: JsonValue): void {
    if (field === "stream") {
      if (value.kind === "boolean") this.#streams = value.value;
      else this.#refuse("bad-field");
    } else if (field === "keep_alive" && this.#fields.settings === "options") {
      this.#readKeepAlive(value);
    } else if (field === this.#fields.settings && value.kind !== "object") {
      this.#refuse("bad-field");
    } else if (field === "remote_host" && !isEmpty(value)) {
      this.#grants.add("cloud");
    } else if (field === "_debug_render_only" && !isEmpty(value)) {
      this.#grants.add("debug");
    }
  }

  /** As Ollama's api.Duration: a number is seconds, and whatever is below zero is for ever. */
  #readKeepAlive(value: JsonValue): void {
    const text = value.kind === "string" ? value.text : null;
    const seconds = value.kind === "number" ? value.value : text === null ? null : parseGoDuration(text);
    if (seconds === null || Number.isNaN(seconds)) this.#refuse("bad-field");
    else this.#keepAliveSeconds = seconds < 0 ? Number.POSITIVE_INFINITY : seconds;
  }

  #readContext(value: JsonValue): void {
    if (this.#contextTokens !== null) this.#refuse("duplicate-field");
    else if (value.kind === "number" && !Number.isNaN(value.value)) this.#contextTokens = value.value;
    else if (value.kind !== "null") this.#refuse("bad-field");
  }

  /** Searching the web is asked of ollama.com, for the model of this host too (Ollama's middleware/anthropic.go). */
  #readTool(field: string, value: JsonValue): void {
    if (foldCase(field) !== "type" || value.kind !== "string") return;
    if (value.text === null || value.text.trim().startsWith("web_search")) this.#grants.add("experimental");
  }

  /** The first reason counts. */
  #refuse(code: RefusalCode): void {
    this.#code ??= code;
  }
}

function isEmpty(value: JsonValue): boolean {
  return (value.kind === "string" && value.text === "") || (value.kind === "boolean" && !value.value);
}

/** The fold of Go's encoding/json for whatever could be one of our fields: these two signs fold to ASCII letters. */
function foldCase(text: string): string {
  return text.replaceAll("\u{17f}", "s").replaceAll("\u{212a}", "k").toLowerCase();
}
