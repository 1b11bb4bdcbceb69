import assert from "node:assert/strict";
import { test } from "node:test";
import { aHost } from "../testing/a-host.ts";
import { behind, saved } from "../testing/printed-rules.ts";
import { findingsOf } from "../testing/findings-of.ts";

const TO_LOOPBACK = "PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 127.0.0.1:11434";

function onLoopback(routeLocalnet: boolean, input: readonly string[] = []): ReturnType<typeof aHost> {
  const link = aHost().link("eth0", ["192.168.1.10/24"], { routeLocalnet });
  return link.ollama("127.0.0.1").with(behind(saved(input, [TO_LOOPBACK])));
}

test("a port sent on to a server on loopback: the rule is named", () => {
  const [finding, ...others] = findingsOf(onLoopback(true), "forwarded-port-open");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "critical");
  assert.deepEqual(finding?.data, {
    entries: ["192.168.1.10:8080"],
    by: `-A ${TO_LOOPBACK}`,
    to: "127.0.0.1:11434",
  });
});

test("nothing to say where the kernel refuses it, or a rule stops it", () => {
  assert.deepEqual(findingsOf(onLoopback(false), "forwarded-port-open"), []);
  assert.deepEqual(findingsOf(onLoopback(true, ["INPUT -p tcp -j DROP"]), "forwarded-port-open"), []);
});
