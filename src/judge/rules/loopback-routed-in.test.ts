import assert from "node:assert/strict";
import { test } from "node:test";
import { aHost } from "../testing/a-host.ts";
import { exposureRulesOf, findingsOf } from "../testing/findings-of.ts";

test("route_localnet on one link: its neighbours, and nobody else", () => {
  const host = aHost().link("eth1", ["10.0.0.5/24"], { routeLocalnet: true }).ollama("127.0.0.1");
  const [finding] = findingsOf(host, "loopback-routed-in");
  assert.deepEqual(finding?.data, { interfaces: ["eth1"], entry: "127.0.0.1:11434" });
  assert.deepEqual(finding?.evidence, [{ from: "/proc/sys/net/ipv4/conf/eth1/route_localnet", text: "1" }]);
  assert.deepEqual(exposureRulesOf(host), ["loopback-routed-in"]);
});

test("a server on every address is reached without it", () => {
  const host = aHost().link("eth0", ["192.168.1.10/24"], { routeLocalnet: true }).ollama("0.0.0.0");
  assert.deepEqual(exposureRulesOf(host), ["open-bind"]);
});
