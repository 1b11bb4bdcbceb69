/** What somebody wants who was told that a server is open, and the whole plan that comes of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import { aHost, ollamaReplies, read, type AHost } from "../judge/testing/a-host.ts";
import type { Choices } from "./choices.ts";
import type { LeaveReason, Plan } from "./plan.ts";
import { anOllama, filesAfter, type Files, planOf, planWith, sets } from "./testing/plan-of.ts";

const DROP_IN = "/etc/systemd/system/ollama.service.d/zz-portlock.conf";
const OVERRIDE = "/etc/systemd/system/ollama.service.d/override.conf";
const OWN_FILE = "/etc/portlock/system-ollama.service.env";
const HEADER = "# Written by Portlock, which `portlock undo` takes back.\n";
const CLOSED = `${HEADER}[Service]\nEnvironment="OLLAMA_HOST=127.0.0.1:11434"\n`;
const OPEN = anOllama({ [OVERRIDE]: [sets("0.0.0.0")] });

/** Replaces something about the one unit. */
function withUnit(host: AHost, change: object, loaded: object = {}): AHost {
  const { units } = host.facts;
  assert.ok(units.ok);
  const value = units.value.map((unit) => ({
    ...unit,
    ...(unit.loaded.ok ? { loaded: read({ ...unit.loaded.value, ...loaded }, unit.loaded.from) } : {}),
    ...change,
  }));
  return host.with({ units: read(value, "systemctl show") });
}

function withEnvironmentFile(host: AHost, path: string, value: string, unit: string | null): AHost {
  const file: Facts["environmentFiles"][number] = {
    path,
    kind: unit === null ? "pam" : "unit",
    uid: null,
    unit: unit === null ? null : { name: unit, scope: "system", loaded: true },
    modifiedAt: null,
    assignments: read(
      [{ name: "OLLAMA_HOST", value, line: 1, exported: true, understood: true, text: `OLLAMA_HOST=${value}` }],
      path,
    ),
  };
  return host.with({ environmentFiles: [...host.facts.environmentFiles, file] });
}

test("the whole plan for an Ollama that a drop-in opened to everybody", () => {
  const plan = planOf(OPEN.facts);
  assert.deepEqual(plan.steps, [
    {
      kind: "set-unit",
      target: "ollama.service",
      server: "ollama-1",
      mends: ["open-bind"],
      folders: ["/etc/systemd/system", "/etc/systemd/system/ollama.service.d"],
      files: [{ path: DROP_IN, edit: { kind: "write", text: CLOSED, mode: 0o644 } }],
      modes: [],
      commands: [
        ["systemctl", "daemon-reload"],
        ["systemctl", "restart", "--", "ollama.service"],
      ],
      undo: {
        before: [],
        after: [
          ["systemctl", "daemon-reload"],
          ["systemctl", "reset-failed", "--", "ollama.service"],
          ["systemctl", "restart", "--", "ollama.service"],
        ],
      },
      expect: [
        { kind: "unit-active", unit: "ollama.service", scope: "system", uid: null },
        { kind: "listens-on-loopback-only", port: 11434 },
        { kind: "answers", address: "127.0.0.1", port: 11434 },
      ],
      remarks: [],
    },
  ]);
  assert.equal(plan.verdict, "exposed");
  assert.deepEqual(plan.leaves, []);
  assert.deepEqual(plan.interruptions, [{ server: "ollama-1", loadedModels: null, because: "restart" }]);
  assert.deepEqual(
    plan.claims.map(({ from, entry }) => `${from.vantage} ${entry.address}`),
    ["internet 192.168.1.10", "internet 2001:db8:1::10", "neighbour 192.168.1.10", "neighbour 2001:db8:1::10"],
  );
});

