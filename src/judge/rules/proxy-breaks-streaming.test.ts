import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

test("nginx as it comes: everything that breaks long answers", () => {
  const passing = { buffered: true, httpVersion: "1.0", silenceMs: 60_000, bodyLimitBytes: 1_048_576 } as const;
  const [finding] = findingsOf(aProxiedHost([aSite([aLocation({ passing })])]), "proxy-breaks-streaming");
  assert.deepEqual(finding?.data.faults, ["collects-answers", "http-1.0", "gives-up-early", "small-body"]);
  assert.equal(finding?.data.silenceMs, 60_000);
});

test("settings that fit, and what is not known, are no fault", () => {
  const unknown = { buffered: null, httpVersion: null, silenceMs: null, bodyLimitBytes: null };
  for (const passing of [{}, unknown, { silenceMs: 600_000, bodyLimitBytes: 100 * 1024 * 1024 }]) {
    assert.deepEqual(findingsOf(aProxiedHost([aSite([aLocation({ passing })])]), "proxy-breaks-streaming"), []);
  }
});
