/** What a plan leaves as it is, with the reason, and what it is not made for at all. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import { aHost, ollamaReplies, read, type AHost } from "../judge/testing/a-host.ts";
import { aLocation, aProxiedHost, aSite } from "../judge/testing/proxied-host.ts";
import type { Choices } from "./choices.ts";
import type { LeaveReason } from "./plan.ts";
import { anOllama, type Files, planOf, planWith, sets, withEnvironmentFile, withUnit } from "./testing/plan-of.ts";

const OVERRIDE = "/etc/systemd/system/ollama.service.d/override.conf";
const OPEN = anOllama({ [OVERRIDE]: [sets("0.0.0.0")] });

const BY_HAND = aHost().ollama("::", {
  process: {
    uid: 1000,
    user: "ada",
    cgroup: { kind: "session", uid: 1000 },
    environment: read({ OLLAMA_HOST: "0.0.0.0", OLLAMA_MODELS: "/srv/models", HOME: "/srv/ai" }, "/proc/812/environ"),
  },
});
const RESTART = ["env", "OLLAMA_HOST=127.0.0.1:11434", "/usr/local/bin/ollama", "serve"];

/** What is left as it is, and why. */
const LEFT: readonly (readonly [what: string, host: AHost, choices: Partial<Choices>, why: readonly LeaveReason[]])[] =
  [
    ["a server by hand", BY_HAND, {}, [{ code: "started-by-hand", command: RESTART }]],
    [
      "a server by hand with a credential in a value",
      BY_HAND.with({
        processes: read(
          (BY_HAND.facts.processes.ok ? BY_HAND.facts.processes.value : []).map((process) => ({
            ...process,
            environment: read({ OLLAMA_HOST: "http://xxxxx:xxxxx@0.0.0.0:11434" }, "x"),
          })),
          "/proc",
        ),
      }),
      { restartProcess: true },
      [{ code: "started-by-hand", command: RESTART }],
    ],
    [
      "a command that sets its own value",
      anOllama({
        [OVERRIDE]: [
          { key: "ExecStart", value: "" },
          { ...sets("0.0.0.0"), key: "ExecStart", value: "/usr/bin/env" },
        ],
      }),
      {},
      [{ code: "set-by-command", unit: "ollama.service" }],
    ],
    [
      "somebody else is on that port of loopback",
      anOllama({}, { address: "192.168.1.10", effective: "192.168.1.10" }).listens("127.0.0.1", 11434, { pids: [9] }),
      {},
      [{ code: "port-taken", port: 11434 }],
    ],
    [
      "what cron started",
      withUnit(
        anOllama({}, { process: { cgroup: { kind: "system-unit", unit: "cron.service" } } }),
        { name: "cron.service" },
        { mainPid: 1 },
      ),
      {},
      [{ code: "unknown-runner" }, { code: "not-asked", flag: "--firewall auto" }],
    ],
    [
      "a scope",
      withUnit(anOllama({}, { process: { cgroup: { kind: "system-unit", unit: "ollama.scope" } } }), {
        name: "ollama.scope",
      }),
      {},
      [{ code: "unknown-runner" }, { code: "not-asked", flag: "--firewall auto" }],
    ],
    [
      "a drop-in with a name behind which no letter sorts",
      anOllama({ "/etc/systemd/system/ollama.service.d/~.conf": [sets("0.0.0.0")] }),
      {},
      [{ code: "no-safe-change" }],
    ],
    [
      "leftovers that nobody asked about",
      withEnvironmentFile(OPEN, "/etc/environment", "10.0.0.1", null),
      {},
      [{ code: "not-asked", flag: "--mend leftovers" }],
    ],
  ];

describe("what is left", () => {
  for (const [what, host, choices, why] of LEFT) {
    test(what, () => {
      const plan = planOf(host.facts, choices);
      assert.deepEqual(
        plan.leaves.map((leave) => leave.why),
        why,
      );
    });
  }
});

