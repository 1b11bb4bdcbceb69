import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUfwRules, type UfwRule } from "../../facts/ufw.ts";
import { aHost } from "../testing/a-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { anUfw, NO_MANAGERS } from "../testing/managers.ts";

/** Rules as `### tuple ###` lines of ufw's file. */
function toRules(...tuples: readonly string[]): readonly UfwRule[] {
  const text = tuples.map((tuple) => `### tuple ### ${tuple}`).join("\n");
  return parseUfwRules(text, 4, "/etc/ufw/user.rules");
}

const OPEN = aHost().ollama("0.0.0.0");
const LOCAL = aHost().ollama("127.0.0.1");
const FROM_OFFICE = "allow tcp 11434 0.0.0.0/0 any 10.0.0.0/8 in";
const SSH = "allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in";

test("a rule about the server's port that is not in force, on a server that is open", () => {
  const host = OPEN.with({ managers: { ...NO_MANAGERS, ufw: anUfw(false, toRules(SSH, FROM_OFFICE)) } });
  const [finding, ...others] = findingsOf(host, "ufw-inactive");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "high");
  assert.equal(finding?.server, "ollama-1");
  assert.notDeepEqual(finding?.routes, []);
  assert.deepEqual(finding?.data, {
    rules: 2,
    command: "ufw allow from 10.0.0.0/8 to any port 11434 proto tcp",
  });
  assert.deepEqual(finding?.evidence, [
    { from: "/etc/ufw/ufw.conf", line: 6, text: "ENABLED=no" },
    { from: "/etc/ufw/user.rules", line: 2, text: `### tuple ### ${FROM_OFFICE}` },
  ]);
});

const CASES = [
  {
    what: "a range of ports holds the server's",
    host: OPEN,
    tuple: "deny tcp 11000:12000 0.0.0.0/0 any 0.0.0.0/0 in",
    severity: "high",
  },
  { what: "none is about the server", host: OPEN, tuple: SSH, severity: "medium" },
  { what: "the same port of UDP is another", host: OPEN, tuple: FROM_OFFICE.replace("tcp", "udp"), severity: "medium" },
  { what: "the server is on loopback anyway", host: LOCAL, tuple: FROM_OFFICE, severity: "low" },
];
for (const { what, host, tuple, severity } of CASES) {
  test(`rules that are not in force: ${what}`, () => {
    const [finding] = findingsOf(
      host.with({ managers: { ...NO_MANAGERS, ufw: anUfw(false, toRules(tuple)) } }),
      "ufw-inactive",
    );
    assert.equal(finding?.severity, severity);
  });
}

const SILENT = [
  { what: "ufw is on", host: OPEN, ufw: anUfw(true, toRules(FROM_OFFICE)) },
  { what: "it was never given a rule", host: OPEN, ufw: anUfw(false, []) },
  { what: "its file does not say whether it is on", host: OPEN, ufw: anUfw(null, toRules(FROM_OFFICE)) },
  { what: "there is no model server", host: aHost(), ufw: anUfw(false, toRules(FROM_OFFICE)) },
  { what: "it is not installed", host: OPEN, ufw: NO_MANAGERS.ufw },
];
for (const { what, host, ufw } of SILENT) {
  test(`nothing to say where ${what}`, () => {
    assert.deepEqual(findingsOf(host.with({ managers: { ...NO_MANAGERS, ufw } }), "ufw-inactive"), []);
  });
}
