import { toErrorBody } from "../policy/error-body.ts";
import type { Api, Refusal } from "../policy/decision.ts";
import type { Exchange } from "./exchange.ts";

/** A key that came to its end while its request waited. */
export const REVOKED: Refusal = { status: 401, code: "unauthenticated", message: "A valid key is needed." };

/** What goes with a refusal. */
export interface RefusalExtras {
  /** Header of every answer to this client, names and values in turn. */
  readonly headers?: readonly string[];
  readonly retryAfterSeconds?: number;
  /** Place in the queue it had or would have had. */
  readonly place?: number | null;
  /** What comes next on this connection is not trusted either. */
  readonly closes?: boolean;
}

/** Seconds after which something that is gone for now is worth another try. */
const RETRY_SECONDS = 5;

/** Answers with a refusal in the form of its API. A body that was not read does not become the next request. */
export function refuse(exchange: Exchange, refusal: Refusal, api: Api, extras: RefusalExtras = {}): void {
  exchange.code = refusal.code;
  exchange.ending = "refused";
  const headers = ["content-type", "application/json", ...(extras.headers ?? [])];
  if (refusal.status === 401) headers.push("www-authenticate", 'Bearer realm="portlock"');
  if (refusal.status === 429 || refusal.status === 503) {
    headers.push("retry-after", String(extras.retryAfterSeconds ?? RETRY_SECONDS));
  }
  // Who was too slow with a body is not waited for once more, as for the rest of it.
  if (extras.closes === true || refusal.status === 408) exchange.response.shouldKeepAlive = false;
  if (typeof extras.place === "number") headers.push("x-portlock-queue-place", String(extras.place));
  answer(exchange, refusal.status, headers, toErrorBody(api, refusal));
}

/** Most of an unwanted body that is taken in, and for how long, so that whoever sends it gets to read the answer. */
const LINGER_BYTES = 1024 * 1024;
const LINGER_MS = 2000;

/** Answers with a whole body. */
export function answer(exchange: Exchange, status: number, headers: readonly string[], body: string): void {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const bytes = Buffer.from(body);
  const all = [...headers, "x-request-id", exchange.id, "cache-control", "no-store"];
  if (status !== 204) all.push("content-length", String(bytes.length));
  exchange.sawFirstByte();
  exchange.answerBytes = bytes.length;
  if (!hasUnreadBody(exchange) || isShort(exchange)) {
    response.writeHead(status, all).end(bytes);
    return;
  }
  response.writeHead(status, [...all, "connection", "close"]);
  if (request.headers.expect !== undefined && !exchange.askedForBody) {
    response.end(bytes);
    return;
  }
  // An answer that was closed upon what still comes in would be lost on its way.
  response.write(bytes);
  let room = LINGER_BYTES;
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.on("data", (chunk: Buffer) => {
    room -= chunk.length;
    if (room < 0) end();
  });
  request.once("end", end).once("error", end).once("close", end);
}

/** True where a body is announced, whether or not it has come. */
export function hasBody({ request }: Exchange): boolean {
  return request.headers["transfer-encoding"] !== undefined || Number(request.headers["content-length"] ?? 0) > 0;
}

/** Bodies up to here are read to their end, so that their connection can go on. */
const SHORT_BYTES = 64 * 1024;

/** True where the body is there already or about to be: a client that waits to be asked for it does not send it. */
function isShort({ request: { headers } }: Exchange): boolean {
  const length = headers["content-length"];
  return length !== undefined && Number(length) <= SHORT_BYTES && headers.expect === undefined;
}

/** True where a body is announced and has not come to its end. */
export function hasUnreadBody(exchange: Exchange): boolean {
  return hasBody(exchange) && !exchange.request.complete;
}
