import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import type { Api, Refusal, Route } from "../policy/decision.ts";
import { hasBody, hasUnreadBody, refuse } from "./answer.ts";
import { LIST_LIMIT_BYTES } from "../policy/filter-models.ts";
import type { Exchange } from "./exchange.ts";
import { toAnswerHeaders, toUpstreamHeaders } from "./headers.ts";
import { BodyTooLarge, passBody } from "./read-whole-body.ts";
import { TokenMeter } from "./token-meter.ts";
import type { Upstream } from "./upstream.ts";

/** What goes to the upstream: a constant target, and the very bytes of the body where it was read already. */
export interface Forwarding {
  readonly route: Route;
  readonly path: string;
  /** Null: the body passes through while it comes. */
  readonly body: Buffer | null;
  readonly bodyLimitBytes: number | null;
  /** Header of every answer to this client, names and values in turn. */
  readonly ownHeaders: readonly string[];
  /** Takes out of a list what this key may not see; null: nothing. Gives null where the list cannot be read. */
  readonly filter: ((list: string) => string | null) | null;
}

/** Sends a request to the upstream and its answer to the client, chunk by chunk. Its end is the end of the exchange. */
export function forward(exchange: Exchange, upstream: Upstream, forwarding: Forwarding): void {
  const { route, path, body } = forwarding;
  const headers = toUpstreamHeaders(exchange.request.rawHeaders, upstream.host);
  let sent: Buffer | AsyncGenerator<Buffer, void> | null = body === null || body.length === 0 ? null : body;
  if (body === null && hasBody(exchange)) {
    const length = exchange.request.headers["content-length"];
    if (length !== undefined) headers.push("content-length", length);
    sent = passBody(exchange, forwarding.bodyLimitBytes);
  }
  const relay = new Relay(exchange, forwarding);
  exchange.onLeft(() => relay.leave());
  upstream.dispatch(
    {
      method: route.method,
      path,
      headers,
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- its types leave out the iterables it takes
      body: sent as Buffer | null,
    },
    relay,
  );
}

const LEFT = new Error("the client left");

const UNREACHED: Refusal = {
  status: 503,
  code: "upstream-unreachable",
  message: "The model server cannot be reached; try again later.",
};
const BROKEN: Refusal = {
  status: 502,
  code: "upstream-broke-off",
  message: "The model server ended the connection before it had answered.",
};
const UNREADABLE: Refusal = {
  status: 502,
  code: "list-unreadable",
  message: "The model server gave a list of models that cannot be filtered.",
};

const NOT_SENT: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOENT",
  "EACCES",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
]);

/** Hands what comes from the upstream to the client, and stops where the other one stops. */
class Relay implements Dispatcher.DispatchHandler {
  readonly #exchange: Exchange;
  readonly #forwarding: Forwarding;
  #controller: Dispatcher.DispatchController | null = null;
  #meter: TokenMeter | null = null;
  #held: Buffer[] | null = null;
  #heldHeaders: string[] = [];
  #heldBytes = 0;
  /** Bytes that the answer says it has; null where it does not, or has others when it goes on. */
  #length: number | null = null;
  #hasLeft = false;

  constructor(exchange: Exchange, forwarding: Forwarding) {
    this.#exchange = exchange;
    this.#forwarding = forwarding;
  }

