import assert from "node:assert/strict";
import { test } from "node:test";
import { parseUfwRules } from "../../facts/ufw.ts";
import { aHost } from "../testing/a-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { anUfw, NO_MANAGERS } from "../testing/managers.ts";
import { behind, saved } from "../testing/printed-rules.ts";

const OPEN = aHost().link("eth0", ["192.168.1.10/24"]).ollama("0.0.0.0");
const ACCEPT = "INPUT -p tcp -m tcp --dport 11434 -j ACCEPT";
const DROP = "INPUT -p tcp -m tcp --dport 11434 -j DROP";

test("a drop behind an accept, on a server that is open", () => {
  const [finding, ...others] = findingsOf(OPEN.with(behind(saved([ACCEPT, DROP]))), "rule-never-reached");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "high");
  assert.equal(finding.server, "ollama-1");
  assert.notDeepEqual(finding.routes, []);
  assert.deepEqual(finding.data, { ruleText: `-A ${DROP}`, behind: `-A ${ACCEPT}`, stops: true });
  assert.deepEqual(
    finding.evidence.map(({ text, line }) => [line, text]),
    [
      [5, `-A ${DROP}`],
      [4, `-A ${ACCEPT}`],
    ],
  );
});

/** `ufw allow 11434/tcp`, and then `ufw deny 11434/tcp`, as its file has them and as they are loaded. */
test("in the words of ufw, once for both families", () => {
  const text = [
    "### tuple ### allow tcp 11434 0.0.0.0/0 any 0.0.0.0/0 in",
    "-A ufw-user-input -p tcp --dport 11434 -j ACCEPT",
    "### tuple ### deny tcp 22 0.0.0.0/0 any 192.168.1.7 in",
    "### tuple ### deny tcp 11434 0.0.0.0/0 any 192.168.1.7 in",
    "-A ufw-user-input -p tcp --dport 11434 -s 192.168.1.7 -j DROP",
  ].join("\n");
  const ufw = anUfw(true, parseUfwRules(text, 4, "/etc/ufw/user.rules"));
  const host = OPEN.with({ managers: { ...NO_MANAGERS, ufw } }).with(
    behind(
      saved(
        [
          "INPUT -j ufw-user-input",
          "ufw-user-input -p tcp -m tcp --dport 11434 -j ACCEPT",
          "ufw-user-input -s 192.168.1.7/32 -p tcp -m tcp --dport 11434 -j DROP",
        ],
        [],
        "DROP [0:0]\n:ufw-user-input -",
      ),
    ),
  );
  const [finding] = findingsOf(host, "rule-never-reached");
  assert.deepEqual(finding?.data, {
    ruleText: "ufw deny from 192.168.1.7 to any port 11434 proto tcp",
    behind: "ufw allow 11434/tcp",
    stops: true,
  });
});

const CASES = [
  { what: "an accept behind a drop locks out only", rules: [DROP, ACCEPT], server: "0.0.0.0", severities: ["low"] },
  {
    what: "of a server on loopback, to which nobody comes",
    rules: [ACCEPT, DROP],
    server: "127.0.0.1",
    severities: [],
  },
  { what: "in the right order", rules: [DROP.replace("INPUT", "INPUT -s 192.168.1.7/32"), ACCEPT], severities: [] },
  { what: "of another port", rules: [ACCEPT, DROP].map((rule) => rule.replace("11434", "22")), severities: [] },
  {
    what: "of a range, whose other ports it does stop",
    rules: [ACCEPT, DROP.replace("11434", "11000:12000")],
    severities: [],
  },
];
for (const { what, rules, server = "0.0.0.0", severities } of CASES) {
  test(what, () => {
    const host = aHost().link("eth0", ["192.168.1.10/24"]).ollama(server);
    const found = findingsOf(host.with(behind(saved(rules))), "rule-never-reached");
    assert.deepEqual(
      found.map(({ severity }) => severity),
      severities,
    );
  });
}
