import type { IncomingMessage } from "node:http";

/** A request the server refuses: its status and the sentence in the `error` field. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Longest JSON body the stand-in takes. Ollama has no limit; a test tool must not be a way to fill memory. */
const BODY_LIMIT_BYTES = 64 * 1024 * 1024;

/** What the native routes say to a body that is not there. */
export const NO_BODY = "missing request body";

/** A JSON object whose fields are read one by one. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * Reads the body as Ollama's handlers do: one JSON object, whatever the Content-Type says. Raises a
 * Refusal (400) with Go's words for an empty, cut or malformed body.
 */
export async function readFields(request: IncomingMessage): Promise<Fields> {
  const text = (await readBody(request)).toString("utf8");
  if (text.trim() === "") {
    throw new Refusal(400, NO_BODY);
  }
  const value = parseFirst(text) ?? {};
  if (!isFields(value)) {
    throw new Refusal(400, `json: cannot unmarshal ${toGoKind(value)} into Go value of type api.Request`);
  }
  return value;
}

/** The first value of a text, as a Go decoder reads it: whatever comes after it is nobody's. Raises a Refusal (400). */
function parseFirst(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const end = /after JSON at position (\d+)/.exec(error instanceof Error ? error.message : "")?.[1];
    if (end !== undefined) {
      return JSON.parse(text.slice(0, Number(end)));
    }
    throw new Refusal(400, toGoError(error, text));
  }
}

/** The whole body; a Refusal (413) beyond the stand-in's own limit. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(String(chunk));
    length += bytes.length;
    if (length > BODY_LIMIT_BYTES) {
      throw new Refusal(413, "the stand-in takes no body this long");
    }
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A field by name. Go matches names without regard to case and the last match wins, so `"Model"` is
 * `"model"` to Ollama: whoever filters bodies in front of it must know.
 */
export function field(fields: Fields, name: string): unknown {
  let found: unknown;
  for (const [key, value] of Object.entries(fields)) {
    if (key === name || key.toUpperCase().toLowerCase() === name) {
      found = value;
    }
  }
  return found ?? undefined;
}

export function textField(fields: Fields, name: string): string {
  const value = field(fields, name);
  if (value === undefined) {
    return "";
  }
  if (typeof value !== "string") {
    throw wrongType(name, value, "string");
  }
  return value;
}

/** A boolean that may be left out; undefined then. */
export function booleanField(fields: Fields, name: string): boolean | undefined {
  const value = field(fields, name);
  if (value !== undefined && typeof value !== "boolean") {
    throw wrongType(name, value, "bool");
  }
  return value;
}

export function numberField(fields: Fields, name: string): number | undefined {
  const value = field(fields, name);
  if (value !== undefined && typeof value !== "number") {
    throw wrongType(name, value, "int");
  }
  return value;
}

export function objectField(fields: Fields, name: string): Fields | undefined {
  const value = field(fields, name);
  if (value !== undefined && !isFields(value)) {
    throw wrongType(name, value, "map[string]interface {}");
  }
  return value;
}

export function listField(fields: Fields, name: string): readonly unknown[] | undefined {
  const value = field(fields, name);
  if (value !== undefined && !Array.isArray(value)) {
    throw wrongType(name, value, "[]interface {}");
  }
  return value;
}

function wrongType(name: string, value: unknown, wanted: string): Refusal {
  return new Refusal(400, `json: cannot unmarshal ${toGoKind(value)} into Go struct field .${name} of type ${wanted}`);
}

function toGoKind(value: unknown): string {
  if (Array.isArray(value)) {
    return "array";
  }
  return typeof value === "boolean" ? "bool" : typeof value;
}

/** encoding/json's sentence for the place where V8 stopped. */
function toGoError(error: unknown, text: string): string {
  const message = error instanceof Error ? error.message : "";
  const position = /at position (\d+)/.exec(message)?.[1];
  const named = /^Unexpected token '(.)'/su.exec(message)?.[1];
  const character = position === undefined ? named : text.charAt(Number(position));
  if (character === undefined || character === "") {
    return "unexpected EOF";
  }
  const wanted = message.startsWith("Expected property name") ? "object key string" : "value";
  return `invalid character '${toGoByte(character)}' looking for beginning of ${wanted}`;
}

/** The first byte of a character, which is what Go's decoder stopped at, as strconv.Quote writes it. */
function toGoByte(character: string): string {
  const byte = Buffer.from(character)[0] ?? 0;
  if (character === "'") {
    return "\\'";
  }
  return byte < 0x20 ? `\\x${byte.toString(16).padStart(2, "0")}` : String.fromCharCode(byte);
}