/** What the files of the host hold once the plan was done, of those that it touches. */
const FILES: readonly (readonly [
  what: string,
  host: AHost,
  choices: Partial<Choices>,
  before: Files,
  after: Readonly<Record<string, string | null>>,
])[] = [
  [
    "another drop-in sorts behind the usual name",
    anOllama({ "/etc/systemd/system/ollama.service.d/zz-portlock2.conf": [sets("0.0.0.0")] }),
    {},
    {},
    { "/etc/systemd/system/ollama.service.d/zzz-portlock.conf": CLOSED },
  ],
  [
    "it listens on another port",
    anOllama({}, { port: 8080, effective: ":8080" }),
    {},
    {},
    { [DROP_IN]: CLOSED.replace("11434", "8080") },
  ],
  [
    "it listens on an IPv6 address alone",
    anOllama({}, { address: "2001:db8:1::10", effective: "[2001:db8:1::10]" }),
    {},
    {},
    { [DROP_IN]: CLOSED.replace("127.0.0.1", "[::1]") },
  ],
  [
    "an earlier change of ours stays",
    anOllama({ [DROP_IN]: [] }),
    {},
    { [DROP_IN]: `${HEADER}[Service]\nNoNewPrivileges=yes\nEnvironment="OLLAMA_HOST=127.0.0.1:1"\n` },
    { [DROP_IN]: `${HEADER}[Service]\nNoNewPrivileges=yes\nEnvironment="OLLAMA_HOST=127.0.0.1:11434"\n` },
  ],
  [
    "a file that systemd lets win opens it",
    withEnvironmentFile(anOllama(), "/etc/default/ollama", "0.0.0.0", "ollama.service"),
    {},
    {},
    {
      [OWN_FILE]: `${HEADER}OLLAMA_HOST=127.0.0.1:11434\n`,
      [DROP_IN]: `${CLOSED}EnvironmentFile=${OWN_FILE}\n`,
    },
  ],
  [
    "until the next boot alone",
    OPEN,
    { method: "session" },
    {},
    { "/run/systemd/system/ollama.service.d/zz-portlock.conf": CLOSED },
  ],
  [
    "until the next boot, where a name of ours in /etc would hide it",
    anOllama({ [DROP_IN]: [sets("0.0.0.0")] }),
    { method: "session" },
    {},
    { "/run/systemd/system/ollama.service.d/zzz-portlock.conf": CLOSED },
  ],
  [
    "by /etc/environment",
    OPEN,
    { method: "environment" },
    { "/etc/environment": 'PATH="/usr/bin"\n# ours\nOLLAMA_HOST="0.0.0.0"\n' },
    {
      "/etc/environment": 'PATH="/usr/bin"\n# ours\nOLLAMA_HOST="127.0.0.1:11434"\n',
      [DROP_IN]: `${CLOSED}EnvironmentFile=-/etc/environment\n`,
    },
  ],
  [
    "by an /etc/environment that is not there",
    OPEN,
    { method: "environment" },
    {},
    {
      "/etc/environment": "OLLAMA_HOST=127.0.0.1:11434\n",
      [DROP_IN]: `${CLOSED}EnvironmentFile=-/etc/environment\n`,
    },
  ],
  [
    "every web page may call it, and a friend's",
    anOllama(
      {},
      { process: { environment: read({ OLLAMA_HOST: "0.0.0.0", OLLAMA_ORIGINS: "*,http://a.example" }, "x") } },
    ),
    { mends: ["origins"] },
    {},
    { [DROP_IN]: `${CLOSED}Environment="OLLAMA_ORIGINS=http://a.example"\n` },
  ],
  ["no cloud", OPEN, { mends: ["cloud"] }, {}, { [DROP_IN]: `${CLOSED}Environment="OLLAMA_NO_CLOUD=1"\n` }],
  [
    "the filter by addresses",
    OPEN,
    { ipFilter: true },
    {},
    { [DROP_IN]: `${CLOSED}IPAddressDeny=any\nIPAddressAllow=localhost\n` },
  ],
  [
    "what an earlier attempt left behind",
    OPEN,
    { mends: ["leftovers"] },
    { [OVERRIDE]: '[Service]\nEnvironment="OLLAMA_HOST=0.0.0.0"\nNice=5\n' },
    { [DROP_IN]: CLOSED, [OVERRIDE]: "[Service]\nNice=5\n" },
  ],
  [
    "a leftover that sets more than one thing stays",
    OPEN,
    { mends: ["leftovers"] },
    { [OVERRIDE]: '[Service]\nEnvironment="OLLAMA_HOST=0.0.0.0" "TOKEN=secret"\n' },
    { [DROP_IN]: CLOSED },
  ],
];

