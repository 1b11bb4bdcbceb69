import type * as http from "node:http";
import type { IncomingMessage } from "node:http";
import * as net from "node:net";
import { networkInterfaces } from "node:os";
import type { Duplex } from "node:stream";
import type * as tls from "node:tls";
import manifest from "../../package.json" with { type: "json" };
import { toErrorCode } from "./failure.ts";
import { BODY_LIMIT_BYTES, REQUEST_TIMEOUT_MS } from "./host.ts";
import type { HttpAnswer, NoAnswer, ReadRequest, RequestOutcome } from "./host.ts";

const HEADER_LIMIT_BYTES = 16 * 1024;
/** Interim answers (status 1xx) before the real one; an honest server sends one or two. */
const INTERIM_LIMIT = 8;

export interface RequestSettings {
  /** Added to the time of the request, where the way to the server takes some itself. */
  readonly lagMs?: number;
  /** A way to the server other than a TCP connection from this machine. */
  readonly connect?: () => Duplex;
  /** Ends the exchange early; its outcome is then `not-possible`. */
  readonly signal?: AbortSignal;
}

/**
 * One HTTP/1.1 request: no redirects, no proxy, no cookies, no connection kept. Whatever the server does, this
 * comes to an outcome in bounded time and memory. Once a header section has arrived the outcome is `answered`,
 * with `truncated` where the body was not seen to its end.
 */
export async function sendRequest(request: ReadRequest, settings: RequestSettings = {}): Promise<RequestOutcome> {
  const fault = refuseRequest(request);
  if (fault !== null) return fault;
  if (settings.signal?.aborted) return { kind: "not-possible", detail: "closed" };
  const zone = request.address.split("%")[1];
  if (zone !== undefined && !settings.connect && !Object.hasOwn(networkInterfaces(), zone)) {
    // The kernel would be handed no zone at all, and might ask a machine on another interface.
    return { kind: "unroutable", detail: `no interface ${zone}` };
  }
  try {
    return await exchange(request, settings);
  } catch (error) {
    return { kind: "not-possible", detail: error instanceof Error ? error.message : String(error) };
  }
}

/** The text of an address in a URL or a Host header: IPv6 in brackets, without a zone. */
export function formatAuthority(address: string, port: number): string {
  return address.includes(":") ? `[${address.replace(/%.*/s, "")}]:${port}` : `${address}:${port}`;
}

/** The outcome of a request that no door would make; null for every other. */
export function refuseRequest(request: ReadRequest): RequestOutcome | null {
  const detail = findFault(request);
  return detail === null ? null : { kind: "not-possible", detail };
}

function findFault(request: ReadRequest): string | null {
  if (net.isIP(request.address) === 0) return "not a numeric address";
  if (!Number.isInteger(request.port) || request.port < 1 || request.port > 65_535) return "not a port";
  if (request.method !== "GET" && request.method !== "HEAD") return "not a reading method";
  if (!request.path.startsWith("/")) return "the path does not begin with a slash";
  return null;
}

/** To import node:http would load what it exports for fetch and WebSocket as well, some 20 ms. */
function loadHttp(): typeof http {
  return process.getBuiltinModule("node:http");
}

/** Most listeners speak no TLS, and to load it takes some 8 ms. */
function loadTls(): typeof tls {
  return process.getBuiltinModule("node:tls");
}

function exchange(request: ReadRequest, settings: RequestSettings): Promise<RequestOutcome> {
  const { promise, resolve } = Promise.withResolvers<RequestOutcome>();
  let connection: Connection | undefined;
  let partial: BodyReader | undefined;
  let interim = 0;

  // Made first: it throws where a header or the path cannot be sent, and then nothing has been opened yet.
  const client = loadHttp().request({
    method: request.method,
    path: request.path,
    headers: toHeaders(request),
    setHost: false,
    maxHeaderSize: HEADER_LIMIT_BYTES,
    createConnection: () => {
      connection = openConnection(request, settings.connect);
      return connection.stream;
    },
  });
  const timeoutMs = (request.timeoutMs ?? REQUEST_TIMEOUT_MS) + (settings.lagMs ?? 0);
  const timer = setTimeout(() => settle({ kind: "timeout" }), timeoutMs);
  const abort = (): void => settle({ kind: "not-possible", detail: "closed" });
  settings.signal?.addEventListener("abort", abort);

  /** The first outcome wins; a failure after the header section is an answer that broke off. */
  function settle(outcome: RequestOutcome): void {
    clearTimeout(timer);
    settings.signal?.removeEventListener("abort", abort);
    resolve(partial && outcome.kind !== "answered" ? partial.breakOff() : outcome);
    client.destroy();
    connection?.stream.destroy();
  }
  function fail(error: Error): void {
    settle(toNoAnswer(error, request.tls === true && connection?.isSecure() === false));
  }

  client.on("information", () => {
    interim += 1;
    if (interim > INTERIM_LIMIT) settle({ kind: "not-http", detail: "interim answers without end" });
  });
  client.on("upgrade", (response) => settle(new BodyReader(response).breakOff()));
  client.on("response", (response) => {
    const body = new BodyReader(response);
    partial = body;
    response.on("data", (chunk: Buffer) => body.isFullAfter(chunk) && settle(body.breakOff()));
    response.on("end", () => settle(response.complete ? body.complete() : body.breakOff()));
    response.on("error", fail);
  });
  client.on("error", fail);
  client.on("close", () => settle({ kind: "closed" }));
  client.end();
  return promise;
}

