import assert from "node:assert/strict";
import { test } from "node:test";
import { ollamaReplies } from "../testing/a-host.ts";
import { aDockerHost } from "../testing/docker-host.ts";
import { exposureRulesOf, findingsOf } from "../testing/findings-of.ts";

const FORWARDS = aDockerHost("127.0.0.1").network({ forwardsIpv4: true });

test("published on loopback by an engine that writes no rules: others go to the container's own address", () => {
  assert.deepEqual(exposureRulesOf(FORWARDS), ["container-address-open"]);
  const [finding] = findingsOf(FORWARDS, "container-address-open");
  assert.equal(finding?.severity, "critical");
  assert.deepEqual(finding?.data, {
    container: "llm",
    network: "bridge",
    bridge: "docker0",
    addresses: ["172.17.0.2:11434"],
  });
  assert.deepEqual(
    finding?.evidence.map(({ from }) => from),
    ["/proc/sys/net/ipv4/ip_forward", "nft -j list tables", "ss -H -tlnpe"],
  );
});

test("published to others too: two causes, two findings", () => {
  const host = aDockerHost("0.0.0.0").network({ forwardsIpv4: true });
  assert.deepEqual(exposureRulesOf(host), ["container-address-open", "published-port-open"]);
});

test("only the other containers of its network reach it: another rule's", () => {
  assert.deepEqual(findingsOf(aDockerHost("127.0.0.1"), "container-address-open"), []);
});

test("nothing to say where a credential is demanded", () => {
  const guarded = { ...ollamaReplies("0.24.0", "elsewhere"), "GET /api/tags": [401, ""] } as const;
  const host = FORWARDS.with({ answers: [] }).answers("127.0.0.1", 11_434, guarded);
  assert.deepEqual(findingsOf(host, "container-address-open"), []);
});
