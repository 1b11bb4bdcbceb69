import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import * as fc from "fast-check";
import { gatherUfw, parseUfwRules } from "./ufw.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

function readSaved(name: string): string {
  return readFileSync(new URL(`saved/ufw-0.36.2-${name}.txt`, import.meta.url), "utf8");
}
const RULES = readSaved("user.rules");
const RULES6 = readSaved("user6.rules");
/** What `ufw show added` printed of the same rules. */
const ADDED = readSaved("show-added").trim().split("\n");

const CONFIGURATION = "# ufw.conf\nENABLED=no\nLOGLEVEL=low\n";
const DEFAULTS = 'IPV6=yes\nDEFAULT_INPUT_POLICY="DROP"\nDEFAULT_FORWARD_POLICY="DROP"\n';

test("every rule is named as ufw names it, without its comment", () => {
  const rules = parseUfwRules(RULES, 4, "/etc/ufw/user.rules");
  assert.deepEqual(
    rules.map(({ command }) => command),
    ADDED.map((line) => line.replace(/ comment '.*'$/, "")),
  );
  assert.ok(ADDED.some((line) => line.includes("comment 'the office'")));
  assert.ok(!JSON.stringify(rules).includes("746865206f6666696365"));
});

test("a rule of both families has one name", () => {
  const names = new Set(parseUfwRules(RULES, 4, "x").map(({ command }) => command));
  const both = parseUfwRules(RULES6, 6, "x");
  assert.ok(both.length > 5);
  for (const { command } of both) assert.ok(names.has(command), command);
});

test("a rule stands with what it is loaded as, and where it was written", () => {
  const [, , deny] = parseUfwRules(RULES, 4, "/etc/ufw/user.rules");
  assert.deepEqual(deny, {
    family: 4,
    command: "ufw deny in on eth1 to any port 8080",
    action: "deny",
    routed: false,
    direction: "in",
    protocol: "any",
    port: "8080",
    loadedAs: [
      "-A ufw-user-input -i eth1 -p tcp --dport 8080 -j DROP",
      "-A ufw-user-input -i eth1 -p udp --dport 8080 -j DROP",
    ],
    evidence: {
      from: "/etc/ufw/user.rules",
      line: 26,
      text: "### tuple ### deny any 8080 0.0.0.0/0 any 0.0.0.0/0 in_eth1",
    },
  });
});

test("ufw is told from its files, and not installed is not inactive", async () => {
  const files = {
    "/etc/ufw/ufw.conf": CONFIGURATION,
    "/etc/default/ufw": DEFAULTS,
    "/etc/ufw/user.rules": RULES,
    "/etc/ufw/user6.rules": RULES6,
  };
  const ufw = await gatherUfw(openWrittenHost({ files }));
  assert.ok(ufw.ok && ufw.value.rules.ok);
  const { enabled, ipv6, inputPolicy, evidence, rules } = ufw.value;
  assert.deepEqual({ enabled, ipv6, inputPolicy }, { enabled: false, ipv6: true, inputPolicy: "DROP" });
  assert.deepEqual(evidence, [
    { from: "/etc/ufw/ufw.conf", line: 2, text: "ENABLED=no" },
    { from: "/etc/default/ufw", line: 2, text: 'DEFAULT_INPUT_POLICY="DROP"' },
  ]);
  assert.deepEqual([...new Set(rules.value.map(({ family }) => family))], [4, 6]);

  const without = await gatherUfw(openWrittenHost({}));
  assert.equal(without.ok ? null : without.why, "absent");
});

test("rules that may not be read are not no rules", async () => {
  const ufw = await gatherUfw(
    openWrittenHost({
      files: { "/etc/ufw/ufw.conf": CONFIGURATION, "/etc/ufw/user6.rules": RULES6 },
      denied: ["/etc/ufw/user.rules"],
    }),
  );
  assert.ok(ufw.ok);
  assert.equal(ufw.value.rules.ok ? null : ufw.value.rules.why, "denied");
  assert.equal(ufw.value.inputPolicy, null);
});

test("random and damaged rules never throw", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat({ max: RULES.length }), (text, at) => {
      parseUfwRules(`### tuple ### ${text}`, 4, "x");
      parseUfwRules(RULES.slice(0, at) + text + RULES.slice(at), 4, "x");
    }),
  );
});
