import assert from "node:assert/strict";
import { test } from "node:test";
import { aHost, ollamaReplies, read } from "../testing/a-host.ts";
import { aDockerHost } from "../testing/docker-host.ts";
import { findingsOf } from "../testing/findings-of.ts";

test("an Ollama from before the Host check, on loopback", () => {
  const host = aHost().ollama("127.0.0.1", { replies: ollamaReplies("0.1.28", "elsewhere") });
  const [finding] = findingsOf(host, "browser-page-can-call");
  assert.equal(finding?.data.by, "no-host-check");
  assert.equal(
    finding?.evidence[0]?.from,
    "curl -i -H 'Host: rebind.portlock.example:11434' http://127.0.0.1:11434/api/version",
  );
});

test("published on 127.0.0.1, it listens on every address of its container: the Host check is off", () => {
  const host = aDockerHost("127.0.0.1").link("docker0", [], { kind: "bridge", up: false });
  const unread = host.with({ firewall: { ok: false, why: "denied", from: "nft" } });
  assert.equal(findingsOf(unread, "browser-page-can-call")[0]?.data.by, "host-check-off");
});

test("every origin is accepted, and no list of origins says why", () => {
  const replies = { ...ollamaReplies("0.24.0", "loopback"), "GET /api/version foreign-origin": [200, "{}"] } as const;
  const host = aHost().ollama("127.0.0.1", { replies });
  assert.equal(findingsOf(host, "browser-page-can-call")[0]?.data.by, "any-origin");
  const told = aHost().ollama("127.0.0.1", {
    replies,
    process: { environment: read({ OLLAMA_ORIGINS: "*" }, "/proc/812/environ") },
  });
  assert.deepEqual(findingsOf(told, "browser-page-can-call"), []);
});

test("today's Ollama on loopback refuses both", () => {
  assert.deepEqual(findingsOf(aHost().ollama("127.0.0.1"), "browser-page-can-call"), []);
});
