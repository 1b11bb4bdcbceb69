import type { IncomingMessage, ServerResponse } from "node:http";
import type { Ending, Served } from "../evidence/served.ts";
import type { Key } from "../key.ts";
import type { Turn } from "../limits/limiter.ts";
import type { Route } from "../policy/decision.ts";
import type { Tokens } from "./token-meter.ts";

/** A request and its answer, from its head to its end. Whatever happens, its end is told once, and its turn given back once. */
export class Exchange {
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Address of the client's end of the connection, an IPv4 one never in its IPv6 form. */
  readonly peer: string;
  readonly at: number;
  readonly #startedAt: number;
  readonly #hearEnd: (exchange: Exchange, served: Served) => void;
  readonly #leaving = new AbortController();
  #turn: Turn | null = null;
  #hasEnded = false;
  #isSettled = false;
  #onLeft: (() => void) | null = null;

  key: Key | null = null;
  route: Route | null = null;
  model: string | null = null;
  code: string | null = null;
  ending: Ending = "whole";
  tokens: Tokens | null = null;
  #isRevoked = false;
  /** The model server was asked, and may have worked. */
  reachedUpstream = false;
  /** The client, who waits to be asked for its body, was asked. */
  askedForBody = false;
  bodyBytes = 0;
  answerBytes = 0;
  /** Memory held by a body that is read before it goes on. */
  heldBytes = 0;
  /** Monotonic moment since which the client lets a wait pass: for its body, or for room for its answer. Null: none. */
  waitsSince: number | null = null;
  /** What is done where it waits for too long; null: its connection is ended. */
  giveUp: (() => void) | null = null;
  #firstByteAt: number | null = null;

  constructor(
    id: string,
    request: IncomingMessage,
    response: ServerResponse,
    peer: string,
    hearEnd: (exchange: Exchange, served: Served) => void,
  ) {
    this.id = id;
    this.request = request;
    this.response = response;
    this.peer = peer;
    this.#hearEnd = hearEnd;
    this.at = Date.now();
    this.#startedAt = performance.now();
    response.once("close", () => this.#close());
  }

  /** Aborted as soon as the client has left, and for one that waits for its turn when its key is revoked. */
  get signal(): AbortSignal {
    return this.#leaving.signal;
  }

  /** Its key was revoked after it had come. */
  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Its key is in force no more: whoever waits for a turn waits no longer. What is being answered goes on. */
  revoke(): void {
    this.#isRevoked = true;
    if (!this.reachedUpstream) this.#leaving.abort();
  }

  /** Called at once when the client leaves before its answer is whole. */
  onLeft(hear: () => void): void {
    this.#onLeft = hear;
  }

  /** The turn to give back; at once where the client has left in the meantime. */
  take(turn: Turn): void {
    this.#turn = turn;
    if (this.#hasEnded) this.settle();
  }

  sawFirstByte(): void {
    this.#firstByteAt ??= performance.now();
  }

  /** Gives the turn back: the model server is done with it. Later calls do nothing. */
  settle(): void {
    if (this.#isSettled || this.#turn === null) return;
    this.#isSettled = true;
    const untold = this.reachedUpstream ? null : 0;
    this.#turn.release({ tokens: this.tokens === null ? untold : this.tokens.prompt + this.tokens.answer });
  }

  #close(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    if (!this.response.writableFinished && this.ending === "whole") this.ending = "left";
    if (!this.response.writableFinished) {
      if (this.ending === "left") this.code ??= "client-left";
      this.#onLeft?.();
      this.#leaving.abort();
    }
    this.settle();
    this.#hearEnd(this, this.#toServed());
  }

  #toServed(): Served {
    const { request, response, route, key } = this;
    return {
      id: this.id,
      at: this.at,
      peer: this.peer,
      method: request.method ?? "",
      route: route?.id ?? null,
      keyId: key?.id ?? null,
      model: this.model,
      status: response.headersSent ? response.statusCode : 0,
      code: this.code,
      ending: this.ending,
      tokens: this.tokens,
      occupiesModel: route?.occupiesModel ?? false,
      waitedMs: this.#turn?.waitedMs ?? 0,
      firstByteMs: this.#firstByteAt === null ? null : this.#firstByteAt - this.#startedAt,
      totalMs: performance.now() - this.#startedAt,
      bodyBytes: this.bodyBytes,
      answerBytes: this.answerBytes,
    };
  }
}
