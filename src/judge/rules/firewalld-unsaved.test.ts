import assert from "node:assert/strict";
import { test } from "node:test";
import { parseZoneFile, parseZoneListing } from "../../facts/firewalld-zones.ts";
import type { FirewallManagers } from "../../facts/firewall-managers.ts";
import { aHost } from "../testing/a-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { ALL_DROPPED, NO_MANAGERS, savedRules } from "../testing/managers.ts";

const OPEN = aHost().ollama("0.0.0.0");
const HELD = OPEN.with({ firewall: savedRules(ALL_DROPPED) });
const ZONE = "public\n  target: default\n  services: ssh\n";

function aFirewalld(listing: string, file: string): FirewallManagers {
  const zone = parseZoneFile(`<zone><service name="ssh"/>${file}</zone>`, "public", "/etc/firewalld/zones/public.xml");
  assert.ok(zone !== null);
  const runtime = { ok: true, from: "firewall-cmd", value: parseZoneListing(ZONE + listing, "firewall-cmd") } as const;
  const permanent = { ok: true, from: "/etc/firewalld/zones", value: [zone] } as const;
  return { ...NO_MANAGERS, firewalld: { ok: true, from: "x", value: { running: true, runtime, permanent } } };
}

test("a rule that refuses was not saved: the next reload lets everybody in", () => {
  const rule = 'rule family="ipv4" source address="203.0.113.0/24" port port="11434" protocol="tcp" reject';
  const managers = aFirewalld(`  rich rules: \n\t${rule}\n`, '<port port="11434" protocol="tcp"/>');
  const [finding, ...others] = findingsOf(HELD.with({ managers }), "firewalld-unsaved");
  assert.deepEqual(others, []);
  assert.equal(finding?.severity, "high");
  assert.deepEqual(finding?.data, { zone: "public", onlyNow: [rule], onlySaved: ["port: 11434/tcp"] });
  assert.deepEqual(finding?.evidence, [
    { from: "firewall-cmd", text: `zone public, ${rule}` },
    { from: "/etc/firewalld/zones/public.xml", text: "zone public, port: 11434/tcp" },
  ]);
});

test("a port that was opened and not saved closes with the next reload: milder", () => {
  const [finding] = findingsOf(OPEN.with({ managers: aFirewalld("  ports: 11434/tcp\n", "") }), "firewalld-unsaved");
  assert.equal(finding?.severity, "medium");
  assert.deepEqual(finding?.data.onlyNow, ["port: 11434/tcp"]);
});

const SILENT = [
  { what: "both are the same", listing: "  ports: 11434/tcp\n", file: '<port port="11434" protocol="tcp"/>' },
  { what: "only another port differs", listing: "  ports: 8080/tcp\n", file: "" },
  {
    what: "only a rule about another port differs",
    listing: '  rich rules: \n\trule port port="80" protocol="tcp" accept\n',
    file: "",
  },
];
for (const { what, listing, file } of SILENT) {
  test(`nothing to say where ${what}`, () => {
    assert.deepEqual(findingsOf(OPEN.with({ managers: aFirewalld(listing, file) }), "firewalld-unsaved"), []);
  });
}
