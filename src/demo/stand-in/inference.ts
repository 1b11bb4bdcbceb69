import { setTimeout as pause } from "node:timers/promises";
import type { Exchange } from "./exchange.ts";
import { QueueFull } from "./scheduler.ts";
import type { Fields } from "./request-body.ts";
import { Refusal, field, numberField, objectField } from "./request-body.ts";
import { isCloudName, parseModelName, toShortName, toUnqualified } from "./model-name.ts";
import type { Model } from "./models.ts";
import { refuseCloud } from "./cloud.ts";
import { isAtLeast } from "./version.ts";

const WORDS = "This is a stand-in for Ollama: it runs no model, it only keeps the shape of an answer. ".match(
  /\S+\s*/g,
);
const FIVE_MINUTES_IN_MS = 300_000;
const NANOSECONDS = 1_000_000;

/** What was generated so far: one token, or the end with its counters. */
export type Piece = { readonly kind: "token"; readonly text: string } | ({ readonly kind: "end" } & Ending);

/** Counters of a finished answer; durations in nanoseconds. */
export interface Ending {
  readonly reason: "stop" | "length";
  readonly totalNs: number;
  readonly loadNs: number;
  readonly promptTokens: number;
  readonly promptNs: number;
  readonly tokens: number;
  readonly tokensNs: number;
}

/** What a caller wants generated, whatever route it came by. */
export interface Wish {
  readonly model: Model;
  readonly prompt: string;
  /** Most tokens the caller accepts; null where it set no limit. */
  readonly limit: number | null;
  readonly keepAliveMs: number;
}

/**
 * Finds the model a request names. Raises the Refusal of Ollama's handlers where there is none; null means
 * that the request was for a cloud model and has been answered.
 */
export function findModel(exchange: Exchange, fields: Fields, name: string, by: Asker = "generate"): Model | null {
  if (isCloudName(name) && isAtLeast(exchange.settings.version, "0.18.0")) {
    refuseCloud(exchange, "remote model is unavailable");
    return null;
  }
  if (parseModelName(name) === null) {
    throw refuseName(name, by);
  }
  const model = exchange.store.find(name);
  if (model === null) {
    const advises = by === "embed" || by === "embeddings";
    throw new Refusal(404, advises ? `model "${name}" not found, try pulling it first` : `model '${name}' not found`);
  }
  if (model.remote !== null) {
    refuseCloud(exchange, "remote model is unavailable");
    return null;
  }
  if (field(fields, "think") === true && !model.capabilities.includes("thinking")) {
    throw new Refusal(400, `"${name}" does not support thinking`);
  }
  return model;
}

/** The handler that looks for a model: each has words of its own where there is none. */
export type Asker = "generate" | "chat" | "show" | "embed" | "embeddings";

/** What each says to a text that is no name, an empty one among them. */
function refuseName(name: string, by: Asker): Refusal {
  if (by === "chat" || by === "embeddings" || (by === "show" && name === "")) {
    return new Refusal(400, "model is required");
  }
  if (by === "generate") {
    return new Refusal(404, `model '${name}' not found`);
  }
  return new Refusal(500, toUnqualified(name));
}

/** Generates an answer token by token: waits for a turn, loads the model, counts. Raises a Refusal (503) where the line is full. */
export async function* generate(exchange: Exchange, wish: Wish): AsyncGenerator<Piece> {
  const { settings, scheduler, signal } = exchange;
  const started = performance.now();
  const leave = await enter(exchange);
  try {
    await load(exchange, wish);
    const loaded = performance.now();
    const wanted = Math.min(settings.tokens, wish.limit ?? Infinity);
    for (let index = 0; index < wanted; index += 1) {
      if (settings.tokenIntervalMs > 0) {
        await pause(settings.tokenIntervalMs, undefined, { signal });
      }
      signal.throwIfAborted();
      yield { kind: "token", text: WORDS?.[index % WORDS.length] ?? "" };
    }
    scheduler.load(toShortName(wish.model.name), wish.keepAliveMs);
    const ended = performance.now();
    yield {
      kind: "end",
      reason: wanted < settings.tokens ? "length" : "stop",
      totalNs: toNanoseconds(ended - started),
      loadNs: toNanoseconds(loaded - started),
      promptTokens: countTokens(wish.prompt),
      promptNs: NANOSECONDS,
      tokens: wanted,
      tokensNs: toNanoseconds(ended - loaded),
    };
  } finally {
    leave();
  }
}

/** Loads a model without generating, as an empty prompt does. */
export async function load(exchange: Exchange, wish: Pick<Wish, "model" | "keepAliveMs">): Promise<void> {
  const fresh = exchange.scheduler.load(toShortName(wish.model.name), wish.keepAliveMs);
  if (fresh && exchange.settings.loadMs > 0) {
    await pause(exchange.settings.loadMs, undefined, { signal: exchange.signal });
  }
}

async function enter(exchange: Exchange): Promise<() => void> {
  try {
    return await exchange.scheduler.enter(exchange.signal);
  } catch (error) {
    throw error instanceof QueueFull ? new Refusal(503, error.message) : error;
  }
}

/** `options.num_predict`, the limit of the native routes; a negative one means none. */
export function toNativeLimit(fields: Fields): number | null {
  const options = objectField(fields, "options");
  const limit = options === undefined ? undefined : numberField(options, "num_predict");
  return limit === undefined || limit < 0 ? null : limit;
}

/** `keep_alive`: seconds as a number, or a Go duration; below zero it never ends. In milliseconds. */
export function toKeepAliveMs(fields: Fields): number {
  const value = field(fields, "keep_alive");
  if (value === undefined) {
    return FIVE_MINUTES_IN_MS;
  }
  if (typeof value === "number") {
    return value < 0 ? Infinity : value * 1_000;
  }
  const parsed = typeof value === "string" ? parseDurationMs(value) : null;
  if (parsed === null) {
    throw new Refusal(400, `time: invalid duration ${JSON.stringify(value)}`);
  }
  return parsed < 0 ? Infinity : parsed;
}

/** A Go duration such as `1h30m` in milliseconds; null where it is none. */
function parseDurationMs(text: string): number | null {
  if (/^[+-]?0$/.test(text)) {
    return 0;
  }
  const match = /^([+-]?)((?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+)$/.exec(text);
  if (match === null) {
    return null;
  }
  const units: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1e3, m: 6e4, h: 36e5 };
  let total = 0;
  for (const [, amount, unit] of (match[2] ?? "").matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) {
    total += Number(amount) * (units[unit ?? ""] ?? 0);
  }
  return match[1] === "-" ? -total : total;
}

/** Words stand for tokens. */
export function countTokens(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

export function toNanoseconds(milliseconds: number): number {
  return Math.round(milliseconds * NANOSECONDS);
}

/** The counters as `/api/generate` and `/api/chat` send them; those that are zero are left out. */
export function toMetrics(ending: Ending): Readonly<Record<string, number>> {
  const all = {
    total_duration: ending.totalNs,
    load_duration: ending.loadNs,
    prompt_eval_count: ending.promptTokens,
    prompt_eval_duration: ending.promptTokens === 0 ? 0 : ending.promptNs,
    eval_count: ending.tokens,
    eval_duration: ending.tokensNs,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== 0));
}
