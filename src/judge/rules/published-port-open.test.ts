import assert from "node:assert/strict";
import { test } from "node:test";
import { aDockerHost } from "../testing/docker-host.ts";
import { exposureRulesOf, findingsOf } from "../testing/findings-of.ts";

test("published on every address: told once, as what it is", () => {
  const host = aDockerHost("0.0.0.0");
  assert.deepEqual(exposureRulesOf(host), ["published-port-open"]);
  const [finding] = findingsOf(host, "published-port-open");
  assert.equal(finding?.severity, "critical");
  assert.deepEqual(finding?.data, {
    container: "llm",
    engine: "docker",
    published: "0.0.0.0:11434",
    containerPort: 11_434,
  });
});

test("published on 127.0.0.1: not to others", () => {
  assert.deepEqual(findingsOf(aDockerHost("127.0.0.1"), "published-port-open"), []);
});
