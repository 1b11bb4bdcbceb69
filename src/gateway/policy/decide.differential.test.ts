import assert from "node:assert/strict";
import { test } from "node:test";
import { isFull } from "../../../lab/extent.ts";
import { checkHead } from "./check-head.ts";
import { decide } from "./decide.ts";
import type { RequestHead } from "./decision.ts";
import { readBody } from "./read-body.ts";
import { decideNaively, type NaiveRequest } from "./testing/naive-policy.ts";
import { makeRequest, seedRandom } from "./testing/random-request.ts";

const REQUESTS = isFull ? 1_000_000 : 20_000;

const encoder = new TextEncoder();

/** The path that goes on, or null: the whole way that the server goes. */
function decideInFull({ method, target, headers, peer, now, key, fields }: NaiveRequest): string | null {
  const head: RequestHead = { method, target, rawHeaders: headers.flat(), peer };
  if (checkHead(head, "1.1") !== null) return null;
  const first = decide(head, { key }, now);
  if (first.kind !== "read-body") return first.kind === "forward" ? first.path : null;
  const text = `{${fields.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(",")}}`;
  const reading = readBody(first.route, "application/json", encoder.encode(text));
  if (!reading.ok) return null;
  const second = decide({ ...head, body: reading.facts }, { key }, now);
  return second.kind === "forward" ? second.path : null;
}

test(`what is allowed of ${REQUESTS} random requests is what a naive table allows`, (context) => {
  const random = seedRandom(20_261_128);
  let forwarded = 0;
  for (let count = 0; count < REQUESTS; count += 1) {
    const request = makeRequest(random);
    const path = decideInFull(request);
    if (path !== decideNaively(request)) assert.fail(`${path} ${decideNaively(request)} ${JSON.stringify(request)}`);
    if (path !== null) forwarded += 1;
  }
  context.diagnostic(`${forwarded} of ${REQUESTS} forwarded`);
  // A comparison in which nothing, or everything, is allowed would prove nothing.
  assert.ok(forwarded > REQUESTS / 50 && forwarded < REQUESTS / 2, `${forwarded} forwarded`);
});