describe("what is written", () => {
  for (const [what, host, choices, before, after] of FILES) {
    test(what, () => assert.deepEqual(filesAfter(planOf(host.facts, choices, before), before), after));
  }
});

describe("a unit that says so already", () => {
  const waiting = { files: [read({ path: OVERRIDE, modifiedAt: "2026-11-21T00:00:00.000Z", lines: [] }, OVERRIDE)] };
  const declared = anOllama({ [OVERRIDE]: [sets("127.0.0.1")] });
  test("and was not loaded is only loaded and restarted", () => {
    const plan = planOf(withUnit(declared, {}, { needsDaemonReload: true }).facts);
    assert.deepEqual(filesAfter(plan), {});
    assert.equal(plan.steps[0]?.commands.length, 2);
  });
  test("in the file that the installer writes anew gets a drop-in all the same", () => {
    const inMain = anOllama({
      "/etc/systemd/system/ollama.service": [{ key: "ExecStart", value: "/usr/local/bin/ollama" }, sets("127.0.0.1")],
    });
    const plan = planOf(withUnit(inMain, {}, { needsDaemonReload: true }).facts);
    assert.deepEqual(filesAfter(plan), { [DROP_IN]: CLOSED });
  });
  test("on another port gets a drop-in, for its clients come to this one", () => {
    const other = anOllama({ [OVERRIDE]: [sets("127.0.0.1:9")] });
    assert.deepEqual(filesAfter(planOf(withUnit(other, {}, { needsDaemonReload: true }).facts)), { [DROP_IN]: CLOSED });
  });
  test("and that nobody can tell of gets one too", () => {
    assert.deepEqual(filesAfter(planOf(withUnit(declared, waiting).facts)), { [DROP_IN]: CLOSED });
  });
});

