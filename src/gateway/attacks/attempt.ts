import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { toRequest, toStatuses } from "../testing/raw-request.ts";
import type { Behave } from "../testing/recording-upstream.ts";
import type { Group, NumbersOf } from "./groups.ts";
import { PROMPT, type World, type WorldKey } from "./world.ts";

/** Tries one attack, and fails where the gateway does not withstand it. */
export type Attempt = (world: World, test: TestContext) => Promise<void>;

/** All attacks of a group. */
export type Attempts<G extends Group> = Readonly<Record<NumbersOf<G>, Attempt>>;

/** The header that shows a key. */
export function bearer({ text }: WorldKey): string {
  return `authorization: Bearer ${text}`;
}

/** A body that asks a model. */
export function toBody(model = "qwen3"): string {
  return JSON.stringify({ model, prompt: PROMPT });
}

export function lengthOf(body: string | Uint8Array): string {
  return `content-length: ${Buffer.byteLength(body)}`;
}

/** A request with a body, on a connection that ends with it. */
export function toPost(path: string, headers: readonly string[], body: string = toBody(), method = "POST"): string {
  return toRequest(`${method} ${path}`, [...headers, lengthOf(body), "connection: close"], body);
}

/** A request without a body, on a connection that ends with it. */
export function toGet(path: string, headers: readonly string[] = [], method = "GET"): string {
  return toRequest(`${method} ${path}`, [...headers, "connection: close"]);
}

/** Requests with what they are, each of which has to be refused. */
export type Requests = Readonly<Record<string, string | Uint8Array>>;

/**
 * Sends each on a connection of its own, all at once, and fails where one is answered with another status, or anything
 * reaches the model server. Status 0: the connection ends without an answer. Gives the answers.
 */
export async function expectRefused(
  world: World,
  statuses: readonly number[],
  requests: Requests,
  port?: number,
): Promise<readonly string[]> {
  const before = world.upstream.reached.length;
  const answers = await Promise.all(
    Object.entries(requests).map(async ([what, bytes]) => {
      const text = await world.send(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, port);
      const [status = 0] = toStatuses(text);
      assert.ok(statuses.includes(status), `${what}: ${status} ${text.slice(0, 500)}`);
      return text;
    }),
  );
  const reached = world.upstream.reached.slice(before).map(({ method, target }) => `${method} ${target}`);
  assert.deepEqual(reached, [], `of ${Object.keys(requests).join("; ")}`);
  return answers;
}

/** Sends each, one after the other; fails where one is not answered with 200, or does not reach the model server once. */
export async function expectServed(world: World, requests: Requests, port?: number): Promise<readonly string[]> {
  const answers: string[] = [];
  for (const [what, bytes] of Object.entries(requests)) {
    const before = world.upstream.reached.length;
    const text = await world.send(typeof bytes === "string" ? Buffer.from(bytes, "latin1") : bytes, port);
    assert.deepEqual(toStatuses(text), [200], `${what}: ${text.slice(0, 500)}`);
    assert.equal(world.upstream.reached.length, before + 1, what);
    answers.push(text);
  }
  return answers;
}

/** Each text by itself, as what it is called by too. */
export function byThemselves(texts: readonly string[], make: (text: string) => string | Uint8Array): Requests {
  return Object.fromEntries(texts.map((text) => [JSON.stringify(text).slice(0, 80), make(text)]));
}

/** Waits until it is so; fails after many times as long as that takes. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 2000; attempt += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  assert.fail(`never: ${what}`);
}

/** The body of an answer. */
export function bodyOf(text: string): string {
  return text.slice(text.indexOf("\r\n\r\n") + 4);
}

/** The numbers for Prometheus as the gateway tells them. */
export async function readMetrics({ gateway }: World): Promise<string> {
  return (await fetch(`http://127.0.0.1:${gateway.metricsPort}/metrics`)).text();
}

/** Waits until no request is under way and none waits for a turn. */
export async function whenIdle(world: World): Promise<void> {
  await until("every turn is given back", async () => {
    const metrics = await readMetrics(world);
    return /^portlock_serving 0$/m.test(metrics) && /^portlock_waiting 0$/m.test(metrics);
  });
}

/** A stream that has begun and goes on. */
export const beginStream: Behave = (response, request) => {
  request.resume();
  response.writeHead(200, { "content-type": "application/x-ndjson" });
  response.write('{"response":"a"}\n');
};
