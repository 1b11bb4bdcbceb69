import assert from "node:assert/strict";
import { test } from "node:test";
import type { Session } from "../../facts/sessions.ts";
import { aHost, type AHost } from "../testing/a-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { behind, saved } from "../testing/printed-rules.ts";

const ESTABLISHED = "INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
const DROP = "INPUT -p tcp -m tcp --dport 11434 -j DROP";
const NEIGHBOUR = { peer: "192.168.1.7", address: "192.168.1.10", port: 11_434, interface: null };

function connected(rules: readonly string[], ...sessions: readonly Session[]): AHost {
  return aHost()
    .link("eth0", ["192.168.1.10/24"])
    .gateway("eth0", "192.168.1.1")
    .ollama("0.0.0.0")
    .with(behind(saved(rules)))
    .with({ sessions: { ok: true, from: "ss", value: { sessions, left: 0 } } });
}

test("a neighbour who was connected before the drop goes on", () => {
  const [finding, ...others] = findingsOf(connected([ESTABLISHED, DROP], NEIGHBOUR), "session-outlives-rule");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "high");
  assert.deepEqual(finding.data, { sources: ["192.168.1.7"], by: `-A ${DROP}`, goesOn: true });
  assert.deepEqual(
    finding.evidence.map(({ text }) => text),
    [`-A ${DROP}`, "192.168.1.10:11434 from 192.168.1.7"],
  );
});

test("where the drop comes first, he may go on only if nobody tries", () => {
  const [finding] = findingsOf(connected([DROP, ESTABLISHED], NEIGHBOUR), "session-outlives-rule");
  assert.equal(finding?.severity, "low");
  assert.equal(finding.data.goesOn, false);
});

const SILENT = [
  {
    what: "the rules let him in anyway",
    host: connected([ESTABLISHED, DROP.replace("INPUT", "INPUT -s 192.168.1.9/32")], NEIGHBOUR),
  },
  { what: "nobody is connected", host: connected([ESTABLISHED, DROP]) },
  { what: "to another port", host: connected([ESTABLISHED, DROP], { ...NEIGHBOUR, port: 22 }) },
  { what: "this host itself", host: connected([ESTABLISHED, DROP], { ...NEIGHBOUR, peer: "192.168.1.10" }) },
  { what: "by loopback", host: connected([ESTABLISHED, DROP], { ...NEIGHBOUR, peer: "127.0.0.1" }) },
  {
    what: "who is connected was not read",
    host: connected([ESTABLISHED, DROP]).with({ sessions: { ok: false, why: "failed", from: "ss" } }),
  },
];
for (const { what, host } of SILENT) {
  test(`nothing to say: ${what}`, () => assert.deepEqual(findingsOf(host, "session-outlives-rule"), []));
}
