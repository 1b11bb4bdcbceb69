import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import type { FirewallManagers } from "../facts/firewall-managers.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";
import { judge } from "../judge/judge.ts";
import { aHost, type AHost } from "../judge/testing/a-host.ts";
import { anUfw, NO_MANAGERS } from "../judge/testing/managers.ts";
import { DEFAULT_CHOICES, type Choices } from "./choices.ts";
import type { FileText } from "./file-edit.ts";
import { foretellFirewall, planFirewall } from "./firewall.ts";
import type { Operator, PlanInput, PlannedSteps } from "./plan-input.ts";
import type { Refusal, Step } from "./plan.ts";

function toInput(facts: Facts, choices: Partial<Choices>, operator: Operator | null = null): PlanInput {
  const all = { ...DEFAULT_CHOICES, firewall: "auto" as const, ...choices };
  return {
    facts,
    judgement: judge(facts),
    choices: all,
    texts: new Map(),
    inspected: new Map(),
    operators: operator === null ? [] : [operator],
  };
}

/** Plans with every file that is asked for; those that are not given are not there. */
function withFiles(input: PlanInput, there: ReadonlyMap<string, FileText> = new Map()): PlanInput {
  const planned = planFirewall(input);
  if (planned.kind !== "needs-files") return input;
  return { ...input, texts: new Map(planned.paths.map((path) => [path, there.get(path) ?? null])) };
}

function stepsOf(input: PlanInput): readonly Step[] {
  const planned = planFirewall(withFiles(input));
  assert.ok(planned.kind === "steps", JSON.stringify(planned));
  return planned.steps;
}

function refusalOf(input: PlanInput): Refusal {
  const planned: PlannedSteps = planFirewall(withFiles(input));
  assert.ok(planned.kind === "refused", JSON.stringify(planned));
  return planned.refusal;
}

function toWords({ commands }: Step): readonly string[] {
  return commands.map((command) => command.join(" "));
}

function withManagers(host: AHost, managers: Partial<FirewallManagers> = {}): AHost {
  return host.with({ managers: { ...NO_MANAGERS, ...managers } });
}

const OPEN = withManagers(aHost().ollama("0.0.0.0"));
const SHARED_PORT = withManagers(
  aHost()
    .link("eth0", ["192.168.1.10/24", "192.168.1.11/24"])
    .ollama("192.168.1.10")
    .process(77, { name: "nginx", executable: "/usr/sbin/nginx", arguments: ["nginx"] })
    .listens("192.168.1.11", 11_434, { pids: [77] }),
);
const FIREWALL_UNIT = "portlock-firewall-11434.service";
const DOCKER_UNIT = "portlock-docker-user-11434.service";
const START = [
  "systemctl daemon-reload",
  `systemctl enable -- ${FIREWALL_UNIT}`,
  `systemctl restart -- ${FIREWALL_UNIT}`,
];

const RECORDED: readonly (readonly [
  what: string,
  id: string,
  allow: readonly string[],
  commands: readonly string[],
])[] = [
  ["nobody has rules: a table of Portlock's own", "all-addresses", [], START],
  [
    "ufw lets the LAN in: a refusal before that rule",
    "ufw-for-the-lan",
    [],
    [
      "ufw prepend deny proto tcp from ::/0 to any port 11434",
      "ufw prepend deny proto tcp from 0.0.0.0/0 to any port 11434",
    ],
  ],
  [
    "ufw lets the LAN in by the very rule that is allowed: it is moved before the refusal",
    "ufw-for-the-lan",
    ["10.77.0.20"],
    [
      "ufw prepend deny proto tcp from ::/0 to any port 11434",
      "ufw prepend deny proto tcp from 0.0.0.0/0 to any port 11434",
      "ufw prepend allow proto tcp from 10.77.0.20 to any port 11434",
    ],
  ],
  [
    "ufw has a rule that it takes for the refusal: that one goes first",
    "ufw-all-but-one",
    [],
    [
      "ufw delete allow proto tcp from 0.0.0.0/0 to any port 11434",
      "ufw delete allow proto tcp from ::/0 to any port 11434",
      "ufw prepend deny proto tcp from ::/0 to any port 11434",
      "ufw prepend deny proto tcp from 0.0.0.0/0 to any port 11434",
    ],
  ],
  ["the LAN alone comes in, and is allowed: nothing to do", "ufw-for-the-lan", ["10.77.0.0/24"], []],
  ["ufw keeps everybody out already", "ufw-active", [], []],
  ["somebody's own table keeps everybody out already", "nftables-table", [], []],
  ["on loopback", "fresh-install", [], []],
  ["a rule for one of two addresses: a table of Portlock's own", "another-address-let-in", [], START],
  [
    "published by Docker: its own chain, and a table for its helper",
    "docker-published",
    [],
    ["systemctl daemon-reload", `systemctl enable -- ${DOCKER_UNIT}`, `systemctl restart -- ${DOCKER_UNIT}`, ...START],
  ],
];