test("a server by hand is restarted where that is asked for, as its user, with its settings and its home", () => {
  const [step] = planOf(BY_HAND.facts, { restartProcess: true }).steps;
  const start = ["systemd-run", "--collect", "--quiet", "--unit=portlock-server-812", "--uid=1000"];
  const trying = ["--property=Restart=on-failure", "--property=RestartSec=3"];
  const rest = ["--setenv=OLLAMA_MODELS=/srv/models", "--setenv=HOME=/srv/ai", "--", "/usr/local/bin/ollama", "serve"];
  assert.deepEqual(step?.commands, [
    ["kill", "-s", "TERM", "--", "812"],
    [...start, ...trying, "--setenv=OLLAMA_HOST=127.0.0.1:11434", ...rest],
  ]);
  assert.deepEqual(step.undo, {
    before: [["systemctl", "stop", "--", "portlock-server-812.service"]],
    after: [[...start, ...trying, "--setenv=OLLAMA_HOST=0.0.0.0", ...rest]],
  });
});

describe("no plan is made", () => {
  const cases: readonly (readonly [
    what: string,
    facts: Facts,
    choices: Partial<Choices>,
    files: Files,
    code: string,
  ])[] = [
    ["for a server that is not there", OPEN.facts, { servers: ["ollama-7"] }, {}, "no-such-server"],
    ["with a method that does not fit", BY_HAND.facts, { method: "systemd" }, {}, "method-does-not-fit"],
    [
      "without knowing the units",
      OPEN.with({ units: { ok: false, why: "denied", from: "x" } }).facts,
      {},
      {},
      "facts-missing",
    ],
    [
      "by a file that is no text",
      OPEN.facts,
      { method: "environment" },
      { "/etc/environment": "A=\uFFFD\n" },
      "file-not-text",
    ],
    [
      "by a file in which a line goes on",
      OPEN.facts,
      { method: "environment" },
      { "/etc/environment": "A=\\\nOLLAMA_HOST=0.0.0.0\n" },
      "file-not-understood",
    ],
  ];
  for (const [what, facts, choices, files, code] of cases) {
    test(what, () => {
      const planned = planWith(facts, choices, files);
      assert.equal(planned.kind === "refused" ? planned.refusal.code : planned.kind, code);
    });
  }
});

test("two services for one place on loopback: the first gets it, the second is left", () => {
  const first = anOllama({}, { address: "192.168.1.10", effective: "192.168.1.10" });
  const { units } = first.facts;
  assert.ok(units.ok);
  const second = first
    .process(900, { cgroup: { kind: "system-unit", unit: "ollama-2.service" } })
    .listens("2001:db8:1::10", 11434, { pids: [900] })
    .link("eth1", ["10.0.0.1/24"])
    .listens("10.0.0.1", 11434, { pids: [900] })
    .answers("10.0.0.1", 11434, ollamaReplies("0.24.0", "elsewhere"))
    .with({
      units: read(
        units.value.flatMap((unit) => [
          unit,
          {
            ...unit,
            name: "ollama-2.service",
            ...(unit.loaded.ok ? { loaded: read({ ...unit.loaded.value, mainPid: 900 }, "x") } : {}),
          },
        ]),
        "x",
      ),
    });
  const plan = planOf(second.facts);
  assert.equal(plan.steps.length, 1);
  assert.deepEqual(
    plan.leaves.map(({ why }) => why),
    [{ code: "port-taken", port: 11434 }],
  );
});

test("a leftover in a file whose name is not plain stays", () => {
  const path = "/etc/systemd/system/ollama.service.d/a b.conf";
  const host = anOllama({ [path]: [sets("0.0.0.0")] });
  const plan = planOf(
    host.facts,
    { mends: ["leftovers"] },
    { [path]: '[Service]\nEnvironment="OLLAMA_HOST=0.0.0.0"\n' },
  );
  assert.deepEqual(
    plan.steps.map(({ kind }) => kind),
    ["set-unit"],
  );
  assert.deepEqual(plan.leaves, [
    { server: "ollama-1", rule: "setting-without-effect", why: { code: "owner-decides" } },
  ]);
});

test("what is open is the proxy: it is named with its line, and no rule of the server's own is offered", () => {
  const { leaves } = planOf(aProxiedHost([aSite([aLocation()])]).facts);
  assert.deepEqual(
    leaves.map(({ rule, why }) => ({ rule, why })),
    [
      {
        rule: "proxy-without-auth",
        why: { code: "opened-by", by: "nginx", place: "/etc/nginx/sites-enabled/ollama:4" },
      },
    ],
  );
});
