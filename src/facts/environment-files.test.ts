import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherEnvironmentFiles } from "./environment-files.ts";
import type { EnvironmentFile } from "./environment-files.ts";
import type { Process } from "./processes.ts";
import type { Unit, UnitLine } from "./units.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

const WANTED = {
  variables: ["OLLAMA_HOST"],
  defaultsFiles: ["ollama"],
  looksLikeServer: ({ name }: Pick<Process, "name">): boolean => name === "ollama",
};
const IDENTITY = {
  accounts: [
    { uid: 0, name: "root", home: "/root" },
    { uid: 1, name: "daemon", home: "/usr/sbin" },
    { uid: 1000, name: "ann", home: "/home/ann" },
    { uid: 65534, name: "nobody", home: "/nonexistent" },
  ],
};

function show(file: EnvironmentFile): string {
  const { path, kind, uid, assignments } = file;
  const owner = uid === null ? "" : ` of ${String(uid)}`;
  const content = assignments.ok ? assignments.value.map(({ value }) => value).join(",") : `unread: ${assignments.why}`;
  return `${kind}${owner} ${path} ${content}`;
}

function unitNaming(path: string, loaded: readonly string[] | null): Unit {
  const line: UnitLine = {
    line: 2,
    section: "Service",
    key: "EnvironmentFile",
    assignments: [],
    ignoredWords: [],
    fault: null,
    value: path,
    text: `EnvironmentFile=${path}`,
  };
  const file = { path: "/etc/systemd/system/ollama.service", modifiedAt: null, lines: [line] };
  return {
    name: "ollama.service",
    scope: "system",
    uid: null,
    loaded:
      loaded === null
        ? { ok: false, why: "denied", from: "systemctl show" }
        : {
            ok: true,
            from: "systemctl show",
            value: {
              activeState: "active",
              mainPid: 1,
              needsDaemonReload: false,
              mainFile: null,
              dropIns: [],
              environment: {},
              environmentFiles: loaded.map((name) => ({ path: name, optional: false })),
              user: null,
              enabled: null,
              startedAt: null,
              ipAddressDeny: [],
              ipAddressAllow: [],
            },
          },
    files: [{ ok: true, value: file, from: file.path }],
  };
}

test("every place people write a setting to, in its own dialect; what holds none is left out", async () => {
  const host = openWrittenHost({
    files: {
      "/etc/environment": 'OLLAMA_HOST="1" # c\n',
      "/etc/security/pam_env.conf": "OLLAMA_HOST DEFAULT=2\n",
      "/etc/systemd/system.conf": "[Manager]\nDefaultEnvironment=OLLAMA_HOST=3 KEY=hunter2\n",
      "/etc/systemd/system.conf.d/a.conf": "[Manager]\nDefaultEnvironment=OLLAMA_HOST=4\n",
      "/etc/environment.d/a.conf": "OLLAMA_HOST=5\n",
      "/usr/lib/environment.d/a.conf": "OLLAMA_HOST=hidden by the one in /etc\n",
      "/usr/lib/environment.d/99-environment.conf": "OLLAMA_HOST=1\n",
      "/etc/profile": "PATH=/bin\n",
      "/etc/profile.d/ollama.sh": "export OLLAMA_HOST=6\n",
      "/etc/profile.d/ollama.csh": "setenv OLLAMA_HOST 7\n",
      "/etc/default/ollama": "OLLAMA_HOST=8\n",
      "/root/.bashrc": "export OLLAMA_HOST=9\n",
      "/home/ann/.zshrc": "OLLAMA_HOST=10\n",
      "/home/ann/.config/environment.d/x.conf": "OLLAMA_HOST=11\n",
      "/home/ann/.config/fish/config.fish": "set -gx OLLAMA_HOST 12\n",
      "/home/ann/notes": "OLLAMA_HOST=13\n",
      "/usr/sbin/.profile": "OLLAMA_HOST=14\n",
    },
  });
  const files = await gatherEnvironmentFiles(host, WANTED, [], IDENTITY, []);
  assert.deepEqual(files.map(show), [
    'pam /etc/environment 1" ',
    "pam /etc/security/pam_env.conf 2",
    "manager /etc/systemd/system.conf 3",
    "defaults /etc/default/ollama 8",
    "environment.d /etc/environment.d/a.conf 5",
    "manager /etc/systemd/system.conf.d/a.conf 4",
    "shell /etc/profile.d/ollama.sh 6",
    "shell of 0 /root/.bashrc 9",
    "shell of 1000 /home/ann/.zshrc 10",
    "shell of 1000 /home/ann/.config/fish/config.fish 12",
    "environment.d of 1000 /home/ann/.config/environment.d/x.conf 11",
  ]);
  assert.doesNotMatch(JSON.stringify(files), /hunter2/);
});

