import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:http";
import { hostname } from "node:os";
import type { Duplex } from "node:stream";
import type { Exchange } from "./exchange.ts";
import { judgeHost } from "./host-check.ts";
import { listenAs } from "./listen.ts";
import { toLogLine } from "./log.ts";
import { ModelStore } from "./models.ts";
import type { SeenRequest, Settings, StandInOptions } from "./options.ts";
import { toSettings } from "./options.ts";
import type { OriginCheck } from "./origins.ts";
import { judgeOrigin, parseOrigins, setOriginHeaders } from "./origins.ts";
import { Refusal } from "./request-body.ts";
import { sendEmpty, sendError, toJson } from "./respond.ts";
import { matchRoute, parseTarget, sendMismatch } from "./router.ts";
import { Scheduler } from "./scheduler.ts";

/** A stand-in that listens. */
export interface StandIn {
  /** Address of the socket, without brackets; `::` takes IPv4 too. */
  readonly address: string;
  readonly port: number;
  /** The newest requests in the order they were answered. */
  readonly requests: readonly SeenRequest[];
  /** Stops listening and ends every connection. */
  close(): Promise<void>;
}

/** Raised where Ollama panics at its start, with the panic's words. */
export class StartPanic extends Error {}

/** What every request is answered with. */
interface Parts extends Pick<Exchange, "settings" | "store" | "scheduler" | "signinUrl"> {
  readonly origins: OriginCheck;
  listensOn: string;
}

/** Starts a stand-in. Raises CannotListen or StartPanic where Ollama would not start. */
export async function startStandIn(options: StandInOptions = {}): Promise<StandIn> {
  const settings = toSettings(options);
  const origins = parseOrigins(options.origins ?? "");
  const parts: Parts = {
    settings,
    store: new ModelStore(settings.models),
    scheduler: new Scheduler(settings.parallel, settings.maxQueue),
    signinUrl: toSigninUrl(),
    origins: "check" in origins ? origins.check : { all: false, exact: new Set(), patterns: [] },
    listensOn: "127.0.0.1",
  };
  const requests: SeenRequest[] = [];
  const server = createServer({ requireHostHeader: false, maxHeaderSize: 1024 * 1024 }, (request, response) => {
    observe(request, response, (seen) => {
      requests.push(seen);
      requests.splice(0, Math.max(0, requests.length - settings.keepRequests));
      options.onRequest?.(seen);
    });
    void answer(parts, request, response);
  });
  // net/http sets no limits of its own and Ollama asks for none, so a slow caller may stay for ever.
  server.requestTimeout = 0;
  server.headersTimeout = 0;
  server.keepAliveTimeout = 0;
  server.on("clientError", (_error, socket) => turnDown(socket, "400 Bad Request"));
  const socket = await listenAs(server, options.host);
  parts.listensOn = socket.address;
  if ("panic" in origins) {
    await closeServer(server);
    throw new StartPanic(origins.panic);
  }
  for (const line of toStartLines(options, settings, socket.text)) {
    options.onLog?.(line);
  }
  return { address: socket.address, port: socket.port, requests, close: () => closeServer(server) };
}

/** net/http's answer to what it cannot take for a request: no length, no date, and the connection ends. */
function turnDown(socket: Duplex, words: string): void {
  const head = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n";
  socket.end(socket.writable ? head + words : undefined);
}

type HttpServer = ReturnType<typeof createServer>;

async function closeServer(server: HttpServer): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function answer(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const leaving = new AbortController();
  response.once("close", () => leaving.abort());
  try {
    await route(parts, request, response, leaving.signal);
  } catch (error) {
    if (leaving.signal.aborted) {
      return;
    }
    const refusal = error instanceof Refusal ? error : new Refusal(500, error instanceof Error ? error.message : "");
    if (response.headersSent) {
      response.end(`${toJson({ error: refusal.message })}\n`);
    } else {
      sendError(response, refusal.status, refusal.message);
    }
  }
}

async function route(
  parts: Parts,
  request: IncomingMessage,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { settings, origins, listensOn } = parts;
  const method = request.method ?? "";
  if (response.shouldKeepAlive) {
    // Node announces what HTTP/1.1 takes for granted; Go does not.
    response.removeHeader("Connection");
  }
  const target = parseTarget(request);
  if ("bad" in target) {
    response.statusCode = 400;
    turnDown(request.socket, target.bad);
    return;
  }
  const match = matchRoute(method, target, settings.version);
  if (match.kind === "elsewhere") {
    sendMismatch(response, method, match);
    return;
  }
  if (match.kind === "no-method") {
    // gin says so before any check is made.
    response.setHeader("Allow", match.allow);
  }
  const origin = judgeOrigin(origins, request, target.host);
  if (origin === "refused") {
    sendEmpty(response, 403);
    return;
  }
  setOriginHeaders(origins, request, target.host, response);
  if (origin === "preflight") {
    sendEmpty(response, 204);
    return;
  }
  const host = judgeHost(target.host, method, listensOn, settings.version);
  if (host !== "passes") {
    sendEmpty(response, host === "refused" ? 403 : 204);
    return;
  }
  if (match.kind !== "route") {
    sendMismatch(response, method, match);
    return;
  }
  await match.route.answer({ ...parts, request, response, parameters: match.parameters, signal });
}

function observe(request: IncomingMessage, response: ServerResponse, report: (seen: SeenRequest) => void): void {
  const at = new Date().toISOString();
  const started = performance.now();
  const from = (request.socket.remoteAddress ?? "").replace(/^::ffff:/, "");
  response.once("close", () => {
    report({
      at,
      method: request.method ?? "",
      target: request.url ?? "",
      headers: request.headers,
      from,
      status: response.statusCode,
      durationMs: performance.now() - started,
    });
  });
}

/** Names a key that signs nothing: the stand-in has none. */
function toSigninUrl(): string {
  const key = Buffer.from(`ssh-ed25519 ${randomBytes(51).toString("base64")}`).toString("base64url");
  return `https://ollama.com/connect?name=${encodeURIComponent(hostname())}&key=${key}`;
}

function toStartLines(options: StandInOptions, settings: Settings, listensOn: string): readonly string[] {
  const environment =
    `OLLAMA_HOST:${options.host ?? ""} OLLAMA_MAX_QUEUE:${settings.maxQueue} ` +
    `OLLAMA_MODELS:${settings.modelsDirectory} OLLAMA_NUM_PARALLEL:${settings.parallel} OLLAMA_ORIGINS:[${options.origins ?? ""}]`;
  return [
    toLogLine("WARN", "stand-in", "this is Portlock's stand-in for Ollama: it runs no model"),
    toLogLine("INFO", "routes.go:1544", "server config", `env=${JSON.stringify(`map[${environment}]`)}`),
    toLogLine("INFO", "images.go:522", `total blobs: ${settings.models.length}`),
    toLogLine("INFO", "images.go:529", "total unused blobs removed: 0"),
    toLogLine("INFO", "routes.go:1597", `Listening on ${listensOn} (version ${settings.version})`),
  ];
}
