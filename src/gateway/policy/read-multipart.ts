import type { BodyReading } from "./decision.ts";
import { type RefusalCode, refuse } from "./refusals.ts";

/** RFC 2046, without the signs that only a quoted boundary may have. */
const CONTENT_TYPE =
  /^multipart\/form-data;[ \t]*boundary=(?:"([A-Za-z0-9'()+_,./:=?-]{1,70})"|([A-Za-z0-9'+_.-]{1,70}))$/i;

/** Values with quotes, as most libraries write them, or without, as .NET does. */
const DISPOSITION =
  /^form-data; name=(?:"([A-Za-z0-9_.[\]-]{1,100})"|([A-Za-z0-9_.-]{1,100}))(; filename=(?:"(?:[^"\\\0-\x1f\x7f]|\\[^\0-\x1f\x7f])*"|[A-Za-z0-9_.-]*))?(?:; filename\*=[^;"\s]+)?$/i;

/** Headers of a part that change nothing about how its content is read. */
const PLAIN_HEADER =
  /^(?:content-type: [^\0-\x1f\x7f]*|content-length: \d+|content-transfer-encoding: (?:7bit|8bit|binary))$/i;

const LONGEST_HEADERS = 4096;
const LONGEST_MODEL_NAME = 2048;
const MOST_PARTS = 64;
const LINE = "\r\n";

/**
 * Reads the model that a form names (`/v1/audio/transcriptions`). Only the plain form that every client library
 * writes is taken; whatever Go's mime/multipart could read in another way is refused: text before the first boundary,
 * bare line feeds, boundaries with blanks behind them, names in RFC 2231 form, transfer encodings, folded headers.
 */
export function readMultipart(contentType: string | null, bytes: Uint8Array): BodyReading {
  const written = CONTENT_TYPE.exec(contentType ?? "");
  const boundary = written?.[1] ?? written?.[2];
  if (boundary === undefined) return refused("multipart-expected");
  const models: string[] = [];
  const parts = splitParts(bytes, boundary);
  if (parts === null) return refused("bad-form");
  for (const part of parts) {
    const field = readPart(part);
    if (field === null) return refused("bad-form");
    if (field.name.toLowerCase() !== "model") continue;
    if (field.name !== "model") return refused("misspelt-field");
    if (field.isFile) return refused("bad-field");
    if (field.content.length > LONGEST_MODEL_NAME) return refused("bad-model-name");
    models.push(toText(field.content));
  }
  if (models.length > 1) return refused("duplicate-field");
  if ((models[0] ?? "") === "") return refused("model-missing");
  return { ok: true, facts: { models, grants: [], streams: false, contextTokens: null, keepAliveSeconds: null } };
}

/** Parts without their boundaries; null where the form is not one chain of parts from its first byte to its last. */
function splitParts(bytes: Uint8Array, boundary: string): readonly Uint8Array[] | null {
  const opening = toBytes(`--${boundary}`);
  const delimiter = toBytes(`\n--${boundary}`);
  if (!startsWith(bytes, opening, 0)) return null;
  const parts: Uint8Array[] = [];
  let start = opening.length;
  while (parts.length <= MOST_PARTS) {
    if (startsWith(bytes, DASHES, start)) return isEnd(bytes, start + DASHES.length) ? parts : null;
    if (!startsWith(bytes, LINE_END, start)) return null;
    start += LINE_END.length;
    const end = indexOf(bytes, delimiter, start);
    if (end <= start || bytes[end - 1] !== 0x0d) return null;
    parts.push(bytes.subarray(start, end - 1));
    start = end + delimiter.length;
  }
  return null;
}

const DASHES = toBytes("--");
const LINE_END = toBytes(LINE);

function isEnd(bytes: Uint8Array, at: number): boolean {
  return at === bytes.length || (startsWith(bytes, LINE_END, at) && at + LINE_END.length === bytes.length);
}

interface Field {
  readonly name: string;
  readonly isFile: boolean;
  readonly content: Uint8Array;
}

function readPart(part: Uint8Array): Field | null {
  const head = toText(part.subarray(0, LONGEST_HEADERS));
  const headEnd = head.indexOf(LINE + LINE);
  if (headEnd === -1) return null;
  let disposition: RegExpExecArray | null = null;
  for (const line of head.slice(0, headEnd).split(LINE)) {
    const [, value] = /^content-disposition: (.*)$/i.exec(line) ?? [];
    if (value === undefined) {
      if (!PLAIN_HEADER.test(line)) return null;
      continue;
    }
    if (disposition !== null) return null;
    disposition = DISPOSITION.exec(value);
    if (disposition === null) return null;
  }
  const name = disposition?.[1] ?? disposition?.[2];
  if (name === undefined) return null;
  const content = part.subarray(headEnd + 2 * LINE.length);
  return { name, isFile: (disposition?.[3] ?? "") !== "" || /filename\*/i.test(disposition?.[0] ?? ""), content };
}

/** The first place of a text at or behind `from`; -1 where there is none. Looks for its first byte natively. */
function indexOf(bytes: Uint8Array, wanted: Uint8Array, from: number): number {
  const first = wanted[0];
  if (first === undefined) return -1;
  let at = bytes.indexOf(first, from);
  while (at !== -1 && !startsWith(bytes, wanted, at)) at = bytes.indexOf(first, at + 1);
  return at;
}

function startsWith(bytes: Uint8Array, wanted: Uint8Array, at: number): boolean {
  for (let index = 0; index < wanted.length; index += 1) {
    if (bytes[at + index] !== wanted[index]) return false;
  }
  return true;
}

function toBytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Byte for character, so that places in the text are places in the bytes; a name beyond ASCII is none of a model. */
function toText(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function refused(code: RefusalCode): BodyReading {
  return { ok: false, refusal: refuse(code) };
}
