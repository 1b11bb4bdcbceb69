import type { Refusal, RequestHead } from "./decision.ts";
import { type HeaderLines, readHeaders } from "./headers.ts";
import { type RefusalCode, refuse } from "./refusals.ts";

/** A browser sends some 25, the official client libraries some 20. */
const MOST_HEADERS = 100;

/** A token without `_`, which some servers read as `-`; and without the signs that no header in use has. */
const NAME = /^[A-Za-z][A-Za-z0-9-]*$/;

/** With `_`, which the names of containers have. */
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/** Two of these would leave it open which one counts. */
const ONCE = ["content-type", "content-encoding", "expect", "origin", "upgrade"];

const METHOD_OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];

/**
 * What a request head is refused for before anybody looks at who asks: everything in it that two servers could read
 * differently, and that Node.js 24 lets through (`gzip, chunked`, Transfer-Encoding on HTTP/1.0, two Hosts, a path in
 * Host, thousands of headers). Null where it is sound.
 *
 * @param httpVersion as node:http tells it, `1.1`.
 */
export function checkHead(head: RequestHead, httpVersion: string): Refusal | null {
  const { rawHeaders } = head;
  if (rawHeaders.length > 2 * MOST_HEADERS) return refuse("too-many-headers");
  for (let index = 0; index < rawHeaders.length; index += 2) {
    if (!NAME.test(rawHeaders[index] ?? "")) return refuse("bad-header");
  }
  const headers = readHeaders(rawHeaders);
  const code =
    checkHost(headers) ?? checkFraming(headers, head.method, httpVersion) ?? checkOnce(headers) ?? checkWishes(headers);
  return code === null ? null : refuse(code);
}

function checkHost(headers: HeaderLines): RefusalCode | null {
  const hosts = headers.get("host") ?? [];
  return hosts.length === 1 && HOST.test(hosts[0] ?? "") ? null : "bad-host";
}

/** How long the body is, said once and in one way. */
function checkFraming(headers: HeaderLines, method: string, httpVersion: string): RefusalCode | null {
  const lengths = headers.get("content-length") ?? [];
  const encodings = headers.get("transfer-encoding") ?? [];
  if (lengths.length + encodings.length > 1) return "bad-framing";
  const [length] = lengths;
  const [encoding] = encodings;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return "bad-framing";
  if (encoding !== undefined && (encoding.toLowerCase() !== "chunked" || httpVersion !== "1.1")) return "bad-framing";
  const hasBody = encoding !== undefined || Number(length ?? 0) > 0;
  return hasBody && (method === "GET" || method === "HEAD") ? "unexpected-body" : null;
}

function checkOnce(headers: HeaderLines): RefusalCode | null {
  return ONCE.some((name) => (headers.get(name) ?? []).length > 1) ? "duplicate-header" : null;
}

function checkWishes(headers: HeaderLines): RefusalCode | null {
  const [encoding] = headers.get("content-encoding") ?? [];
  if (encoding !== undefined && encoding.toLowerCase() !== "identity") return "encoding-refused";
  const [expectation] = headers.get("expect") ?? [];
  if (expectation !== undefined && expectation.toLowerCase() !== "100-continue") return "bad-expectation";
  // Java's own client offers h2c with every request; nobody has to take the offer, and it is not passed on.
  const [upgrade] = headers.get("upgrade") ?? [];
  if (upgrade !== undefined && upgrade.toLowerCase() !== "h2c") return "upgrade-refused";
  return METHOD_OVERRIDES.some((name) => headers.has(name)) ? "method-override" : null;
}
