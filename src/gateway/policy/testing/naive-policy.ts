import type { Key } from "../../key.ts";

/**
 * The policy a second time, written from Ollama's documents without a look at the first, as plainly as it goes: lists
 * and regular expressions, no scanner and no cleverness. It only says yes, with the path, or no.
 */
export interface NaiveRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly peer: string;
  readonly now: number;
  readonly key: Key | null;
  /** Fields of the body in turn, each as JSON. */
  readonly fields: readonly (readonly [string, string])[];
}

/** Scope, grant, fields that name a model (`+`: all of them), method, path. */
const TABLE = `
inference -            model             POST   /api/generate
inference -            model             POST   /api/chat
inference -            model             POST   /api/embed
inference -            model             POST   /api/embeddings
inference -            model             POST   /v1/chat/completions
inference -            model             POST   /v1/completions
inference -            model             POST   /v1/embeddings
inference -            model             POST   /v1/responses
inference -            model             POST   /v1/images/generations
inference -            model             POST   /v1/images/edits
inference -            model             POST   /v1/messages
inference -            model             POST   /v1/audio/speech
inference -            model             POST   /v1/systemone
inference experimental -                 POST   /api/experimental/web_search
inference experimental -                 POST   /api/experimental/web_fetch
read      -            -                 GET    /
read      -            -                 HEAD   /
read      -            -                 GET    /api/version
read      -            -                 HEAD   /api/version
read      -            -                 GET    /api/status
read      -            -                 GET    /api/tags
read      -            -                 HEAD   /api/tags
read      -            -                 GET    /api/ps
read      -            -                 GET    /v1/models
read      -            path              GET    /v1/models/([^/]+)
read      -            model,name        POST   /api/show
read      experimental -                 GET    /api/experimental/model-recommendations
manage    -            model,name        POST   /api/pull
manage    -            model,name        POST   /api/push
manage    -            model,name,from   POST   /api/create
manage    -            source+destination POST  /api/copy
manage    -            model,name        DELETE /api/delete
manage    -            -                 POST   /api/blobs/sha256[:-][0-9a-fA-F]{64}
manage    -            -                 HEAD   /api/blobs/sha256[:-][0-9a-fA-F]{64}
manage    cloud        -                 POST   /api/me
manage    cloud        -                 POST   /api/signout
manage    cloud        -                 DELETE /api/user/keys/[A-Za-z0-9_-]{1,512}={0,2}
manage    debug        -                 GET    /debug/vars
manage    debug        -                 GET    /debug/pprof/
manage    debug        -                 GET    /debug/pprof/(?:allocs|goroutine|heap|profile)
`
  .trim()
  .split("\n")
  .map((line) => {
    const [scope = "", grant = "", fields = "", method = "", path = ""] = line.split(/ +/);
    return { scope, grant, fields, method, path: new RegExp(`^${path}$`) };
  });

