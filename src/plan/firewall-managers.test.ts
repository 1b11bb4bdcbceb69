/** What each manager of rules is told, and what is said of it before: on hosts whose rules were really printed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import type { FirewalldZone } from "../facts/firewalld.ts";
import { judge } from "../judge/judge.ts";
import { aHost } from "../judge/testing/a-host.ts";
import { NO_MANAGERS } from "../judge/testing/managers.ts";
import { behind } from "../judge/testing/printed-rules.ts";
import { DEFAULT_CHOICES, type Choices } from "./choices.ts";
import { foretellFirewall, planFirewall } from "./firewall.ts";
import type { PlanInput } from "./plan-input.ts";
import type { Step } from "./plan.ts";
import { readRecordedHost } from "./recorded-host.fixture.ts";

function toInput(facts: Facts, choices: Partial<Choices>): PlanInput {
  const all = { ...DEFAULT_CHOICES, firewall: "auto" as const, ...choices };
  const input = { facts, judgement: judge(facts), choices: all, texts: new Map<string, null>(), operator: null };
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

function aZone(name: string, more: Partial<FirewalldZone>): FirewalldZone {
  const lists = { sources: [], services: ["ssh"], ports: [], forwardPorts: [], richRules: [] };
  return { name, target: "default", ...lists, from: "firewall-cmd --list-all-zones", ...more };
}

/** A host whose firewalld lets everybody in to the port, as nft printed it. */
function behindFirewalld(zone: FirewalldZone): Facts {
  const text = readFileSync(join(import.meta.dirname, "../firewall/saved/firewalld.nft-json.txt"), "utf8");
  const zones = { ok: true, value: [zone], from: zone.from } as const;
  const from = "nft -j list ruleset";
  return aHost()
    .ollama("0.0.0.0")
    .with(behind({ engine: "nftables", dialect: "nft-json", family: null, text: { ok: true, value: text, from } }))
    .with({
      managers: {
        ...NO_MANAGERS,
        firewalld: { ok: true, from: "x", value: { running: true, runtime: zones, permanent: zones } },
      },
    }).facts;
}

const PORT = 'port port="11434" protocol="tcp"';

describe("firewalld", () => {
  test("a rich rule before all others, in what runs and in the files", () => {
    const step = stepOf(toInput(behindFirewalld(aZone("public", { ports: ["11434/tcp"] })), {}), "firewalld");
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
    const facts = behindFirewalld(aZone("public", { ports: ["11434/tcp"], richRules }));
    const input = toInput(facts, { allow: ["192.168.1.0/24"] });
    const [allowed, , refused] = stepOf(input, "firewalld").commands;
    const source = 'family="ipv4" source address="192.168.1.0/24"';
    assert.equal(allowed?.at(-1), `--add-rich-rule=rule priority="-9" ${source} ${PORT} accept`);
    assert.equal(refused?.at(-1), `--add-rich-rule=rule priority="-8" ${PORT} drop`);
    assert.deepEqual(whoGetsIn(input), ["192.168.1.0/24"]);
  });

  test("no place before a rule of the lowest priority", () => {
    const richRules = ['rule priority="-32768" family="ipv4" source address="192.0.2.0/24" drop'];
    const planned = planFirewall(toInput(behindFirewalld(aZone("public", { ports: ["11434/tcp"], richRules })), {}));
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
