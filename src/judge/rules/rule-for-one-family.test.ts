import assert from "node:assert/strict";
import { test } from "node:test";
import type { PrintedRules } from "../../facts/firewall-rules.ts";
import { aHost } from "../testing/a-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { behind, saved } from "../testing/printed-rules.ts";

const OPEN = aHost().ollama("::");
const DROP = "INPUT -p tcp -m tcp --dport 11434 -j DROP";

function saved6(rules: readonly string[], policy?: string): PrintedRules {
  return { ...saved(rules, [], policy), family: 6 };
}

test("dropped for IPv4, and no rule for IPv6 at all", () => {
  const [finding, ...others] = findingsOf(OPEN.with(behind(saved([DROP]))), "rule-for-one-family");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "high");
  assert.deepEqual(finding.data, { family: 4, by: `-A ${DROP}`, entries: ["[2001:db8:1::10]:11434"] });
  assert.notDeepEqual(finding.routes, []);
  assert.deepEqual(
    finding.evidence.map(({ text }) => text),
    [`-A ${DROP}`],
  );
});

test("the policy of one family alone is to drop", () => {
  const host = OPEN.with(behind(saved(["INPUT -i lo -j ACCEPT"], [], "DROP"), saved6([])));
  const [finding] = findingsOf(host, "rule-for-one-family");
  assert.equal(finding?.data.by, "ip filter INPUT: policy drop");
});

test("the other way round", () => {
  const [finding] = findingsOf(OPEN.with(behind(saved6([DROP]))), "rule-for-one-family");
  assert.equal(finding?.data.family, 6);
  assert.deepEqual(finding.data.entries, ["192.168.1.10:11434"]);
});

const SILENT = [
  { what: "dropped for both", host: OPEN.with(behind(saved([DROP]), saved6([DROP]))) },
  { what: "dropped for neither", host: OPEN.with(behind(saved([]), saved6([]))) },
  {
    what: "let in by a rule of IPv6's own",
    host: OPEN.with(behind(saved([DROP]), saved6(["INPUT -p tcp -m tcp --dport 11434 -j ACCEPT"]))),
  },
  {
    what: "somebody is dropped for IPv6 too, if others are not",
    host: OPEN.with(behind(saved([DROP]), saved6(["INPUT -s 2001:db8:1::7/128 -p tcp -m tcp --dport 11434 -j DROP"]))),
  },
  {
    what: "the server does not listen there",
    host: aHost()
      .ollama("0.0.0.0")
      .with(behind(saved([DROP]))),
  },
];
for (const { what, host } of SILENT) {
  test(`nothing to say: ${what}`, () => assert.deepEqual(findingsOf(host, "rule-for-one-family"), []));
}