function processOf(name: string, kind: "session" | "other"): Process {
  return {
    pid: 812,
    parentPid: 1,
    name,
    executable: null,
    arguments: [],
    uid: 1000,
    user: "ann",
    startedAt: null,
    namespace: null,
    cgroup: kind === "session" ? { kind, uid: 1000 } : { kind: "system-unit", unit: "ollama.service" },
    environment: { ok: true, value: {}, from: "/proc/812/environ" },
  };
}

const CLOSED: readonly [name: string, processes: Process[], expected: string[]][] = [
  ["of somebody who started a server", [processOf("ollama", "session")], ["shell of 1000 /home/ann unread: denied"]],
  ["of somebody who started something else", [processOf("nginx", "session")], []],
  ["of a service's account", [processOf("ollama", "other")], []],
  ["of people without a process", [], []],
];
for (const [name, processes, expected] of CLOSED) {
  test(`the closed home ${name}: ${expected.length > 0 ? "it is missing" : "nothing is missing"}`, async () => {
    const host = openWrittenHost({ denied: ["/root", "/home/ann", "/etc/default/ollama"] });
    const files = await gatherEnvironmentFiles(host, WANTED, [], IDENTITY, processes);
    assert.deepEqual(files.map(show), ["defaults /etc/default/ollama unread: denied", ...expected]);
  });
}

const NAMED: readonly [name: string, unit: Unit, expected: [string, boolean | null][]][] = [
  ["named and loaded", unitNaming("-/etc/default/ollama", ["/etc/default/ollama"]), [["/etc/default/ollama", true]]],
  ["named since the last daemon-reload", unitNaming("/etc/default/ollama", []), [["/etc/default/ollama", false]]],
  [
    "named, and the manager could not be asked",
    unitNaming("/etc/default/ollama", null),
    [["/etc/default/ollama", null]],
  ],
  ["a pattern", unitNaming("/etc/default/o*", ["/etc/default/o*"]), [["/etc/default/ollama", true]]],
  [
    "a specifier that only the manager resolves",
    unitNaming("/etc/default/%N", ["/etc/default/ollama"]),
    [["/etc/default/ollama", true]],
  ],
];
for (const [name, unit, expected] of NAMED) {
  test(`a defaults file ${name} is the unit's`, async () => {
    const host = openWrittenHost({
      files: { "/etc/default/ollama": "OLLAMA_HOST=1\n", "/etc/default/x": "OLLAMA_HOST=2\n" },
    });
    const files = await gatherEnvironmentFiles(host, WANTED, [unit], IDENTITY, []);
    assert.deepEqual(
      files.map(({ kind, path, unit: reader }) => [kind, path, reader?.loaded]),
      expected.map(([path, loaded]) => ["unit", path, loaded]),
    );
  });
}

test("a specifier nobody resolved is an unread file, not an absent one", async () => {
  const files = await gatherEnvironmentFiles(
    openWrittenHost({}),
    WANTED,
    [unitNaming("/etc/default/%N", null)],
    null,
    [],
  );
  assert.deepEqual(files.map(show), ["unit /etc/default/%N unread: unparsed"]);
});
