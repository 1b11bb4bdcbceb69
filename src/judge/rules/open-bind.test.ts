import assert from "node:assert/strict";
import { test } from "node:test";
import { aHost, ollamaReplies } from "../testing/a-host.ts";
import { aDockerHost } from "../testing/docker-host.ts";
import { exposureRulesOf, findingsOf } from "../testing/findings-of.ts";

test("a service on every address: one critical finding with every entry and the unit", () => {
  const [finding, ...others] = findingsOf(aHost().ollama("::"), "open-bind");
  assert.equal(others.length, 0);
  assert.equal(finding?.severity, "critical");
  assert.deepEqual(finding?.routes, [0, 1, 2, 3]);
  assert.equal(finding?.data.setting, "OLLAMA_HOST");
  assert.equal(finding?.data.unit, "ollama.service");
  assert.deepEqual(finding?.data.entries, ["192.168.1.10:11434", "[2001:db8:1::10]:11434"]);
  assert.deepEqual(finding?.evidence, [{ from: "ss -H -tlnpe", text: "LISTEN :::11434" }]);
});

test("one root cause is told once: the Host check is off because of the bind", () => {
  assert.deepEqual(exposureRulesOf(aHost().ollama("0.0.0.0")), ["open-bind"]);
});

test("nothing to say of a server on loopback, or one that demands a credential, or behind rules not judged yet", () => {
  const guarded = { ...ollamaReplies("0.24.0", "elsewhere"), "GET /api/tags": [401, ""] } as const;
  const unread = { ok: false, why: "denied", from: "nft" } as const;
  for (const host of [
    aHost().ollama("127.0.0.1"),
    aHost().ollama("0.0.0.0", { replies: guarded }),
    aHost().with({ firewall: unread }).ollama("0.0.0.0"),
  ]) {
    assert.deepEqual(findingsOf(host, "open-bind"), []);
  }
});

test("where a container's server listens is not what opens it", () => {
  assert.deepEqual(findingsOf(aDockerHost("127.0.0.1"), "open-bind"), []);
  assert.deepEqual(findingsOf(aDockerHost("0.0.0.0"), "open-bind"), []);
});

test("on the host's own network it is", () => {
  const cgroup = { kind: "container", engine: "docker", id: "llm".padEnd(64, "0") } as const;
  const host = aHost().ollama("0.0.0.0", { process: { cgroup } }).container({ name: "llm", networkMode: "host" });
  const [finding] = findingsOf(host, "open-bind");
  assert.deepEqual(finding?.data.entries, ["192.168.1.10:11434"]);
  assert.equal(finding?.data.unit, null);
});