describe("on recorded hosts", () => {
  for (const [what, id, allow, commands] of RECORDED) {
    test(what, () => {
      const input = toInput(readRecordedHost(id), { allow });
      assert.deepEqual(stepsOf(input).flatMap(toWords), commands);
    });
  }

  test("what a step comes to is foretold: nobody outside gets in any more", () => {
    for (const id of ["all-addresses", "ufw-for-the-lan", "ufw-all-but-one", "redirected-port", "ipv4-only"]) {
      const foretold = foretellFirewall(withFiles(toInput(readRecordedHost(id), {})));
      assert.equal(foretold?.judgement.verdict, "local", id);
    }
  });

  test("a finding that is gone by it is named as mended", () => {
    const [step] = stepsOf(toInput(readRecordedHost("ufw-for-the-lan"), {}));
    assert.deepEqual(step?.mends, ["open-bind", "cloud-on-exposed-server"]);
  });

  test("what comes to a container's own address alone is left, and said", () => {
    const planned = planFirewall(withFiles(toInput(readRecordedHost("docker-unpublished"), {})));
    assert.ok(planned.kind === "steps");
    assert.deepEqual(planned.steps, []);
    assert.deepEqual(planned.leaves, [
      { server: "ollama-1", rule: "open-to-containers", why: { code: "no-safe-change" } },
    ]);
  });
});

const REFUSED: readonly (readonly [what: string, input: PlanInput, refusal: Refusal])[] = [
  [
    "ufw is asked for, and off",
    toInput(withManagers(OPEN, { ufw: anUfw(false, []) }).facts, { firewall: "ufw" }),
    { code: "manager-not-in-charge", manager: "ufw", inCharge: null },
  ],
  [
    "a table is asked for where ufw is in charge",
    toInput(readRecordedHost("ufw-for-the-lan"), { firewall: "nftables" }),
    { code: "manager-not-in-charge", manager: "nftables", inCharge: "ufw" },
  ],
  [
    "ufw is asked for, and Docker carries everybody past it",
    toInput(readRecordedHost("docker-published"), { firewall: "ufw" }),
    { code: "manager-not-in-charge", manager: "ufw", inCharge: "docker-user" },
  ],
  [
    "DOCKER-USER is asked for, and the server is no container",
    toInput(OPEN.facts, { firewall: "docker-user" }),
    { code: "manager-not-in-charge", manager: "docker-user", inCharge: null },
  ],
  [
    "who is in charge was not read",
    toInput(aHost().ollama("0.0.0.0").facts, {}),
    { code: "facts-missing", fact: "managers" },
  ],
  [
    "the rules were not read",
    toInput(OPEN.with({ firewall: { ok: false, why: "denied", from: "nft" } }).facts, {}),
    { code: "facts-missing", fact: "firewall" },
  ],
  [
    "what is to be allowed is no network",
    toInput(OPEN.facts, { allow: ["10.0.0.0/8", "the office"] }),
    { code: "prediction-unsure", why: "not a network: the office" },
  ],
  [
    "an earlier rule keeps out somebody who is to be allowed",
    toInput(readRecordedHost("ufw-all-but-one"), { allow: ["10.77.0.0/24"] }),
    { code: "prediction-unsure", why: "would let in 10.77.0.0/24, who is kept out now" },
  ],
  [
    "the operator's own session comes in by that port",
    toInput(OPEN.listens("0.0.0.0", 22).facts, {}, { source: "203.0.113.9", port: 11_434 }),
    { code: "would-cut-session", source: "203.0.113.9" },
  ],
  [
    "another service has the same port on another address of the host",
    toInput(SHARED_PORT.facts, {}),
    { code: "would-change-others", ports: [11_434] },
  ],
];

