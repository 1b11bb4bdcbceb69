import assert from "node:assert/strict";
import { test } from "node:test";
import { aHost } from "../testing/a-host.ts";
import { exposureRulesOf, findingsOf } from "../testing/findings-of.ts";

test("bound to the address of the inner network, and reached from the outer one", () => {
  const host = aHost().link("eth1", ["10.0.0.5/24"]).ollama("10.0.0.5");
  const [finding] = findingsOf(host, "reached-from-other-interface");
  assert.deepEqual(finding?.data, { address: "10.0.0.5", interfaces: ["eth0"] });
  assert.deepEqual(exposureRulesOf(host), ["open-bind", "reached-from-other-interface"]);
});

test("with one network there is no other interface", () => {
  assert.deepEqual(findingsOf(aHost().ollama("192.168.1.10"), "reached-from-other-interface"), []);
});

test("an address on the loopback interface that is no loopback address is reached by every link", () => {
  const host = aHost().link("lo", ["127.0.0.1/8", "10.9.0.1/32"], { loopback: true }).ollama("10.9.0.1");
  assert.deepEqual(exposureRulesOf(host), ["reached-from-other-interface"]);
});
