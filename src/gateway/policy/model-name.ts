const DEFAULT_HOST = "registry.ollama.ai";
const DEFAULT_NAMESPACE = "library";
const DEFAULT_TAG = "latest";

/** Rules of Ollama's types/model/name.go: which characters a part may have, and how many. */
const HOST = /^[a-z0-9_][a-z0-9_.:-]{0,349}$/;
const NAMESPACE = /^[a-z0-9_][a-z0-9_-]{0,79}$/;
const MODEL = /^[a-z0-9_][a-z0-9_.-]{0,79}$/;
const ASCII = /^[!-~]+$/;
const LONGEST_NAME = 600;

interface Parts {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}

/** A model as Ollama understands its name, whose case it does not look at. */
export interface ModelName {
  /** Shortest full form, in lower case: `llama3.2:latest`, `hf.co/bartowski/x:q4`. */
  readonly shown: string;
  /** Every model that some version of Ollama takes the name for; nearly always one. */
  readonly readings: readonly Parts[];
  /** Is asked at ollama.com, on the account of the server's owner. */
  readonly cloud: boolean;
}

/**
 * Reads a model name as Ollama does (types/model/name.go, internal/modelref/modelref.go), but takes no scheme and no
 * blanks around it, which Ollama removes. `:cloud` and a tag ending in `-cloud` stand for a cloud model, `:local` for
 * one of this host. Null where Ollama refuses the name, or where not every part of Ollama reads it alike.
 */
export function readModelName(text: string): ModelName | null {
  // First of all, because the Kelvin sign is a `k` in lower case.
  if (text.length > LONGEST_NAME || !ASCII.test(text)) return null;
  const name = text.toLowerCase();
  const source = /^(.+):(cloud|local)$/.exec(name);
  const base = source?.[1];
  if (base === undefined) {
    const parts = readParts(name);
    if (parts === null) return null;
    return { shown: show(parts), readings: [parts], cloud: parts.tag.endsWith("-cloud") };
  }
  const parts = readParts(base);
  // `x:20b-cloud:local` says both, which Ollama refuses.
  if (parts === null || /^(?:.*-cloud|cloud|local)$/.test(parts.tag)) return null;
  const isTagged = hasTag(base);
  if (source?.[2] === "cloud") {
    const cloud = { ...parts, tag: isTagged ? `${parts.tag}-cloud` : "cloud" };
    return { shown: show(cloud), readings: [cloud], cloud: true };
  }
  // Versions before v0.18, and routes that copy or delete, take `local` for a tag like any other.
  const readings = isTagged ? [parts] : [parts, { ...parts, tag: "local" }];
  return { shown: show(parts), readings, cloud: false };
}

/**
 * Whether a key with these patterns may use the model: every reading of its name is matched by one of them.
 * A pattern is a name in which `*` stands for any text within one part; `*` alone is every model of every registry,
 * `hf.co/*` every model of that registry. A pattern without a tag means `:latest`, unless it ends in `*`.
 */
export function isModelAllowed(name: ModelName, patterns: readonly string[] | null): boolean {
  if (patterns === null) return true;
  const wanted = patterns.map(readPattern);
  return name.readings.every((reading) => wanted.some((pattern) => matches(pattern, reading)));
}

function readParts(name: string): Parts | null {
  const parts = split(name);
  if (parts === null || !HOST.test(parts.host) || !NAMESPACE.test(parts.namespace)) return null;
  return MODEL.test(parts.model) && MODEL.test(parts.tag) ? parts : null;
}

function split(name: string): Parts | null {
  const tagAt = hasTag(name) ? name.lastIndexOf(":") : name.length;
  const tag = hasTag(name) ? name.slice(tagAt + 1) : DEFAULT_TAG;
  const path = name.slice(0, tagAt).split("/");
  const model = path.pop() ?? "";
  const namespace = path.pop() ?? DEFAULT_NAMESPACE;
  const host = path.pop() ?? DEFAULT_HOST;
  return path.length === 0 ? { host, namespace, model, tag } : null;
}

function hasTag(name: string): boolean {
  return name.lastIndexOf(":") > name.lastIndexOf("/");
}

function show({ host, namespace, model, tag }: Parts): string {
  const owner = namespace === DEFAULT_NAMESPACE ? "" : `${namespace}/`;
  return host === DEFAULT_HOST ? `${owner}${model}:${tag}` : `${host}/${namespace}/${model}:${tag}`;
}

function readPattern(text: string): Parts | null {
  const pattern = text.toLowerCase();
  if (pattern === "*") return { host: "*", namespace: "*", model: "*", tag: "*" };
  const parts = split(pattern);
  if (parts === null) return null;
  const tag = !hasTag(pattern) && pattern.endsWith("*") ? "*" : parts.tag;
  // A namespace has no dot and no colon, so `hf.co/*` names a registry.
  const isHost = /[.:]/.test(parts.namespace);
  return isHost ? { host: parts.namespace, namespace: "*", model: parts.model, tag } : { ...parts, tag };
}

function matches(pattern: Parts | null, name: Parts): boolean {
  return (
    pattern !== null &&
    matchesText(pattern.host, name.host) &&
    matchesText(pattern.namespace, name.namespace) &&
    matchesText(pattern.model, name.model) &&
    matchesText(pattern.tag, name.tag)
  );
}

/** Piece by piece from the left, which takes no longer than both texts together. */
function matchesText(pattern: string, text: string): boolean {
  const [first = "", ...rest] = pattern.split("*");
  const last = rest.pop();
  if (last === undefined) return pattern === text;
  const end = text.length - last.length;
  if (end < first.length || !text.startsWith(first) || !text.endsWith(last)) return false;
  let at = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