  /** Nobody waits for the answer any more. */
  leave(): void {
    this.#hasLeft = true;
    this.#count();
    this.#controller?.abort(LEFT);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#hasLeft || this.#exchange.isRevoked) controller.abort(LEFT);
    else this.#exchange.reachedUpstream = true;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, raw: IncomingHttpHeaders): void {
    // 100 and 103 are of the way, not of the answer.
    if (status < 200 || this.#hasLeft) return;
    const exchange = this.#exchange;
    exchange.sawFirstByte();
    const { sent, mediaType, length } = toAnswerHeaders(raw);
    if (this.#forwarding.route.occupiesModel) this.#meter = new TokenMeter(mediaType);
    const isFiltered = this.#forwarding.filter !== null && status === 200;
    if (isFiltered && exchange.request.method !== "HEAD") this.#held = [];
    sent.push(...this.#forwarding.ownHeaders, "x-request-id", exchange.id);
    if (mediaType === "text/event-stream" || mediaType === "application/x-ndjson") {
      sent.push("x-accel-buffering", "no");
    }
    if (hasUnreadBody(exchange)) sent.push("connection", "close");
    if (this.#held !== null) {
      this.#heldHeaders = withoutLength(sent);
      return;
    }
    this.#length = isFiltered ? null : length;
    exchange.response.writeHead(status, isFiltered ? withoutLength(sent) : sent);
    queueMicrotask(() => {
      if (exchange.answerBytes === 0 && !exchange.response.writableEnded) exchange.response.flushHeaders();
    });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const exchange = this.#exchange;
    if (this.#hasLeft) return;
    if (this.#held !== null) {
      this.#hold(controller, chunk);
      return;
    }
    exchange.answerBytes += chunk.length;
    this.#meter?.see(chunk);
    // The last of it: its end goes in the same write.
    if (exchange.answerBytes === this.#length) exchange.response.end(chunk);
    else if (!exchange.response.write(chunk)) this.#waitForRoom(controller);
  }

  #waitForRoom(controller: Dispatcher.DispatchController): void {
    const exchange = this.#exchange;
    controller.pause();
    exchange.waitsSince = performance.now();
    exchange.response.once("drain", () => {
      exchange.waitsSince = null;
      controller.resume();
    });
  }

  #hold(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#heldBytes += chunk.length;
    if (this.#heldBytes > LIST_LIMIT_BYTES) controller.abort(new ListUnreadable());
    else this.#held?.push(chunk);
  }

  onResponseEnd(): void {
    const { response } = this.#exchange;
    this.#count();
    this.#exchange.settle();
    // The last of it still has to be taken in.
    this.#exchange.waitsSince = performance.now();
    if (this.#held === null) {
      response.end();
      return;
    }
    const list = this.#forwarding.filter?.(Buffer.concat(this.#held).toString("utf8")) ?? null;
    if (list === null) {
      this.#breakOff(UNREADABLE);
      return;
    }
    const body = Buffer.from(list);
    this.#exchange.answerBytes = body.length;
    response.writeHead(200, [...this.#heldHeaders, "content-length", String(body.length)]).end(body);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#count();
    this.#exchange.settle();
    if (this.#hasLeft) return;
    if (error instanceof BodyTooLarge) this.#breakOff(error.refusal);
    else if (error instanceof ListUnreadable) this.#breakOff(UNREADABLE);
    else this.#breakOff(NOT_SENT.has(toCode(error)) ? UNREACHED : BROKEN);
  }

  /** Before the first byte the client is told why; after it the connection is cut, so that nobody takes a part for the whole. */
  #breakOff(refusal: Refusal): void {
    const exchange = this.#exchange;
    const api: Api = this.#forwarding.route.api;
    if (!exchange.response.headersSent) {
      refuse(exchange, refusal, api, { headers: this.#forwarding.ownHeaders });
      exchange.ending = "broken";
    } else {
      exchange.code = refusal.code;
      exchange.ending = "broken";
      cut(exchange);
    }
  }

  #count(): void {
    if (this.#meter === null || this.#exchange.tokens !== null) return;
    const told = this.#meter.read();
    // An answer that was cut, or that does not tell, has cost what has passed.
    this.#exchange.tokens = told ?? (this.#meter.parts > 0 ? { prompt: 0, answer: this.#meter.parts } : null);
  }
}

/** The list of models is not one. */
class ListUnreadable extends Error {
  override readonly name: string = "ListUnreadable";
}

function cut({ request, response }: Exchange): void {
  // A client of HTTP/1.0 takes an ordinary end of the connection for the end of the answer.
  if (request.httpVersion === "1.0" && !("encrypted" in request.socket)) request.socket.resetAndDestroy();
  else response.destroy();
}

/** The code of an error or of the first one it is made of: a name with several addresses gives one each. */
function toCode(error: Error): string {
  if ("code" in error && typeof error.code === "string") return error.code;
  if (error instanceof AggregateError) {
    const first: unknown = error.errors[0];
    return first instanceof Error ? toCode(first) : "";
  }
  return "";
}

function withoutLength(headers: readonly string[]): string[] {
  return headers.filter((_, at) => headers[at - (at % 2)] !== "content-length");
}
