import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aLocation, aProxiedHost, aSite } from "../testing/proxied-host.ts";

test("files newer than what the proxy runs with", () => {
  const sites = [aSite([aLocation()])];
  const [finding] = findingsOf(aProxiedHost(sites, { changedSinceLoaded: true }), "proxy-reload-missing");
  assert.deepEqual(finding?.data, { proxy: "nginx", file: "/etc/nginx/sites-enabled/ollama" });
  for (const changedSinceLoaded of [false, null]) {
    assert.deepEqual(findingsOf(aProxiedHost(sites, { changedSinceLoaded }), "proxy-reload-missing"), []);
  }
});
