import assert from "node:assert/strict";
import { test } from "node:test";
import type { PrintedRules } from "../../facts/firewall-rules.ts";
import { parseUfwRules } from "../../facts/ufw.ts";
import { aHost } from "../testing/a-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { anUfw, NO_MANAGERS } from "../testing/managers.ts";
import { behind, saved } from "../testing/printed-rules.ts";

const OPEN = aHost().link("eth0", ["192.168.1.10/24"]).ollama("0.0.0.0");
const SSH = "INPUT -p tcp -m tcp --dport 22 -j ACCEPT";

test("rules about other ports, and the rest is let in", () => {
  const [finding, ...others] = findingsOf(OPEN.with(behind(saved([SSH]))), "default-policy-accept");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "medium");
  assert.deepEqual(finding.data, { policies: ["ip filter INPUT: policy accept"], entries: ["192.168.1.10:11434"] });
  assert.notDeepEqual(finding.routes, []);
  assert.deepEqual(finding.evidence, [{ from: "iptables-save", text: "ip filter INPUT: policy accept" }]);
});

test("as ufw's own default", () => {
  const ufw = anUfw(true, []);
  const host = OPEN.with({ managers: { ...NO_MANAGERS, ufw } }).with(behind(saved([SSH])));
  const [finding] = findingsOf(host, "default-policy-accept");
  assert.deepEqual(finding?.data.policies, ["ufw default allow incoming"]);
});

const UFW_RULES = parseUfwRules("### tuple ### allow tcp 22 0.0.0.0/0 any 0.0.0.0/0 in", 4, "/etc/ufw/user.rules");
const TRANSLATING: PrintedRules = {
  ...saved([]),
  text: { ok: true, from: "iptables-save", value: "*nat\n:INPUT ACCEPT [0:0]\nCOMMIT\n" },
};
const BRIDGED = OPEN.link("docker0", ["172.17.0.1/16"], { kind: "bridge" }).with(
  behind(saved(["INPUT -i eth0 -j DROP"])),
);

const SILENT = [
  { what: "no packet filter is set up: nothing has a policy", host: OPEN },
  { what: "a rule lets them in", host: OPEN.with(behind(saved([SSH.replace("22", "11434")]))) },
  { what: "the policy is to drop", host: OPEN.with(behind(saved([SSH], [], "DROP"))) },
  {
    what: "ufw is off and has rules, which is told of by another rule",
    host: OPEN.with({ managers: { ...NO_MANAGERS, ufw: anUfw(false, UFW_RULES) } }).with(behind(saved([SSH]))),
  },
  { what: "the chain translates addresses only", host: OPEN.with(behind(TRANSLATING)) },
  { what: "containers are let in alone", host: BRIDGED },
  {
    what: "the server is on loopback",
    host: aHost()
      .ollama("127.0.0.1")
      .with(behind(saved([SSH]))),
  },
  {
    what: "the other family has the rules, which is told of by another rule",
    host: aHost()
      .ollama("::")
      .with(behind(saved([SSH.replace("22 -j ACCEPT", "11434 -j DROP")]), { ...saved([]), family: 6 })),
  },
];
for (const { what, host } of SILENT) {
  test(`nothing to say: ${what}`, () => assert.deepEqual(findingsOf(host, "default-policy-accept"), []));
}
