import { z } from "zod";
import { FACTS } from "./facts-schema.ts";
import type { Facts } from "./facts.ts";

/** A host saved to a file: its facts, and when and by what they were read. */
export interface Recording {
  readonly schema: "portlock.recording/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  /** ISO 8601, UTC. */
  readonly recordedAt: string;
  /** How the user named the host: `localhost` or `ssh://user@host`. */
  readonly target: string;
  readonly facts: Facts;
}

/** Why a text is no recording that can be judged; `detail` says where, in the words of the schema. */
export type RecordingFault = "too-large" | "not-json" | "not-a-recording" | "newer-schema" | "damaged";

export type ParsedRecording =
  | { readonly ok: true; readonly recording: Recording }
  | { readonly ok: false; readonly code: RecordingFault; readonly detail: string };

/** Longest text that is looked at, in UTF-16 code units: a host with 20,000 sockets comes to some 8 million. */
export const RECORDING_LIMIT: number = 64 * 1024 * 1024;
/** The facts nest 11 levels deep. */
const DEPTH_LIMIT = 32;
/** Members and elements; what each takes in memory would let a small file fill it. */
const MEMBER_LIMIT = 4_000_000;
const SCHEMA_NAME = "portlock.recording/1";

/** The document that is saved; `recordedAt` is ISO 8601, UTC. */
export function toRecording(
  facts: Facts,
  origin: { readonly recordedAt: string; readonly target: string; readonly version: string },
): Recording {
  const { recordedAt, target, version } = origin;
  return { schema: SCHEMA_NAME, tool: { name: "portlock", version }, recordedAt, target, facts };
}

const Head = z.object({ schema: z.string().regex(/^portlock\.recording\/\d{1,9}$/) });
const Body = z.strictObject({
  schema: z.literal(SCHEMA_NAME),
  tool: z.strictObject({ name: z.literal("portlock"), version: z.string().max(64) }),
  recordedAt: z.iso.datetime(),
  target: z.string().max(1_024),
  facts: FACTS,
});

/** Reads a saved recording. Whatever the text, it comes to a result in bounded time and memory. */
export function parseRecording(text: string): ParsedRecording {
  if (text.length > RECORDING_LIMIT) return refuse("too-large", `more than ${RECORDING_LIMIT} characters`);
  const shape = findExcess(text);
  if (shape !== null) return refuse("damaged", shape);
  const json = toJson(text);
  if (!json.ok) return refuse("not-json", json.detail);
  const head = Head.safeParse(json.value);
  if (!head.success) return refuse("not-a-recording", "no schema portlock.recording");
  const version = Number(head.data.schema.split("/")[1]);
  if (version > 1) return refuse("newer-schema", head.data.schema);
  const longList = findLongList(json.value);
  if (longList !== null) return refuse("damaged", longList);
  const body = Body.safeParse(json.value);
  return body.success ? { ok: true, recording: body.data } : refuse("damaged", toDetail(body.error));
}

function refuse(code: RecordingFault, detail: string): ParsedRecording {
  return { ok: false, code, detail: detail.slice(0, 300) };
}

function toJson(
  text: string,
): { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly detail: string } {
  try {
    return { ok: true, value: JSON.parse(text) };
  } catch (error) {
    // V8 quotes the text around the fault: whoever names the wrong file would find its words in a log.
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, detail: message.endsWith("is not valid JSON") ? "not valid JSON" : message };
  }
}

/** A look at the text before it becomes objects: levels outside of strings, and members. */
function findExcess(text: string): string | null {
  let depth = 0;
  let members = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) inString = false;
    } else if (code === QUOTE) inString = true;
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) depth -= 1;
    else if (code === COMMA) members += 1;
    if (depth > DEPTH_LIMIT) return `deeper than ${DEPTH_LIMIT} levels`;
    if (members > MEMBER_LIMIT) return `more than ${MEMBER_LIMIT} members`;
  }
  return null;
}

/** Most elements of a list. The facts of a large host have a few hundred in each, but for these. */
const LIST_LIMIT = 5_000;
const LIST_LIMITS: Readonly<Record<string, number>> = {
  "facts.listeners.value": 100_000,
  "facts.identity.value.accounts": 100_000,
};
const ROUTING = /^facts\.networks\.\d+\.routing\.\w+\.value$/;
const ROUTING_LIMIT = 200_000;

/** A list that no host has would take the schema, which tells every fault in it, and the rules minutes. */
function findLongList(document: unknown): string | null {
  const waiting: { readonly path: string; readonly value: unknown }[] = [{ path: "", value: document }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { path, value } = next;
    if (typeof value !== "object" || value === null) continue;
    const entries = Object.entries(value);
    const limit = LIST_LIMITS[path] ?? (ROUTING.test(path) ? ROUTING_LIMIT : LIST_LIMIT);
    if (entries.length > limit) return `${path}: more than ${limit} members`;
    for (const [key, inner] of entries) {
      if (typeof inner !== "object" || inner === null) continue;
      waiting.push({ path: path === "" ? key : `${path}.${key}`, value: inner });
    }
  }
  return null;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

function toDetail(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "unknown";
  return `${issue.path.map(String).join(".")}: ${issue.message}`;
}
