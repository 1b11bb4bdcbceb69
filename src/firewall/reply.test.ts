/** Whether the answer to a connection that was let in comes back. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseIptablesSave } from "./iptables.ts";
import { parseIpsetSave } from "./ipset.ts";
import { findReplyStopper, findRequestStopper, type Reply, type ReplyStopper } from "./reply.ts";
import type { RuleSet } from "./rule-set.ts";

const OUT: Reply = { family: 4, hook: "input", inInterface: null, outInterface: "eth0", port: 11_434 };
const THROUGH: Reply = { family: 4, hook: "forward", inInterface: "docker0", outInterface: "eth0", port: 11_434 };

function readRules(policies: string, rules: readonly string[]): readonly RuleSet[] {
  const chains = policies.split(" ").map((policy) => `:${policy.replace("=", " ")} [0:0]`);
  const text = ["*filter", ...chains, ...rules.map((rule) => `-A ${rule}`), "COMMIT", ""].join("\n");
  const sets = parseIpsetSave("");
  return [parseIptablesSave(text, { family: 4, engine: "iptables-nft", from: "iptables-save", sets })];
}

/** What may stop it: the text of a rule, `policy` or `too-complex`; null for a packet that passes. */
function toText(stopper: ReplyStopper | null): string | null {
  return stopper?.kind === "rule" ? stopper.rule.place.text : (stopper?.kind ?? null);
}

const ESTABLISHED = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";

for (const [what, reply, policies, rules, stopper] of [
  ["no rule about what goes out", OUT, "INPUT=DROP OUTPUT=ACCEPT", ["INPUT -j DROP"], null],
  ["everything that goes out is dropped", OUT, "OUTPUT=DROP", [], "policy"],
  ["dropped, but for answers", OUT, "OUTPUT=DROP", [`OUTPUT ${ESTABLISHED}`], null],
  [
    "answers are let out by a chain of ufw",
    OUT,
    "OUTPUT=DROP ufw-before-output=-",
    ["OUTPUT -j ufw-before-output", `ufw-before-output ${ESTABLISHED}`],
    null,
  ],
  ["new connections alone are dropped", OUT, "OUTPUT=ACCEPT", ["OUTPUT -m conntrack --ctstate NEW -j DROP"], null],
  [
    "the server's own port is dropped",
    OUT,
    "OUTPUT=ACCEPT",
    ["OUTPUT -p tcp -m tcp --sport 11434 -j DROP"],
    "-A OUTPUT -p tcp -m tcp --sport 11434 -j DROP",
  ],
  ["another server's port is dropped", OUT, "OUTPUT=ACCEPT", ["OUTPUT -p tcp -m tcp --sport 80 -j REJECT"], null],
  ["another protocol is dropped", OUT, "OUTPUT=ACCEPT", ["OUTPUT -p udp -j DROP"], null],
  ["what leaves by another interface is dropped", OUT, "OUTPUT=ACCEPT", ["OUTPUT -o eth1 -j DROP"], null],
  [
    "what is for some clients is dropped",
    OUT,
    "OUTPUT=ACCEPT",
    ["OUTPUT -d 10.0.0.0/8 -j DROP"],
    "-A OUTPUT -d 10.0.0.0/8 -j DROP",
  ],
  [
    "connections begun here are dropped",
    OUT,
    "OUTPUT=ACCEPT",
    ["OUTPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP"],
    null,
  ],
  ["a rule nobody knows", OUT, "OUTPUT=ACCEPT", ["OUTPUT -m magic -j DROP"], "-A OUTPUT -m magic -j DROP"],
  ["ufw drops a routing header on its way out", OUT, "OUTPUT=ACCEPT", ["OUTPUT -m rt --rt-type 0 -j DROP"], null],
  ["what is sent on is no matter of OUTPUT", THROUGH, "FORWARD=ACCEPT OUTPUT=DROP", [], null],
  ["sent on only where it is new", THROUGH, "FORWARD=DROP", ["FORWARD -i eth0 -o docker0 -j ACCEPT"], "policy"],
  ["containers may send to others", THROUGH, "FORWARD=DROP", ["FORWARD -i docker0 ! -o docker0 -j ACCEPT"], null],
  [
    "Docker 20.10 parts its networks",
    THROUGH,
    "FORWARD=DROP STAGE-1=- STAGE-2=-",
    [
      "FORWARD -j STAGE-1",
      "FORWARD -i docker0 ! -o docker0 -j ACCEPT",
      "STAGE-1 -i docker0 ! -o docker0 -j STAGE-2",
      "STAGE-1 -j RETURN",
      "STAGE-2 -o docker0 -j DROP",
      "STAGE-2 -j RETURN",
    ],
    null,
  ],
  ["chains that call each other without end", OUT, "OUTPUT=ACCEPT A=-", ["OUTPUT -j A", "A -j A"], "too-complex"],
] as const) {
  test(what, () => assert.equal(toText(findReplyStopper(readRules(policies, rules), reply)), stopper));
}

const REQUEST = { family: 4, inInterface: "eth0", port: 11_434 } as const;
const DROP = "INPUT -p tcp -m tcp --dport 11434 -j DROP";

for (const [what, policies, rules, stopper] of [
  ["what is established is let in before the drop", "INPUT=DROP", [`INPUT ${ESTABLISHED}`, DROP], null],
  ["the drop comes first", "INPUT=ACCEPT", [DROP, `INPUT ${ESTABLISHED}`], `-A ${DROP}`],
  ["the drop is of another port", "INPUT=ACCEPT", [DROP.replace("11434", "80")], null],
  ["the drop is of another interface", "INPUT=ACCEPT", [DROP.replace("INPUT", "INPUT -i eth1")], null],
  ["new connections alone are dropped", "INPUT=ACCEPT", ["INPUT -m conntrack --ctstate NEW -j DROP"], null],
  ["nothing lets the rest in", "INPUT=DROP", ["INPUT -i lo -j ACCEPT"], "policy"],
  ["what leaves is no matter of it", "OUTPUT=DROP INPUT=ACCEPT", [], null],
] as const) {
  test(`a client's packet: ${what}`, () => {
    assert.equal(toText(findRequestStopper(readRules(policies, rules), REQUEST)), stopper);
  });
}
