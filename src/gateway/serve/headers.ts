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
  /** Bytes of its body, as it says; null where it does not. */
  readonly length: number | null;
}

/** `headers`: by name in lower case, as undici reads them from the upstream's bytes; a list where a name stands twice. */
export function toAnswerHeaders(
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): AnswerHeaders {
  const sent: string[] = [];
  let mediaType = "";
  let length: number | null = null;
  const dropped = toNamedByConnection(headers["connection"]);
  for (const name of Object.keys(headers)) {
    if (HOP_BY_HOP.has(name) || OWN.has(name) || name.startsWith("access-control-") || dropped?.has(name) === true) {
      continue;
    }
    if (!NAME.test(name)) continue;
    for (const value of toValues(headers[name])) {
      if (!SENDABLE.test(value)) continue;
      if (name === "content-type") mediaType = (value.split(";")[0] ?? "").trim().toLowerCase();
      if (name === "content-length") length = Number(value);
      sent.push(name, value);
    }
  }
  return { sent, mediaType, length };
}

function toNamedByConnection(connection: string | readonly string[] | undefined): ReadonlySet<string> | null {
  if (connection === undefined || connection === "keep-alive") return null;
  const named = toValues(connection).flatMap((value) => value.toLowerCase().split(","));
  // Without its length an answer would end nowhere.
  return new Set(
    named.map((name) => name.trim()).filter((name) => name !== "content-length" && name !== "content-type"),
  );
}

function toValues(value: string | readonly string[] | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === "string" ? [value] : value;
}