/** The path that goes on, or null. */
export function decideNaively(request: NaiveRequest): string | null {
  const { method, target, key, fields } = request;
  if (key === null || !areHeadersSound(request) || !isUsable(key, request)) return null;
  if (/[^!-~]|["#<>\\^`{}]/.test(target)) return null;
  const path = target.replace(/\?.*$/, "");
  const row = TABLE.find((row) => row.method === method && row.path.test(path));
  if (row === undefined || !key.scopes.some((scope) => scope === row.scope)) return null;
  if (row.grant !== "-" && !key.grants.some((grant) => grant === row.grant)) return null;
  if (row.fields === "-") return path;
  if (row.fields === "path") return decideForPath(path, key);
  const names = readNames(fields, row.fields);
  if (names === null || !areFieldsAllowed(fields, key, path)) return null;
  return names.every((name) => isAllowed(name, key)) ? path : null;
}

function decideForPath(path: string, key: Key): string | null {
  const written = path.slice("/v1/models/".length);
  if (/%(?![0-9a-fA-F]{2})/.test(written)) return null;
  const name = written.replace(/%(..)/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
  return isAllowed(name, key) ? `/v1/models/${name.replaceAll("/", "%2F")}` : null;
}

function areHeadersSound({ method, headers }: NaiveRequest): boolean {
  const all = (name: string): readonly string[] =>
    headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  const [host, ...moreHosts] = all("host");
  if (host === undefined || moreHosts.length > 0 || /[^A-Za-z0-9.:[\]-]|^$/.test(host)) return false;
  if (headers.some(([name]) => name.includes("_") || /override$/i.test(name))) return false;
  const lengths = all("content-length");
  const encodings = all("transfer-encoding");
  if (lengths.length + encodings.length > 1) return false;
  if (lengths.some((text) => /\D|^$/.test(text)) || encodings.some((text) => text !== "chunked")) return false;
  const isEmpty = encodings.length === 0 && Number(lengths[0] ?? "0") === 0;
  if (!isEmpty && (method === "GET" || method === "HEAD")) return false;
  return (
    all("content-encoding").every((text) => text === "identity") &&
    all("expect").every((text) => text === "100-continue")
  );
}

function isUsable(key: Key, { peer, now }: NaiveRequest): boolean {
  if (key.revokedAt !== null || (key.expiresAt !== null && key.expiresAt <= now)) return false;
  return key.from === null || key.from.some((network) => isIn(peer, network));
}

/** IPv4 only, bit by bit as text. */
function isIn(peer: string, network: string): boolean {
  const [base = "", length = "32"] = network.split("/");
  const toBits = (address: string): string =>
    address
      .split(".")
      .map((part) => Number(part).toString(2).padStart(8, "0"))
      .join("");
  return toBits(peer).startsWith(toBits(base).slice(0, Number(length)));
}

/** Compatibility forms and case undone, which is more than Go folds. */
function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

function readNames(fields: NaiveRequest["fields"], wanted: string): readonly string[] | null {
  const names: string[] = [];
  for (const field of wanted.split(/[,+]/)) {
    const written = fields.filter(([name]) => fold(name) === field);
    const [first] = written;
    if (first === undefined) continue;
    if (written.length > 1 || first[0] !== field) return null;
    const value: unknown = JSON.parse(first[1]);
    if (value === null || value === "") continue;
    if (typeof value !== "string") return null;
    names.push(value);
  }
  return names.length < (wanted.includes("+") ? 2 : 1) ? null : names;
}

function areFieldsAllowed(fields: NaiveRequest["fields"], key: Key, path: string): boolean {
  const folded = fields.map(([name]) => fold(name));
  if (new Set(folded).size < folded.length) return false;
  if (path === "/api/create" && folded.includes("modelfile")) return false;
  const has = (grant: string): boolean => key.grants.some((one) => one === grant);
  const hasSettings = /^\/(?:api\/(?:chat|generate|embed)|v1\/systemone)/.test(path);
  return fields.every(([name, json]) => {
    const value: unknown = JSON.parse(json);
    switch (fold(name)) {
      case "stream":
        return name === "stream" && (typeof value === "boolean" || value === null);
      case "remote_host":
        return name === "remote_host" && (value === "" || has("cloud"));
      case "tools":
        return name === "tools" && (!json.includes("web_search") || has("experimental"));
      case "options":
        return name === "options" && (!hasSettings || isContextAllowed(value, key));
      case "keep_alive":
        return name === "keep_alive" && (!hasSettings || isKeepAliveAllowed(value, key));
      default:
        return true;
    }
  });
}

function isContextAllowed(options: unknown, key: Key): boolean {
  if (typeof options !== "object" || Array.isArray(options) || options === null) return options === null;
  const tokens: unknown = Object.entries(options).find(([name]) => name === "num_ctx")?.[1];
  if (tokens === undefined || tokens === null) return true;
  return typeof tokens === "number" && tokens <= (key.limits.maxContextTokens ?? Number.POSITIVE_INFINITY);
}

function isKeepAliveAllowed(value: unknown, key: Key): boolean {
  const most = key.limits.maxKeepAliveSeconds ?? Number.POSITIVE_INFINITY;
  const seconds = typeof value === "string" && /^-?\d+m$/.test(value) ? Number.parseInt(value, 10) * 60 : value;
  if (seconds === null) return true;
  return typeof seconds === "number" && (seconds < 0 ? most === Number.POSITIVE_INFINITY : seconds <= most);
}

/** The name in full, as the registry has it: `registry.ollama.ai/library/llama3.2:latest`. */
function isAllowed(written: string, key: Key): boolean {
  const part = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}";
  const form = new RegExp(`^(?:(?:(${part}(?::\\d+)?)/)?([A-Za-z0-9_][A-Za-z0-9_-]{0,79})/)?(${part})(?::(${part}))?$`);
  const source = /:(cloud|local)$/i.exec(written);
  const base = source === null ? written : written.slice(0, source.index);
  const [whole, host = "registry.ollama.ai", namespace = "library", model = "", tag] = form.exec(base) ?? [];
  if (whole === undefined || (source !== null && /^(?:cloud|local)$|-cloud$/i.test(tag ?? ""))) return false;
  const full = (tag: string): string => `${host}/${namespace}/${model}:${tag}`.toLowerCase();
  const isCloud = source === null ? /-cloud$/i.test(tag ?? "") : source[1]?.toLowerCase() === "cloud";
  if (isCloud && !key.grants.includes("cloud")) return false;
  if (source === null) return isMatched(full(tag ?? "latest"), key);
  if (isCloud) return isMatched(full(tag === undefined ? "cloud" : `${tag}-cloud`), key);
  return isMatched(full(tag ?? "latest"), key) && (tag !== undefined || isMatched(full("local"), key));
}

function isMatched(name: string, key: Key): boolean {
  return (
    key.models === null ||
    key.models.some((pattern) => {
      if (pattern === "*") return true;
      const tagged = /:[^/]*$/.test(pattern) ? pattern : `${pattern}:${pattern.endsWith("*") ? "*" : "latest"}`;
      const slashes = tagged.split("/").length - 1;
      const full =
        `${["registry.ollama.ai/library/", "registry.ollama.ai/", ""][slashes] ?? ""}${tagged}`.toLowerCase();
      return new RegExp(`^${full.replaceAll(".", "\\.").replaceAll("*", "[^/:]*")}$`).test(name);
    })
  );
}
