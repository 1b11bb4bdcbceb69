import assert from "node:assert/strict";
import { test } from "node:test";
import type { FirewallManagers } from "../../facts/firewall-managers.ts";
import type { RuleLoader } from "../../facts/rule-loaders.ts";
import { aHost } from "../testing/a-host.ts";
import { aDockerHost } from "../testing/docker-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { ALL_DROPPED, anUfw, NO_MANAGERS, savedRules } from "../testing/managers.ts";

const OPEN = aHost().ollama("0.0.0.0");
const STARTED = { from: "/etc/systemd/system/sysinit.target.wants/nftables.service", text: "-> nftables.service" };
const FLUSH = { from: "/etc/nftables.conf", line: 3, text: "flush ruleset" };
const NFTABLES: RuleLoader = {
  unit: "nftables.service",
  startedBy: STARTED,
  replaces: [{ what: "everything", family: null, evidence: FLUSH }],
};
const SAVED: RuleLoader = {
  unit: "netfilter-persistent.service",
  startedBy: STARTED,
  replaces: [{ what: "filter", family: 4, evidence: { from: "/etc/iptables/rules.v4", line: 2, text: "*filter" } }],
};
const UFW = anUfw(true, []);
const NOTHING = { ok: false, why: "absent", from: "x" } as const;
const FIREWALLD: FirewallManagers["firewalld"] = {
  ok: true,
  from: "x",
  value: { running: true, runtime: NOTHING, permanent: NOTHING },
};
const DOCKER: FirewallManagers["docker"] = {
  ok: true,
  from: "/proc/700/cmdline",
  value: { iptables: null, ip6tables: null, firewallBackend: null, userlandProxy: null, evidence: [] },
};

function loads(loader: RuleLoader, more: Partial<FirewallManagers>): FirewallManagers {
  return { ...NO_MANAGERS, loaders: { ok: true, from: "x", value: [loader] }, ...more };
}

const CASES = [
  { what: "nftables.service flushes ufw", managers: loads(NFTABLES, { ufw: UFW }), of: ["ufw"], flushes: true },
  {
    what: "nftables.service flushes firewalld",
    managers: loads(NFTABLES, { firewalld: FIREWALLD }),
    of: ["firewalld"],
    flushes: true,
  },
  { what: "saved tables take the place of ufw's", managers: loads(SAVED, { ufw: UFW }), of: ["ufw"], flushes: false },
  {
    what: "ufw and firewalld",
    managers: { ...NO_MANAGERS, ufw: UFW, firewalld: FIREWALLD },
    of: ["firewalld"],
    flushes: false,
  },
];
for (const { what, managers, of, flushes } of CASES) {
  test(`two managers: ${what}`, () => {
    const [finding, ...others] = findingsOf(OPEN.with({ managers }), "rule-managers-fight");
    assert.deepEqual(others, []);
    assert.equal(finding?.severity, "medium");
    assert.deepEqual(finding?.data.of, of);
    assert.equal(finding?.data.flushes, flushes);
    assert.ok(finding.evidence.length >= 2);
  });
}

test("worse where nothing else keeps others from the server", () => {
  const host = OPEN.with({ managers: loads(NFTABLES, { ufw: UFW }), firewall: savedRules(ALL_DROPPED) });
  const [finding] = findingsOf(host, "rule-managers-fight");
  assert.equal(finding?.severity, "high");
  assert.deepEqual(finding?.evidence.slice(0, 2), [STARTED, FLUSH]);
});

test("Docker's rules are lost where it writes any", () => {
  const managers = loads(NFTABLES, { docker: DOCKER });
  const [finding] = findingsOf(aDockerHost("0.0.0.0").with({ managers }), "rule-managers-fight");
  assert.deepEqual(finding?.data.of, ["docker"]);
  const off = { ...DOCKER, value: { ...DOCKER.value, iptables: false } };
  const none = aDockerHost("0.0.0.0").with({ managers: { ...managers, docker: off } });
  assert.deepEqual(findingsOf(none, "rule-managers-fight"), []);
});

const SILENT = [
  { what: "nftables.service is not started", managers: loads({ ...NFTABLES, startedBy: null }, { ufw: UFW }) },
  { what: "it is the only manager", managers: loads(NFTABLES, {}) },
  { what: "ufw is off", managers: loads(NFTABLES, { ufw: anUfw(false, []) }) },
  { what: "saved tables are not firewalld's", managers: loads(SAVED, { firewalld: FIREWALLD }) },
];
for (const { what, managers } of SILENT) {
  test(`nothing to say where ${what}`, () => {
    assert.deepEqual(findingsOf(OPEN.with({ managers }), "rule-managers-fight"), []);
  });
}
