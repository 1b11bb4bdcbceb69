import type { HttpAnswer } from "../host/host.ts";

const LONGEST_HEADER = 256;

/**
 * An HTTP/1 answer as it came off a connection that the server closed at its end; null for anything else. Interim
 * answers are passed over. `isCut`: there was more than was kept.
 */
export function parseRawAnswer(bytes: Uint8Array, isCut: boolean): HttpAnswer | null {
  let text = new TextDecoder().decode(bytes);
  for (let interim = 0; interim < 8; interim += 1) {
    const [, head = "", end] =
      /^(HTTP\/1\.[01] \d{3}(?: [^\r\n]*)?(?:\r?\n[^\r\n]+)*)(\r?\n\r?\n|\r?\n?$)/.exec(text) ?? [];
    const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(head)?.[1]);
    if (head === "" || end === undefined || status < 100) return null;
    const body = text.slice(head.length + end.length);
    if (status >= 200) return { status, headers: parseHeaders(head), body, truncated: isCut };
    text = body;
  }
  return null;
}

/** Names in lower case; of repeated ones the first is kept. */
function parseHeaders(head: string): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (const line of head.split(/\r?\n/).slice(1)) {
    const [, name = "", value = ""] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$/.exec(line) ?? [];
    const key = name.toLowerCase();
    if (key !== "" && !headers.has(key)) headers.set(key, value.trim().slice(0, LONGEST_HEADER));
  }
  return Object.fromEntries(headers);
}
