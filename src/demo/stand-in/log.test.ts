import assert from "node:assert/strict";
import { test } from "node:test";
import { toAccessLine } from "./log.ts";
import type { SeenRequest } from "./options.ts";

const REQUEST: SeenRequest = {
  at: "2026-11-28T13:58:21.000Z",
  method: "GET",
  target: "/api/version?x=1",
  headers: {},
  from: "127.0.0.1",
  status: 200,
  durationMs: 0.066619,
};

/** What Ollama 0.17.4 wrote of requests from 127.0.0.1. */
const CALLERS: readonly (readonly [headers: SeenRequest["headers"], client: string])[] = [
  [{}, "127.0.0.1"],
  [{ "x-forwarded-for": "1.1.1.1, 2.2.2.2" }, "1.1.1.1"],
  [{ "x-forwarded-for": "2001:db8::1" }, "2001:db8::1"],
  [{ "x-forwarded-for": "junk" }, "127.0.0.1"],
  [{ "x-forwarded-for": "3.3.3.3, junk" }, "127.0.0.1"],
  [{ "x-forwarded-for": "4.4.4.4:80" }, "127.0.0.1"],
  [{ "x-real-ip": "9.9.9.9" }, "9.9.9.9"],
  [{ "x-forwarded-for": "5.5.5.5", "x-real-ip": "9.9.9.9" }, "5.5.5.5"],
];
for (const [headers, client] of CALLERS) {
  test(`the access log takes ${JSON.stringify(headers)} for ${client}`, () => {
    const line = `[GIN] 2026/11/28 - 13:58:21 | 200 |      66.619µs | ${client.padStart(15)} | GET      "/api/version?x=1"`;
    assert.equal(toAccessLine({ ...REQUEST, headers }), line);
  });
}
