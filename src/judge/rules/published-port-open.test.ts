import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUfwRules } from "../../facts/ufw.ts";
import { aDockerHost } from "../testing/docker-host.ts";
import { exposureRulesOf, findingsOf } from "../testing/findings-of.ts";
import { anUfw, NO_MANAGERS } from "../testing/managers.ts";

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
    passesBy: null,
  });
});

test("published on 127.0.0.1: not to others", () => {
  assert.deepEqual(findingsOf(aDockerHost("127.0.0.1"), "published-port-open"), []);
});

const DENY = "deny tcp 11434 0.0.0.0/0 any 0.0.0.0/0 in";

for (const [what, tuples, enabled, passesBy] of [
  ["a rule that denies the port", [DENY], true, "ufw deny 11434/tcp"],
  ["a rule that denies a range of ports", [DENY.replace("11434", "11000:12000")], true, "ufw deny 11000:12000/tcp"],
  ["the default alone", [], true, "ufw default deny incoming"],
  [
    "the default, but for the office",
    [DENY.replace("deny", "allow").replace(/0\.0\.0\.0\/0 in/, "10.0.0.0/8 in")],
    true,
    "ufw default deny incoming",
  ],
  ["a rule that lets everybody in", [DENY.replace("deny", "allow")], true, null],
  ["a rule of an ufw that is off", [DENY], false, null],
] as const) {
  test(`past ufw: ${what}`, () => {
    const rules = parseUfwRules(tuples.map((tuple) => `### tuple ### ${tuple}`).join("\n"), 4, "/etc/ufw/user.rules");
    const host = aDockerHost("0.0.0.0").with({ managers: { ...NO_MANAGERS, ufw: anUfw(enabled, rules) } });
    const [finding] = findingsOf(host, "published-port-open");
    assert.equal(finding?.data.passesBy, passesBy);
  });
}
