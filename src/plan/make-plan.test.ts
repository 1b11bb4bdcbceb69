/** What somebody wants who was told that a server is open, and the whole plan that comes of it. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { aHost, ollamaReplies, read, type AHost } from "../judge/testing/a-host.ts";
import type { Choices } from "./choices.ts";
import type { Plan } from "./plan.ts";
import { anOllama, filesAfter, type Files, planOf, sets, withEnvironmentFile, withUnit } from "./testing/plan-of.ts";

const DROP_IN = "/etc/systemd/system/ollama.service.d/zz-portlock.conf";
const OVERRIDE = "/etc/systemd/system/ollama.service.d/override.conf";
const OWN_FILE = "/etc/portlock/system-ollama.service.env";
const HEADER = "# Written by Portlock, which `portlock undo` takes back.\n";
const CLOSED = `${HEADER}[Service]\nEnvironment="OLLAMA_HOST=127.0.0.1:11434"\n`;
const OPEN = anOllama({ [OVERRIDE]: [sets("0.0.0.0")] });

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
    assert.deepEqual(plan.steps[0].remarks, [{ code: "stays-closed-after-undo" }]);
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

test("loaded models are told where the server told them", () => {
  const replies = { ...ollamaReplies("0.24.0", "elsewhere"), "GET /api/ps": [200, '{"models":[{},{}]}'] as const };
  const plan: Plan = planOf(anOllama({}, { replies }).facts);
  assert.equal(plan.interruptions[0]?.loadedModels, 2);
});
