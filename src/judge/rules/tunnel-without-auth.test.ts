import assert from "node:assert/strict";
import { test } from "node:test";
import { findingsOf } from "../testing/findings-of.ts";
import { aTunnel, aTunnelledHost } from "../testing/proxied-host.ts";

test("a tunnel for everybody: one critical finding with its name and line", () => {
  const [finding, ...others] = findingsOf(aTunnelledHost([aTunnel()]), "tunnel-without-auth");
  assert.equal(others.length, 0);
  assert.equal(finding?.severity, "critical");
  assert.deepEqual(finding?.data, { tunnel: "cloudflared", publicName: "ai.example.com", to: "localhost:11434" });
  assert.deepEqual(finding?.evidence, [
    { from: "/etc/cloudflared/config.yml", line: 4, text: "ai.example.com -> http://localhost:11434" },
  ]);
});

test("nothing to say where a credential is demanded, or the server refuses the tunnel's name", () => {
  const quiet = [aTunnel({ demandsCredential: true }), aTunnel({ host: { kind: "client" } })];
  for (const tunnel of quiet) assert.deepEqual(findingsOf(aTunnelledHost([tunnel]), "tunnel-without-auth"), []);
});
