import { once } from "node:events";
import type { ServerResponse } from "node:http";

/** What a handler can send. Bodies and headers are those of gin and net/http, the libraries Ollama uses. */

/** gin's `c.JSON`: charset in the type, no newline at the end. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, "application/json; charset=utf-8", toJson(value));
}

/** The OpenAI and Anthropic routes encode with a newline and without a charset. */
export function sendEncodedJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, "application/json", `${toJson(value)}\n`);
}

export function sendError(response: ServerResponse, status: number, message: string): void {
  sendJson(response, status, { error: message });
}

/** gin's answers for a path or method it has no handler for. */
export function sendPlain(response: ServerResponse, status: number, text: string): void {
  send(response, status, "text/plain", text);
}

/** A status without a body or a type, as refusals and empty successes are; net/http tells a HEAD no length of nothing. */
export function sendEmpty(response: ServerResponse, status: number): void {
  const hasLength = status !== 204 && response.req.method !== "HEAD";
  response.writeHead(status, hasLength ? { "Content-Length": "0" } : {});
  response.end();
}

export function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { "Content-Type": type, "Content-Length": String(Buffer.byteLength(body)) });
  response.end(body);
}

/** Writes one piece of a streamed answer and waits where the caller reads slowly. */
export async function writePiece(response: ServerResponse, piece: string, signal: AbortSignal): Promise<void> {
  if (!response.write(piece)) {
    await once(response, "drain", { signal });
  }
}

/** encoding/json escapes what HTML could take for markup; its texts are otherwise JSON.stringify's. */
export function toJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
