import assert from "node:assert/strict";
import { test } from "node:test";
import { aDockerHost } from "../testing/docker-host.ts";
import { findingsOf } from "../testing/findings-of.ts";

test("the other containers of its network reach a container's own address", () => {
  const [finding, ...others] = findingsOf(aDockerHost("127.0.0.1"), "open-to-containers");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "medium");
  assert.deepEqual(finding?.data, { container: "llm", network: "bridge", addresses: ["172.17.0.2:11434"] });
});

test("nothing to say of a server that is no container's", () => {
  const host = aDockerHost("127.0.0.1").with({ containers: { ok: false, why: "absent", from: "docker" } });
  assert.deepEqual(findingsOf(host, "open-to-containers"), []);
});
