/**
 * What of a client's header reaches the upstream, name by name. A list of what passes, not of what is dropped: a
 * credential, an identity or a forwarded address under a name nobody thought of stays here. `accept-encoding` is not
 * among them, so that answers come as they are counted.
 */
const PASSED_ON: ReadonlySet<string> = new Set([
  "accept",
  "content-type",
  "user-agent",
  "anthropic-version",
  "anthropic-beta",
  "openai-beta",
  "traceparent",
  "tracestate",
]);

/**
 * The header of the request to the upstream, names and values in turn. Length and transfer encoding are the upstream
 * connection's own. `host` is a constant of the upstream.
 */
export function toUpstreamHeaders(rawHeaders: readonly string[], host: string): string[] {
  const headers = ["host", host];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase() ?? "";
    const value = rawHeaders[at + 1];
    if (value !== undefined && PASSED_ON.has(name)) headers.push(name, value);
  }
  return headers;
}

/** Of the connection to the upstream, not of the answer (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authentication-info",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** The gateway's to say, or nobody's: who may read the answer, who answers, and where else one might ask. */
const OWN: ReadonlySet<string> = new Set([
  "alt-svc",
  "date",
  "location",
  "server",
  "set-cookie",
  "strict-transport-security",
  "via",
  "x-accel-buffering",
  "x-powered-by",
  "x-request-id",
]);

/** A header value that Node.js sends: visible text, spaces, tabs and Latin letters. */
const SENDABLE = /^[\t\u0020-\u007e\u0080-\u00ff]*$/;
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** The header of an answer as the upstream gave it, and what is looked at in it. */
export interface AnswerHeaders {
  /** Names and values in turn, as they go to the client. */
  readonly sent: string[];
  /** Media type without parameters, lower case; empty where there is none. */
  readonly mediaType: string;
}

/** `raw`: names and values in turn, bytes or text, as undici hands them out. */
export function toAnswerHeaders(raw: readonly (Uint8Array | string)[]): AnswerHeaders {
  const sent: string[] = [];
  let mediaType = "";
  const dropped = toNamedByConnection(raw);
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = toText(raw[at]).toLowerCase();
    if (HOP_BY_HOP.has(name) || OWN.has(name) || name.startsWith("access-control-") || dropped?.has(name) === true) {
      continue;
    }
    const value = toText(raw[at + 1]);
    if (!NAME.test(name) || !SENDABLE.test(value)) continue;
    if (name === "content-type") mediaType = (value.split(";")[0] ?? "").trim().toLowerCase();
    sent.push(name, value);
  }
  return { sent, mediaType };
}

function toNamedByConnection(raw: readonly (Uint8Array | string)[]): ReadonlySet<string> | null {
  let named: Set<string> | null = null;
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at];
    if (name === undefined || name.length !== 10 || toText(name).toLowerCase() !== "connection") continue;
    for (const each of toText(raw[at + 1])
      .toLowerCase()
      .split(",")) {
      const trimmed = each.trim();
      // Without its length an answer would end nowhere.
      if (trimmed !== "content-length" && trimmed !== "content-type") (named ??= new Set()).add(trimmed);
    }
  }
  return named;
}

function toText(part: Uint8Array | string | undefined): string {
  if (part === undefined) return "";
  return typeof part === "string"
    ? part
    : Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString("latin1");
}
