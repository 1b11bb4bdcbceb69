import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";
import { openWrittenHost } from "../facts/written-host.fixture.ts";
import { gatherFirewallManagers, type FirewallManagers } from "../facts/firewall-managers.ts";
import { parseZoneListing } from "../facts/firewalld-zones.ts";
import { evaluate } from "../firewall/evaluate.ts";
import { readSaved, toEntry } from "../firewall/judged.fixture.ts";
import { parseNftTexts } from "../firewall/nft-texts.ts";
import { parseNftRuleset } from "../firewall/nftables.ts";
import type { ChainDecider, Decider, Entry } from "../firewall/partition.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import { toCidrs } from "../firewall/source-set.ts";
import { type DeciderTerms, toDeciderTerms } from "./decider-terms.ts";
import { NO_MANAGERS } from "./testing/managers.ts";
import { toLoadedForm } from "./ufw-rules.ts";

function readText(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

const USER_RULES = readText("../facts/saved/ufw-0.36.2-user.rules.txt");
/** The same rules as ufw loaded them. */
const LOADED = readText("../facts/saved/ufw-0.36.2-loaded.txt");

async function ufwHost(enabled: "yes" | "no"): Promise<FirewallManagers> {
  const files = {
    "/etc/ufw/ufw.conf": `ENABLED=${enabled}\n`,
    "/etc/default/ufw": 'DEFAULT_INPUT_POLICY="DROP"\n',
    "/etc/ufw/user.rules": USER_RULES,
  };
  return gatherFirewallManagers(openWrittenHost({ files }), { executableOf: new Map(), readerUid: 0 });
}

function isChain(by: Decider): by is ChainDecider {
  return by.kind === "rule" || by.kind === "policy";
}

/** What decides about a source, in the administrator's terms. */
function decide(ruleSet: RuleSet, source: string, managers?: FirewallManagers, entry?: Partial<Entry>): DeciderTerms {
  const { admitted, stopped, undecidable } = evaluate([ruleSet], toEntry(4, entry));
  const part = [...admitted, ...stopped, ...undecidable].find(({ sources }) => toCidrs(sources).includes(source));
  assert.ok(part !== undefined && isChain(part.by), `nothing decides about ${source}`);
  return toDeciderTerms(part.by, managers === undefined ? {} : { managers });
}

test("every rule that ufw loads is found again in its file", () => {
  const loaded = new Set(
    LOADED.split("\n")
      .filter((line) => line.startsWith("-A "))
      .map(toLoadedForm),
  );
  const written = USER_RULES.split("\n").filter((line) => line.startsWith("-A ufw-user-input "));
  assert.ok(written.length > 15);
  for (const line of written) assert.ok(loaded.has(toLoadedForm(line)), line);
});

test("what ufw lets in is the command that let it in", async () => {
  const managers = await ufwHost("yes");
  const { manager, name, evidence, written } = decide(readSaved(LOADED), "0.0.0.0/0", managers);
  assert.equal(manager, "ufw");
  assert.deepEqual(name, { kind: "ufw-rule", command: "ufw allow 11434/tcp" });
  assert.deepEqual(evidence, {
    from: "iptables-save",
    line: 101,
    text: "-A ufw-user-input -p tcp -m tcp --dport 11434 -j ACCEPT",
  });
  assert.equal(written?.from, "/etc/ufw/user.rules");
  assert.equal(written?.line, 20);
});

test("what no rule of ufw lets in, its default keeps out", async () => {
  const entry = { destination: { address: "10.77.0.10", port: 9_999 } };
  const { manager, name, written } = decide(readSaved(LOADED), "0.0.0.0/1", await ufwHost("yes"), entry);
  assert.equal(manager, "ufw");
  assert.deepEqual(name, { kind: "ufw-default", policy: "deny", direction: "incoming" });
  assert.equal(written?.text, 'DEFAULT_INPUT_POLICY="DROP"');
});

test("a policy is not ufw's where ufw is off", async () => {
  const entry = { destination: { address: "10.77.0.10", port: 9_999 } };
  const { manager, name } = decide(readSaved(LOADED), "0.0.0.0/1", await ufwHost("no"), entry);
  assert.equal(manager, "iptables");
  assert.deepEqual(name, { kind: "policy", table: "ip filter", chain: "INPUT", policy: "drop" });
});

test("a host that an older version recorded has the chain's name", () => {
  const { manager, name, written } = decide(readSaved(LOADED), "0.0.0.0/0");
  assert.equal(manager, "ufw");
  assert.deepEqual(name, { kind: "ufw-built-in", chain: "ufw-user-input" });
  assert.equal(written, null);
});

const FIREWALLD = parseNftRuleset(readText("../firewall/saved/firewalld.nft-json.txt"), {
  from: "nft -j list ruleset",
  skip: new Set(),
  texts: parseNftTexts(readText("../firewall/saved/firewalld.nft.txt")),
}) ?? { engine: "nftables", tables: [] };
const LISTING = `public
  target: default
  services: ssh
  ports:${" "}
  rich rules:${" "}
	rule family="ipv4" source address="198.51.100.0/24" port port="11434" protocol="tcp" accept
	rule family="ipv4" source address="203.0.113.0/24" reject
`;
const RUNNING: FirewallManagers = {
  ...NO_MANAGERS,
  firewalld: {
    ok: true,
    from: "x",
    value: {
      running: true,
      runtime: { ok: true, from: "firewall-cmd", value: parseZoneListing(LISTING, "firewall-cmd") },
      permanent: { ok: true, from: "x", value: [] },
    },
  },
};

test("a rich rule of firewalld is named with its zone", () => {
  const { manager, name } = decide(FIREWALLD, "198.51.100.0/24", RUNNING);
  assert.equal(manager, "firewalld");
  assert.deepEqual(name, {
    kind: "firewalld-zone",
    zone: "public",
    element: {
      kind: "rich-rule",
      text: 'rule family="ipv4" source address="198.51.100.0/24" port port="11434" protocol="tcp" accept',
    },
  });
});

test("what firewalld's zone does with the rest is the zone's", () => {
  const { manager, name } = decide(FIREWALLD, "0.0.0.0/5", RUNNING);
  assert.equal(manager, "firewalld");
  assert.deepEqual(name, { kind: "firewalld-zone", zone: "public", element: null });
});

const DOCKER = `*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER - [0:0]
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o docker0 -j DOCKER
-A DOCKER-USER -s 10.0.0.0/8 -j DROP
-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 11434 -j ACCEPT
COMMIT
`;

test("what Docker lets through is its published port; what stands in DOCKER-USER is the administrator's", () => {
  const entry = { destination: { address: "172.17.0.2", port: 11_434 } };
  const admitted = decide(readSaved(DOCKER), "128.0.0.0/1", undefined, entry);
  assert.equal(admitted.manager, "docker");
  assert.deepEqual(admitted.name, { kind: "docker-port", chain: "DOCKER", address: "172.17.0.2", port: 11_434 });
  const stopped = decide(readSaved(DOCKER), "10.0.0.0/8", undefined, entry);
  assert.equal(stopped.manager, "iptables");
  assert.deepEqual(stopped.name, { kind: "rule", table: "ip filter", chain: "DOCKER-USER" });
});