describe("refused", () => {
  for (const [what, input, refusal] of REFUSED) {
    test(what, () => assert.deepEqual(refusalOf(input), refusal));
  }
});

describe("the operator's session", () => {
  const operators: readonly Operator[] = [
    { source: "203.0.113.9", port: 22 },
    { source: "2001:db8:1::7", port: 22 },
    { source: "fe80::7%eth0", port: 22 },
    { source: "192.168.1.10", port: 22 }, // from the host itself
    { source: "127.0.0.1", port: 22 },
  ];
  for (const operator of operators) {
    test(`stays: ${operator.source}`, () => {
      assert.equal(stepsOf(toInput(OPEN.listens("::", 22).facts, {}, operator)).length, 1);
    });
  }
});

describe("what is asked for by name", () => {
  test("a port of another service may change", () => {
    assert.deepEqual(stepsOf(toInput(SHARED_PORT.facts, { mayChange: [11_434] })).flatMap(toWords), START);
  });

  test("one of two servers", () => {
    const two = OPEN.ollama("0.0.0.0", { port: 11_500, pid: 900 });
    const [step, ...others] = stepsOf(toInput(two.facts, { servers: ["ollama-2"] }));
    assert.deepEqual(others, []);
    assert.equal(step?.files[0]?.path, "/etc/portlock/firewall-11500.nft");
  });
});

describe("a table of Portlock's own", () => {
  test("is written as a whole, loaded by a unit, and lets loopback in first", () => {
    const [step] = stepsOf(toInput(OPEN.facts, { allow: ["10.0.0.5/8", "fd00::/8"] }));
    const [rules, dropIn, unit] = step?.files ?? [];
    assert.ok(rules?.edit.kind === "write" && unit?.edit.kind === "write");
    assert.equal(dropIn?.path, "/etc/systemd/system/nftables.service.d/portlock-firewall-11434.conf");
    assert.deepEqual(
      rules.edit.text.split("\n").filter((line) => line.startsWith("\t\t")),
      [
        "\t\ttype filter hook input priority 0; policy accept;",
        '\t\tiifname "lo" accept',
        "\t\tct state established,related accept",
        "\t\tip saddr { 10.0.0.0/8 } tcp dport 11434 accept",
        "\t\tip6 saddr { fd00::/8 } tcp dport 11434 accept",
        "\t\ttcp dport 11434 drop",
      ],
    );
    assert.match(unit.edit.text, /^ExecStart=\/usr\/bin\/env nft -f \/etc\/portlock\/firewall-11434\.nft$/m);
    assert.deepEqual(step?.undo, {
      before: [["systemctl", "stop", "--", "portlock-firewall-11434.servic?"]],
      after: [["systemctl", "daemon-reload"]],
    });
  });

  test("that is there already takes back what it loaded before", () => {
    const input = toInput(OPEN.facts, {});
    const unit = `/etc/systemd/system/${FIREWALL_UNIT}`;
    const planned = planFirewall(withFiles(input, new Map([[unit, "[Unit]\n"]])));
    assert.ok(planned.kind === "steps");
    assert.deepEqual(planned.steps[0]?.undo, {
      before: [],
      after: [
        ["systemctl", "daemon-reload"],
        ["systemctl", "restart", "--", FIREWALL_UNIT],
      ],
    });
  });

  test("lasts until the next start where there is no service manager", () => {
    const host = OPEN.with({ units: { ok: false, why: "absent", from: "systemctl" } });
    const [step] = stepsOf(toInput(host.facts, {}));
    assert.deepEqual(step && toWords(step), ["nft -f /etc/portlock/firewall-11434.nft"]);
    assert.deepEqual(step?.undo.before, [
      ["nft", "add", "table", "inet", "portlock_11434"],
      ["nft", "delete", "table", "inet", "portlock_11434"],
    ]);
    assert.deepEqual(step?.remarks, [{ code: "lasts-until-reboot" }, { code: "old-sessions-survive" }]);
  });
});
