import assert from "node:assert/strict";
import { test } from "node:test";
import { parseZoneListing } from "../../facts/firewalld-zones.ts";
import type { FirewallManagers } from "../../facts/firewall-managers.ts";
import type { PrintedRules } from "../../facts/firewall-rules.ts";
import { aHost } from "../testing/a-host.ts";
import { aDockerHost } from "../testing/docker-host.ts";
import { findingsOf } from "../testing/findings-of.ts";
import { NO_MANAGERS, savedRules } from "../testing/managers.ts";

/** As Docker 20.10.24 writes its own, with a place for rules by hand in each chain. */
function dockerRules(places: { readonly forward?: string; readonly docker?: string; readonly user?: string }): string {
  return [
    "*filter",
    ":INPUT ACCEPT [0:0]",
    ":FORWARD DROP [0:0]",
    ":DOCKER - [0:0]",
    ":DOCKER-USER - [0:0]",
    ...(places.forward === undefined ? [] : [places.forward]),
    "-A FORWARD -j DOCKER-USER",
    "-A FORWARD -o docker0 -j DOCKER",
    ...(places.docker === undefined ? [] : [places.docker]),
    "-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 11434 -j ACCEPT",
    ...(places.user === undefined ? [] : [places.user]),
    "-A DOCKER-USER -j RETURN",
    "COMMIT",
    "",
  ].join("\n");
}

const HOST = aDockerHost("0.0.0.0").network({ forwardsIpv4: true });

test("a rule in front of Docker's in FORWARD comes to stand behind them", () => {
  const forward = "-A FORWARD -p tcp -m tcp --dport 11434 -j DROP";
  const host = HOST.with({ firewall: savedRules(dockerRules({ forward })) });
  const [finding, ...others] = findingsOf(host, "rule-lost-on-reload");
  assert.deepEqual(others, []);
  assert.deepEqual(finding?.data, { manager: "docker", chain: "FORWARD", how: "put-behind", rules: [forward] });
  assert.deepEqual(finding.evidence, [{ from: "iptables-save", line: 6, text: forward }]);
});

test("a rule in the chain that Docker makes anew is gone then", () => {
  const docker = "-A DOCKER -s 203.0.113.7/32 -p tcp -m tcp --dport 11434 -j DROP";
  const host = HOST.with({ firewall: savedRules(dockerRules({ docker })) });
  const [finding] = findingsOf(host, "rule-lost-on-reload");
  assert.deepEqual(finding?.data, { manager: "docker", chain: "DOCKER", how: "removed", rules: [docker] });
});

const SILENT = [
  { what: "Docker's own rules", places: {} },
  {
    what: "a rule where Docker leaves it alone",
    places: { user: "-A DOCKER-USER -p tcp -m tcp --dport 11434 -j DROP" },
  },
  { what: "a rule about another port", places: { forward: "-A FORWARD -p tcp -m tcp --dport 25 -j DROP" } },
];
for (const { what, places } of SILENT) {
  test(`nothing to say of ${what}`, () => {
    const host = HOST.with({ firewall: savedRules(dockerRules(places)) });
    assert.deepEqual(findingsOf(host, "rule-lost-on-reload"), []);
  });
}

const FIREWALLD_IPTABLES = `*filter
:INPUT ACCEPT [0:0]
:INPUT_ZONES - [0:0]
-A INPUT -p tcp -m tcp --dport 11434 -j DROP
-A INPUT -j INPUT_ZONES
COMMIT
`;

test("firewalld on iptables empties INPUT at every reload", () => {
  const [finding] = findingsOf(
    aHost()
      .ollama("0.0.0.0")
      .with({ firewall: savedRules(FIREWALLD_IPTABLES) }),
    "rule-lost-on-reload",
  );
  assert.equal(finding?.data.manager, "firewalld");
  assert.equal(finding.severity, "high");
});

const TEXT = `table inet firewalld {
	chain filter_IN_public_allow { # handle 63
		tcp dport 11434 accept # handle 73
	}
}
`;
const JSON_RULES = JSON.stringify({
  nftables: [
    { table: { family: "inet", name: "firewalld", handle: 1 } },
    { chain: { family: "inet", table: "firewalld", name: "filter_IN_public_allow", handle: 63 } },
    {
      rule: {
        family: "inet",
        table: "firewalld",
        chain: "filter_IN_public_allow",
        handle: 73,
        expr: [
          { match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: 11434 } },
          { accept: null },
        ],
      },
    },
  ],
});
const PRINTED: readonly PrintedRules[] = [
  { engine: "nftables", dialect: "nft-json", family: null, text: { ok: true, value: JSON_RULES, from: "nft -j" } },
  { engine: "nftables", dialect: "nft-text", family: null, text: { ok: true, value: TEXT, from: "nft" } },
];
const EVIDENCE = { from: "nft", text: "table inet firewalld" };

for (const [ports, expected] of [
  ["", ["low"]],
  ["11434/tcp", []],
  ["11000-12000/tcp", []],
] as const) {
  test(`a rule in a zone's chain, where firewalld knows of "${ports}"`, () => {
    const listing = `public\n  target: default\n  services: ssh\n  ports: ${ports}\n`;
    const firewalld: FirewallManagers["firewalld"] = {
      ok: true,
      from: "x",
      value: {
        running: true,
        runtime: { ok: true, from: "firewall-cmd", value: parseZoneListing(listing, "firewall-cmd") },
        permanent: { ok: true, from: "x", value: [] },
      },
    };
    const ruleSets = [{ engine: "nftables", family: "inet", table: "firewalld", evidence: EVIDENCE }] as const;
    const host = aHost()
      .ollama("0.0.0.0")
      .with({
        firewall: { ok: true, from: "nft", value: { ruleSets, printed: PRINTED, evidence: [] } },
        managers: { ...NO_MANAGERS, firewalld },
      });
    assert.deepEqual(
      findingsOf(host, "rule-lost-on-reload").map(({ severity }) => severity),
      expected,
    );
  });
}
