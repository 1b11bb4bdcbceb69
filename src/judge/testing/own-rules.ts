import type { FirewallPresence } from "../../facts/firewall.ts";
import type { OwnRules } from "../../facts/own-rules.ts";
import type { RuleLoader } from "../../facts/rule-loaders.ts";
import type { Reading } from "../../host/host.ts";

const LINK = { from: "/etc/systemd/system/sysinit.target.wants/x.service", text: "-> /etc/systemd/system/x.service" };
const TABLE = "inet portlock_11434";

/** The service and the file by which `portlock harden --firewall nftables --allow …` closes a port. */
export const OWN_TABLE: OwnRules = {
  unit: "portlock-firewall-11434.service",
  startedBy: LINK,
  startsAfter: ["local-fs.target", "nftables.service"],
  rules: {
    ok: true,
    from: "/etc/portlock/firewall-11434.nft",
    value: [
      'iifname "lo" accept',
      "ct state established,related accept",
      "ip saddr { 10.77.0.0/24, 192.0.2.7 } tcp dport 11434 accept",
      "ip6 saddr { fd00:77::10 } tcp dport 11434 accept",
      "tcp dport 11434 drop",
    ].map((text) => ({ table: TABLE, chain: "input", text })),
  },
  loadedAgain: { from: "/etc/systemd/system/nftables.service.d/portlock-firewall-11434.conf", text: "ExecStartPost=…" },
};

/** The same for `--firewall docker-user`. */
export const OWN_CHAIN: OwnRules = {
  unit: "portlock-docker-user-11434.service",
  startedBy: LINK,
  startsAfter: [],
  rules: {
    ok: true,
    from: "/etc/systemd/system/portlock-docker-user-11434.service",
    value: [
      { table: "ip filter", chain: "PORTLOCK-11434", text: "-s 10.77.0.20 -j RETURN" },
      {
        table: "ip filter",
        chain: "PORTLOCK-11434",
        text: "-p tcp -m conntrack --ctstate NEW --ctorigdstport 11434 --ctdir ORIGINAL -j DROP",
      },
      { table: "ip filter", chain: "DOCKER-USER", text: "-j PORTLOCK-11434" },
    ],
  },
  loadedAgain: null,
};

/** nftables.service with Debian's file, which begins with `flush ruleset`. */
export function flushes(isStarted: boolean): RuleLoader {
  const evidence = { from: "/etc/nftables.conf", line: 3, text: "flush ruleset" };
  return {
    unit: "nftables.service",
    startedBy: isStarted ? LINK : null,
    replaces: [{ what: "everything", family: null, evidence }],
  };
}

/** What nft 1.0.6 prints of that table once it is loaded. */
const LISTED = `{"nftables": [{"metainfo": {"version": "1.0.6", "json_schema_version": 1}},
{"table": {"family": "inet", "name": "portlock_11434", "handle": 2}},
{"chain": {"family": "inet", "table": "portlock_11434", "name": "input", "handle": 1, "type": "filter", "hook": "input", "prio": 0, "policy": "accept"}},
{"rule": {"family": "inet", "table": "portlock_11434", "chain": "input", "handle": 3, "expr": [{"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "lo"}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "portlock_11434", "chain": "input", "handle": 4, "expr": [{"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "portlock_11434", "chain": "input", "handle": 6, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip", "field": "saddr"}}, "right": {"set": [{"prefix": {"addr": "10.77.0.0", "len": 24}}, "192.0.2.7"]}}}, {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 11434}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "portlock_11434", "chain": "input", "handle": 7, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "ip6", "field": "saddr"}}, "right": "fd00:77::10"}}, {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 11434}}, {"accept": null}]}},
{"rule": {"family": "inet", "table": "portlock_11434", "chain": "input", "handle": 8, "expr": [{"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 11434}}, {"drop": null}]}}]}`;

/** What iptables-save 1.8.9 prints of that chain once it is loaded. */
const SAVED = `*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:DOCKER-USER - [0:0]
:PORTLOCK-11434 - [0:0]
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j PORTLOCK-11434
-A DOCKER-USER -j RETURN
-A PORTLOCK-11434 -s 10.77.0.20/32 -j RETURN
-A PORTLOCK-11434 -p tcp -m conntrack --ctstate NEW --ctorigdstport 11434 --ctdir ORIGINAL -j DROP
COMMIT
`;

/** A host on which both are in effect. */
export const OWN_IN_EFFECT: Reading<FirewallPresence> = {
  ok: true,
  from: "nft",
  value: {
    ruleSets: [
      {
        engine: "nftables",
        family: "inet",
        table: "portlock_11434",
        evidence: { from: "nft", text: `table ${TABLE}` },
      },
    ],
    printed: [
      {
        engine: "iptables-nft",
        dialect: "iptables-save",
        family: 4,
        text: { ok: true, value: SAVED, from: "iptables-save" },
      },
      { engine: "nftables", dialect: "nft-json", family: null, text: { ok: true, value: LISTED, from: "nft -j" } },
    ],
    evidence: [],
  },
};