function toHeaders(request: ReadRequest): Record<string, string> {
  return {
    Host: request.hostHeader ?? formatAuthority(request.address, request.port),
    "User-Agent": `portlock/${manifest.version} (+read-only audit)`,
    Accept: "*/*",
    Connection: "close",
    ...(request.origin === undefined ? {} : { Origin: request.origin }),
    ...(request.authorization === undefined ? {} : { Authorization: request.authorization }),
  };
}

interface Connection {
  readonly stream: Duplex;
  /** False as long as a TLS handshake is not done. */
  isSecure(): boolean;
}

function openConnection(request: ReadRequest, connect: RequestSettings["connect"]): Connection {
  const raw = connect ? connect() : net.connect({ host: request.address, port: request.port });
  raw.on("error", () => {});
  if (request.tls !== true) return { stream: raw, isSecure: () => false };
  let secure = false;
  const name = request.serverName ?? request.hostHeader?.replace(/:\d*$/, "") ?? "";
  const stream = loadTls().connect({
    socket: raw,
    // Nothing secret is sent and nothing received is trusted; a self-signed server must be seen as well.
    rejectUnauthorized: false,
    ...(/^[A-Za-z0-9_.-]+$/.test(name) && net.isIP(name) === 0 ? { servername: name } : {}),
  });
  stream.on("error", () => {});
  raw.on("error", (error) => stream.destroy(error));
  stream.once("secureConnect", () => {
    secure = true;
  });
  return { stream, isSecure: () => secure };
}

/** The body of one answer as it comes in, up to the cap. */
class BodyReader {
  readonly #response: IncomingMessage;
  readonly #chunks: Buffer[] = [];
  #length: number = 0;

  constructor(response: IncomingMessage) {
    this.#response = response;
  }

  /** Keeps a chunk; true once there is more than the cap holds. */
  isFullAfter(chunk: Buffer): boolean {
    const room = BODY_LIMIT_BYTES - this.#length;
    this.#chunks.push(chunk.subarray(0, room));
    this.#length += Math.min(room, chunk.length);
    return chunk.length > room;
  }

  complete(): RequestOutcome {
    return this.#toOutcome(false);
  }

  /** The answer as far as it came, with what still waits in the stream. */
  breakOff(): RequestOutcome {
    while (this.#length < BODY_LIMIT_BYTES && this.#response.read() !== null) {}
    return this.#toOutcome(true);
  }

  #toOutcome(truncated: boolean): RequestOutcome {
    const answer: HttpAnswer = {
      status: this.#response.statusCode ?? 0,
      headers: keepFirst(this.#response.rawHeaders),
      body: Buffer.concat(this.#chunks).toString("utf8"),
      truncated,
    };
    return { kind: "answered", answer };
  }
}

function keepFirst(rawHeaders: readonly string[]): Readonly<Record<string, string>> {
  const headers = new Map<string, string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = (rawHeaders[at] ?? "").toLowerCase();
    if (!headers.has(name)) headers.set(name, rawHeaders[at + 1] ?? "");
  }
  return Object.fromEntries(headers);
}

const NO_ANSWER_BY_CODE: Readonly<Record<string, NoAnswer>> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
  EHOSTUNREACH: "unroutable",
  ENETUNREACH: "unroutable",
  EHOSTDOWN: "unroutable",
  ENETDOWN: "unroutable",
  EADDRNOTAVAIL: "unroutable",
  EINVAL: "unroutable", // a link-local address whose zone is not there
  ENODEV: "unroutable",
  EACCES: "unroutable", // a packet filter of this machine refuses to send
  EPERM: "unroutable",
  ECONNRESET: "closed",
  EPIPE: "closed",
};

function toNoAnswer(error: Error, duringHandshake: boolean): RequestOutcome {
  const code = toErrorCode(error) ?? "";
  const detail = error.message;
  if (code.startsWith("HPE_")) return { kind: "not-http", detail };
  const known = NO_ANSWER_BY_CODE[code];
  if (duringHandshake && (known === undefined || known === "closed")) return { kind: "tls-failed", detail };
  return { kind: known ?? (/^(?:ERR_SSL|EPROTO)/.test(code) ? "tls-failed" : "not-possible"), detail };
}
