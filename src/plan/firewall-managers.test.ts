/** What each manager of rules is told, and what is said of it before: on hosts whose rules were really printed. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";
import { judge } from "../judge/judge.ts";
import { DEFAULT_CHOICES, type Choices } from "./choices.ts";
import { foretellFirewall, planFirewall } from "./firewall.ts";
import { predictFirewall } from "./firewall-prediction.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Step } from "./plan.ts";

function toInput(facts: Facts, choices: Partial<Choices>): PlanInput {
  const all = { ...DEFAULT_CHOICES, firewall: "auto" as const, ...choices };
  const texts = new Map<string, null>();
  const input = { facts, judgement: judge(facts), choices: all, texts, inspected: new Map(), operators: [] };
  const planned = planFirewall(input);
  if (planned.kind !== "needs-files") return input;
  return { ...input, texts: new Map(planned.paths.map((path) => [path, null])) };
}

function stepOf(input: PlanInput, target: string): Step {
  const planned = planFirewall(input);
  assert.ok(planned.kind === "steps", JSON.stringify(planned));
  const step = planned.steps.find((each) => each.target === target);
  assert.ok(step);
  return step;
}

/** Who gets in from outside, if anybody, once it is done. */
function whoGetsIn(input: PlanInput): readonly string[] {
  const servers = foretellFirewall(input)?.judgement.servers ?? [];
  const outside = servers
    .flatMap(({ routes }) => routes)
    .filter(({ from, verdict }) => verdict !== "closed" && from.vantage !== "host" && from.vantage !== "browser");
  return [...new Set(outside.flatMap(({ from }) => from.sources))];
}

/** The recorded firewalld after `firewall-cmd --add-port=11434/tcp`, with further rich rules in the zone's files. */
function behindFirewalld(richRules: readonly string[] = []): Facts {
  const dport = { match: { op: "==", left: { payload: { protocol: "tcp", field: "dport" } }, right: 11_434 } };
  const rules = [[dport, { accept: null }]];
  const facts = predictFirewall(readRecordedHost("firewalld-unsaved"), [
    { kind: "put-first-in-nft", table: "firewalld", chain: "filter_IN_public_allow", rules },
  ]);
  assert.ok(facts?.managers?.firewalld.ok);
  const firewalld = facts.managers.firewalld;
  const { permanent } = firewalld.value;
  assert.ok(permanent.ok);
  const zones = permanent.value.map((zone) => (zone.name === "public" ? { ...zone, richRules } : zone));
  const value = { ...firewalld.value, permanent: { ...permanent, value: zones } };
  return { ...facts, managers: { ...facts.managers, firewalld: { ...firewalld, value } } };
}

const PORT = 'port port="11434" protocol="tcp"';

describe("firewalld", () => {
  test("a rich rule before all others, in what runs and in the files", () => {
    const step = stepOf(toInput(behindFirewalld(), {}), "firewalld");
    assert.deepEqual(step.commands, [
      ["firewall-cmd", "--zone=public", `--add-rich-rule=rule priority="-1" ${PORT} drop`],
      ["firewall-cmd", "--permanent", "--zone=public", `--add-rich-rule=rule priority="-1" ${PORT} drop`],
    ]);
    assert.deepEqual(step.undo.before, [
      ["firewall-cmd", "--zone=public", `--remove-rich-rule=rule priority="-1" ${PORT} drop`],
      ["firewall-cmd", "--permanent", "--zone=public", `--remove-rich-rule=rule priority="-1" ${PORT} drop`],
    ]);
    assert.deepEqual(step.keeps, ["/etc/firewalld/zones/public.xml", "/etc/firewalld/zones/public.xml.old"]);
  });

  test("those who are allowed come before that, and before rules that stood first until now", () => {
    const richRules = ['rule priority="-7" family="ipv4" source address="192.0.2.0/24" drop'];
    const facts = behindFirewalld(richRules);
    const input = toInput(facts, { allow: ["10.77.0.0/24"] });
    const [allowed, , refused] = stepOf(input, "firewalld").commands;
    const source = 'family="ipv4" source address="10.77.0.0/24"';
    assert.equal(allowed?.at(-1), `--add-rich-rule=rule priority="-9" ${source} ${PORT} accept`);
    assert.equal(refused?.at(-1), `--add-rich-rule=rule priority="-8" ${PORT} drop`);
    assert.deepEqual(whoGetsIn(input), ["10.77.0.0/24"]);
  });

  test("no place before a rule of the lowest priority", () => {
    const richRules = ['rule priority="-32768" family="ipv4" source address="192.0.2.0/24" drop'];
    const planned = planFirewall(toInput(behindFirewalld(richRules), {}));
    assert.ok(planned.kind === "refused");
    assert.equal(planned.refusal.code, "prediction-unsure");
  });
});

describe("ufw", () => {
  test("is taken back by its own files, loaded into its own chains", () => {
    const step = stepOf(toInput(readRecordedHost("ufw-for-the-lan"), {}), "ufw");
    assert.deepEqual(step.keeps, ["/etc/ufw/user.rules", "/etc/ufw/user6.rules"]);
    assert.deepEqual(step.undo, {
      before: [],
      after: [
        ["iptables-restore", "-w", "-n", "/etc/ufw/user.rules"],
        ["ip6tables-restore", "-w", "-n", "/etc/ufw/user6.rules"],
      ],
    });
  });

  test("a limit, whose first calls pass, is closed for certain", () => {
    const input = toInput(readRecordedHost("ufw-limit"), {});
    assert.deepEqual(whoGetsIn(input), []);
    assert.deepEqual(stepOf(input, "ufw").commands[0], [
      "ufw",
      "delete",
      "limit",
      "proto",
      "tcp",
      "from",
      "0.0.0.0/0",
      "to",
      "any",
      "port",
      "11434",
    ]);
  });

  test("a part of those who come in stays", () => {
    assert.deepEqual(whoGetsIn(toInput(readRecordedHost("ufw-for-the-lan"), { allow: ["10.77.0.20"] })), [
      "10.77.0.20",
    ]);
  });
});

describe("DOCKER-USER", () => {
  test("drops new connections by the port that the sender wrote, before Docker starts", () => {
    const step = stepOf(toInput(readRecordedHost("docker-published"), { allow: ["10.77.0.20"] }), "docker-user");
    const [unit] = step.files;
    assert.ok(unit?.edit.kind === "write");
    const lines = unit.edit.text.split("\n");
    assert.deepEqual(
      lines.filter((line) => /^(?:ExecStart|Before)=.*(?:docker|iptables )/.test(line) && !/ip6tables/.test(line)),
      [
        "Before=docker.service",
        "ExecStart=-/usr/bin/env iptables -w -N DOCKER-USER",
        "ExecStart=-/usr/bin/env iptables -w -N PORTLOCK-11434",
        "ExecStart=/usr/bin/env iptables -w -F PORTLOCK-11434",
        "ExecStart=/usr/bin/env iptables -w -A PORTLOCK-11434 -s 10.77.0.20 -j RETURN",
        "ExecStart=/usr/bin/env iptables -w -A PORTLOCK-11434 -p tcp -m conntrack --ctstate NEW --ctorigdstport 11434 --ctdir ORIGINAL -j DROP",
        "ExecStart=/usr/bin/env iptables -w -I DOCKER-USER -j PORTLOCK-11434",
      ],
    );
  });
});
