import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ANN, DROP_IN, environment, INSTALLED, tell, UNIT } from "../../test/story.ts";
import type { Story } from "../../test/story.ts";
import { SERVICE_STORIES, type SettingStory } from "./testing/service-stories.ts";

/** `value @ file:line: reaches why` of every place that claims a listen address. */
async function declared(story: Story): Promise<readonly string[]> {
  const { settings } = await tell(story);
  const found = settings.find(({ name }) => name === "OLLAMA_HOST")?.declared ?? [];
  return found.map(({ value, file, line, reaches, why }) => {
    const place = line === null ? file : `${file}:${String(line)}`;
    return `${value} @ ${place}: ${reaches === null ? "?" : reaches ? "yes" : "no"} ${why}`;
  });
}

const STORIES: readonly SettingStory[] = [
  ...SERVICE_STORIES,
  [
    "what cannot be told",
    "the process could not be read",
    {
      files: {
        [UNIT]: INSTALLED,
        [DROP_IN]: environment("OLLAMA_HOST=0.0.0.0"),
        "/etc/environment": "OLLAMA_HOST=1\n",
      },
      loaded: { environment: "OLLAMA_HOST=0.0.0.0" },
    },
    ["1 @ /etc/environment:1: no not-read-by-system-services", `0.0.0.0 @ ${DROP_IN}:2: ? effective-unread`],
  ],
  [
    "what cannot be told",
    "the command sets its own value: no restart would help",
    {
      files: {
        [UNIT]:
          "[Service]\nExecStart=/usr/bin/env OLLAMA_HOST=0.0.0.0 ollama serve\nEnvironment=OLLAMA_HOST=127.0.0.1\n",
      },
      loaded: { environment: "OLLAMA_HOST=127.0.0.1" },
      running: "0.0.0.0",
    },
    [`127.0.0.1 @ ${UNIT}:3: no overridden-by-command`],
  ],
  [
    "what cannot be told",
    "a wrapper script between systemd and the server may set anything: a restart is not said to help",
    {
      files: { [UNIT]: "[Service]\nExecStart=/opt/start.sh\nEnvironment=OLLAMA_HOST=127.0.0.1\n" },
      loaded: { environment: "OLLAMA_HOST=127.0.0.1" },
      running: "0.0.0.0",
    },
    [`127.0.0.1 @ ${UNIT}:3: no cannot-tell`],
  ],
  [
    "what cannot be told",
    "the wrapper may even read the profile: the same value is not called a coincidence",
    {
      files: {
        [UNIT]: "[Service]\nExecStart=/bin/bash -lc 'ollama serve'\n",
        "/etc/profile.d/o.sh": "export OLLAMA_HOST=0.0.0.0\n",
      },
      running: "0.0.0.0",
    },
    ["0.0.0.0 @ /etc/profile.d/o.sh:1: ? cannot-tell"],
  ],
  [
    "what cannot be told",
    "a specifier means what the manager made of it",
    {
      files: { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=%H:1") },
      loaded: { environment: "OLLAMA_HOST=gpu-1:1" },
      running: "gpu-1:1",
    },
    [`%H:1 @ ${DROP_IN}:2: yes in-effect`],
  ],
  [
    "what cannot be told",
    "a file the unit reads is closed to this reader: it may be what the process goes by",
    {
      files: {
        [UNIT]: `${INSTALLED}EnvironmentFile=/etc/default/ollama\nEnvironment=OLLAMA_HOST=127.0.0.1\n`,
        "/etc/default/ollama": "",
      },
      loaded: {
        environment: "OLLAMA_HOST=127.0.0.1",
        more: "EnvironmentFiles=/etc/default/ollama (ignore_errors=no)\n",
      },
      running: "0.0.0.0",
      denied: ["/etc/default/ollama"],
    },
    [`127.0.0.1 @ ${UNIT}:4: no cannot-tell`],
  ],
  [
    "a server started by hand",
    "the unit's settings do not reach it, the profile of that person does",
    {
      files: {
        [UNIT]: INSTALLED,
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
        "/home/ann/.profile": "export OLLAMA_HOST=0.0.0.0\n",
        "/home/bob/.profile": "export OLLAMA_HOST=10.0.0.1\n",
      },
      running: "0.0.0.0",
      cgroup: ANN,
    },
    [
      "0.0.0.0 @ /home/ann/.profile:1: yes in-effect",
      "10.0.0.1 @ /home/bob/.profile:1: no server-started-otherwise",
      `127.0.0.1 @ ${DROP_IN}:2: no server-started-otherwise`,
    ],
  ],
  [
    "a server started by hand",
    "/etc/environment reaches it through the login",
    { files: { "/etc/environment": "OLLAMA_HOST=0.0.0.0\n" }, running: "0.0.0.0", cgroup: ANN },
    ["0.0.0.0 @ /etc/environment:1: yes in-effect"],
  ],
  [
    "a server started by hand",
    "the profile says what the process does not have",
    { files: { "/home/ann/.bashrc": "export OLLAMA_HOST=127.0.0.1\n" }, running: "0.0.0.0", cgroup: ANN },
    ["127.0.0.1 @ /home/ann/.bashrc:1: no server-started-otherwise"],
  ],
  [
    "a server started by hand",
    "a profile that computes the value",
    { files: { "/home/ann/.bashrc": "export OLLAMA_HOST=$(hostname -I):1\n" }, running: "10.0.0.5:1", cgroup: ANN },
    ["$(hostname -I):1 @ /home/ann/.bashrc:1: ? cannot-tell"],
  ],
  [
    "a user's service",
    "reads environment.d, and a drop-in wins over it",
    {
      files: {
        "/home/ann/.config/systemd/user/ollama.service": INSTALLED + "Environment=OLLAMA_HOST=127.0.0.1\n",
        "/home/ann/.config/environment.d/o.conf": "OLLAMA_HOST=0.0.0.0\n",
        "/home/ann/.bashrc": "export OLLAMA_HOST=1\n",
      },
      running: "127.0.0.1",
      cgroup: { kind: "user-unit", unit: "ollama.service", uid: 1000 },
    },
    [
      "1 @ /home/ann/.bashrc:1: no shell-only",
      "0.0.0.0 @ /home/ann/.config/environment.d/o.conf:1: no overridden-later",
      "127.0.0.1 @ /home/ann/.config/systemd/user/ollama.service:3: yes in-effect",
    ],
  ],
  [
    "a user's service",
    "environment.d in effect",
    {
      files: {
        "/home/ann/.config/systemd/user/ollama.service": INSTALLED,
        "/home/ann/.config/environment.d/o.conf": "OLLAMA_HOST=0.0.0.0\n",
      },
      running: "0.0.0.0",
      cgroup: { kind: "user-unit", unit: "ollama.service", uid: 1000 },
    },
    ["0.0.0.0 @ /home/ann/.config/environment.d/o.conf:1: yes in-effect"],
  ],
  [
    "a container",
    "has its own environment; the host's places do not count",
    {
      files: {
        "/etc/environment": "OLLAMA_HOST=127.0.0.1\n",
        [UNIT]: INSTALLED,
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
      },
      running: "0.0.0.0:11434",
      cgroup: { kind: "container", engine: "docker", id: "a".repeat(64) },
      container: { environment: { OLLAMA_HOST: "0.0.0.0:11434" } },
    },
    [
      "127.0.0.1 @ /etc/environment:1: no container-has-its-own",
      `127.0.0.1 @ ${DROP_IN}:2: no container-has-its-own`,
      "0.0.0.0:11434 @ docker inspect ollama: yes in-effect",
    ],
  ],
  [
    "a container",
    "its entry point sets another value",
    {
      files: {},
      running: "0.0.0.0",
      cgroup: { kind: "container", engine: "docker", id: "a".repeat(64) },
      container: { environment: { OLLAMA_HOST: "127.0.0.1" } },
    },
    ["127.0.0.1 @ docker inspect ollama: no overridden-by-command"],
  ],
];

for (const [group, stories] of Map.groupBy(STORIES, ([name]) => name)) {
  describe(group, () => {
    for (const [, name, story, expected] of stories) {
      test(name, async () => assert.deepEqual(await declared(story), expected));
    }
  });
}

test("no claim is ever said to reach a process that has another value", async () => {
  for (const [, name, story] of STORIES) {
    for (const running of ["0.0.0.0", "127.0.0.1", "elsewhere:1", null, undefined]) {
      const { running: _, ...rest } = story;
      const { settings } = await tell(running === undefined ? rest : { ...rest, running });
      for (const { effective, effectiveKnown, declared: claims } of settings.filter(
        (each) => each.name === "OLLAMA_HOST",
      )) {
        const reaching = claims.filter(({ reaches }) => reaches === true);
        assert.ok(effectiveKnown || reaching.length === 0, name);
        assert.ok(
          reaching.every(({ value }) => value === effective || value.includes("%")),
          name,
        );
      }
    }
  }
});

test("the listen address is always told, set or not; other settings only where somebody mentions them", async () => {
  const { settings } = await tell({ files: { [UNIT]: INSTALLED }, running: null });
  assert.deepEqual(settings, [
    { name: "OLLAMA_HOST", effective: null, effectiveKnown: true, listensOn: "127.0.0.1:11434", declared: [] },
  ]);
});

test("an environment that could not be read is not an unset variable", async () => {
  const { settings } = await tell({ files: { [UNIT]: INSTALLED } });
  assert.deepEqual(settings, [
    { name: "OLLAMA_HOST", effective: null, effectiveKnown: false, listensOn: null, declared: [] },
  ]);
});