const BY_HAND = aHost().ollama("::", {
  process: {
    uid: 1000,
    user: "ada",
    cgroup: { kind: "session", uid: 1000 },
    environment: read({ OLLAMA_HOST: "0.0.0.0", OLLAMA_MODELS: "/srv/models" }, "/proc/812/environ"),
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
          [
            ...(BY_HAND.facts.processes.ok ? BY_HAND.facts.processes.value : []).map((process) => ({
              ...process,
              environment: read({ OLLAMA_HOST: "http://xxxxx:xxxxx@0.0.0.0:11434" }, "x"),
            })),
          ],
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
      [{ code: "unknown-runner" }],
    ],
    [
      "a scope",
      withUnit(anOllama({}, { process: { cgroup: { kind: "system-unit", unit: "ollama.scope" } } }), {
        name: "ollama.scope",
      }),
      {},
      [{ code: "unknown-runner" }],
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

test("a server by hand is restarted where that is asked for, as its user and with its settings", () => {
  const [step] = planOf(BY_HAND.facts, { restartProcess: true }).steps;
  const start = ["systemd-run", "--collect", "--quiet", "--unit=portlock-server-812", "--uid=1000"];
  const trying = ["--property=Restart=on-failure", "--property=RestartSec=3"];
  const rest = ["--setenv=OLLAMA_MODELS=/srv/models", "--", "/usr/local/bin/ollama", "serve"];
  assert.deepEqual(step?.commands, [
    ["kill", "-s", "TERM", "--", "812"],
    [...start, ...trying, "--setenv=OLLAMA_HOST=127.0.0.1:11434", ...rest],
  ]);
  assert.deepEqual(step.undo, {
    before: [["systemctl", "stop", "--", "portlock-server-812.service"]],
    after: [[...start, ...trying, "--setenv=OLLAMA_HOST=0.0.0.0", ...rest]],
  });
});

/** An Ollama on loopback, with nothing asked for. */
const LOCAL = aHost().ollama("127.0.0.1");

describe("nothing to do", () => {
  const cases: readonly (readonly [what: string, host: AHost])[] = [
    ["no server", aHost()],
    ["on loopback already", LOCAL],
  ];
  for (const [what, { facts }] of cases) {
    test(what, () => {
      const { steps, claims, interruptions, leaves } = planOf(facts);
      assert.deepEqual(
        { steps, claims, interruptions, leaves },
        { steps: [], claims: [], interruptions: [], leaves: [] },
      );
    });
  }
  test("what was sandboxed before is not restarted for it again", () => {
    const plan = planOf(LOCAL.facts, { sandbox: true });
    const files = Object.fromEntries(Object.entries(filesAfter(plan)).map(([path, text]) => [path, text ?? ""]));
    const again = withUnit(LOCAL, { files: [read({ path: DROP_IN, modifiedAt: null, lines: [] }, DROP_IN)] });
    assert.equal(plan.steps.length, 1);
    assert.deepEqual(planOf(again.facts, { sandbox: true }, files).steps, []);
  });
});

test("rights on the key and the models are taken only where a path is the server's own by its name", () => {
  const status = { kind: "file" as const, mode: 0o100644, uid: 998, gid: 998, sizeBytes: 1, modifiedAt: "x" };
  const folder = { ...status, kind: "directory" as const, mode: 0o40777 };
  const files = (key: string, models: string): AHost =>
    LOCAL.with({
      files: [
        { pid: 812, role: "key", path: key, status: read(status, key) },
        { pid: 812, role: "model-folder", path: models, status: read(folder, models) },
      ],
    });
  const own = planOf(files("/o/.ollama/id_ed25519", "/o/.ollama/models").facts, { mends: ["permissions"] });
  assert.deepEqual(
    own.steps.flatMap(({ modes }) => modes),
    [
      { path: "/o/.ollama/id_ed25519", from: 0o644, to: 0o600 },
      { path: "/o/.ollama/models", from: 0o777, to: 0o755 },
    ],
  );
  const other = planOf(files("/etc/shadow", "/tmp").facts, { mends: ["permissions"] });
  assert.deepEqual(other.steps, []);
  assert.deepEqual(
    other.leaves.map(({ rule, why }) => `${rule} ${why.code}`),
    ["key-file-readable owner-decides", "model-folder-writable owner-decides"],
  );
});

test("a user's service is changed where root may write without following that user's links, and says so", () => {
  const { units } = OPEN.facts;
  assert.ok(units.ok);
  const own = OPEN.with({
    processes: read(
      (OPEN.facts.processes.ok ? OPEN.facts.processes.value : []).map((process) => ({
        ...process,
        uid: 1000,
        user: "ada",
        cgroup: { kind: "user-unit" as const, unit: "ollama.service", uid: 1000 },
      })),
      "/proc",
    ),
    units: read(
      units.value.map((unit) => ({
        ...unit,
        scope: "user" as const,
        uid: 1000,
        loaded: { ok: false as const, why: "denied" as const, from: "systemctl --user" },
      })),
      "systemctl show",
    ),
  });
  const [step] = planOf(own.facts).steps;
  const path = "/etc/systemd/user/ollama.service.d/zz-portlock.conf";
  assert.deepEqual(step?.files, [{ path, edit: { kind: "write", text: CLOSED, mode: 0o644 } }]);
  assert.deepEqual(step.remarks, [{ code: "for-every-user", path }]);
  const asAda = ["runuser", "-u", "ada", "--", "env", "XDG_RUNTIME_DIR=/run/user/1000", "systemctl", "--user"];
  assert.deepEqual(step.commands, [
    [...asAda, "daemon-reload"],
    [...asAda, "restart", "--", "ollama.service"],
  ]);
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

test("loaded models are told where the server told them", () => {
  const replies = { ...ollamaReplies("0.24.0", "elsewhere"), "GET /api/ps": [200, '{"models":[{},{}]}'] as const };
  const plan: Plan = planOf(anOllama({}, { replies }).facts);
  assert.equal(plan.interruptions[0]?.loadedModels, 2);
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
