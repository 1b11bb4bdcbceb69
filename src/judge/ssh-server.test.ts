import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.ts";
import { aHost, ollamaReplies, type AHost } from "./testing/a-host.ts";

/** A host with an Ollama of its own, and a port that sshd holds for a machine that logged in with `ssh -R`. */
function aForwardedHost(address: string, program: string): AHost {
  return aHost()
    .link("eth0", ["192.168.1.10/24"])
    .ollama("127.0.0.1")
    .process(650, { name: program, executable: `/usr/sbin/${program}`, arguments: ["sshd: ada"], uid: 0, user: "root" })
    .listens(address, 9001, { pids: [650], uid: 0 })
    .answers("127.0.0.1", 9001, ollamaReplies("0.24.0", "elsewhere"));
}

for (const program of ["sshd", "sshd-session"]) {
  test(`a port that ${program} holds for somebody's ssh -R leads elsewhere, and is told as a tunnel`, () => {
    const { servers, findings } = judge(aForwardedHost("0.0.0.0", program).facts);
    const [forwarded, own] = [9001, 11_434].map((port) =>
      servers.find(({ listeners }) => listeners.some((each) => each.port === port)),
    );
    assert.deepEqual([forwarded?.verdict, forwarded?.settings, forwarded?.runBy], ["exposed", [], { kind: "unknown" }]);
    assert.deepEqual(forwarded?.routes[0]?.hops, [
      { kind: "tunnel", name: "sshd", publicName: "192.168.1.10:9001", to: "?" },
    ]);
    assert.equal(own?.verdict, "local");
    const about = findings.filter(({ server, rule }) => server === forwarded?.id && rule !== "known-vulnerability");
    assert.deepEqual(
      about.map(({ rule, data }) => [rule, data]),
      [["tunnel-without-auth", { tunnel: "sshd", publicName: "192.168.1.10:9001", to: "?" }]],
    );
  });
}

test("without GatewayPorts it is bound to loopback, and nobody comes by it", () => {
  const { servers } = judge(aForwardedHost("127.0.0.1", "sshd").facts);
  assert.deepEqual(
    servers.map(({ verdict }) => verdict),
    ["local", "local"],
  );
});
