import { DROP_IN, environment, INSTALLED, UNIT } from "../../../test/story.ts";
import type { Story } from "../../../test/story.ts";

/** What somebody did, and what comes of every place that claims a listen address. */
export type SettingStory = readonly [group: string, name: string, story: Story, expected: readonly string[]];

/** What people write for a service of the host, and what reaches it. */
export const SERVICE_STORIES: readonly SettingStory[] = [
  [
    "a service",
    "a drop-in, reloaded and restarted: it is in effect",
    {
      files: { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=0.0.0.0") },
      loaded: { environment: "OLLAMA_HOST=0.0.0.0" },
      running: "0.0.0.0",
    },
    [`0.0.0.0 @ ${DROP_IN}:2: yes in-effect`],
  ],
  [
    "a service",
    "written to /etc/environment and rebooted: the service never reads it",
    { files: { [UNIT]: INSTALLED, "/etc/environment": "OLLAMA_HOST=127.0.0.1\n" }, running: null },
    ["127.0.0.1 @ /etc/environment:1: no not-read-by-system-services"],
  ],
  [
    "a service",
    "exported in a shell profile, service restarted: the service never sees it",
    { files: { [UNIT]: INSTALLED, "/root/.bashrc": "export OLLAMA_HOST=127.0.0.1\n" }, running: null },
    ["127.0.0.1 @ /root/.bashrc:1: no shell-only"],
  ],
  [
    "a service",
    "set in a profile without export",
    { files: { [UNIT]: INSTALLED, "/etc/profile.d/ollama.sh": "OLLAMA_HOST=127.0.0.1\n" }, running: null },
    ["127.0.0.1 @ /etc/profile.d/ollama.sh:1: no not-exported"],
  ],
  [
    "a service",
    "environment.d is for user services",
    { files: { [UNIT]: INSTALLED, "/etc/environment.d/ollama.conf": "OLLAMA_HOST=127.0.0.1\n" }, running: null },
    ["127.0.0.1 @ /etc/environment.d/ollama.conf:1: no user-services-only"],
  ],
  [
    "a service",
    "a defaults file that no unit names",
    { files: { [UNIT]: INSTALLED, "/etc/default/ollama": "OLLAMA_HOST=127.0.0.1\n" }, running: null },
    ["127.0.0.1 @ /etc/default/ollama:1: no no-unit-names-this-file"],
  ],
  [
    "a service",
    "the defaults file wins over the drop-in",
    {
      files: {
        [UNIT]: `${INSTALLED}EnvironmentFile=-/etc/default/ollama\n`,
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
        "/etc/default/ollama": "OLLAMA_HOST=0.0.0.0\n",
      },
      loaded: {
        environment: "OLLAMA_HOST=127.0.0.1",
        more: "EnvironmentFiles=/etc/default/ollama (ignore_errors=yes)\n",
      },
      running: "0.0.0.0",
    },
    ["0.0.0.0 @ /etc/default/ollama:1: yes in-effect", `127.0.0.1 @ ${DROP_IN}:2: no overridden-by-environment-file`],
  ],
  [
    "a service",
    "`export` in a file that systemd reads",
    {
      files: {
        [UNIT]: `${INSTALLED}EnvironmentFile=/etc/default/ollama\n`,
        "/etc/default/ollama": "export OLLAMA_HOST=127.0.0.1\n",
      },
      loaded: { more: "EnvironmentFiles=/etc/default/ollama (ignore_errors=no)\n" },
      running: null,
    },
    ["127.0.0.1 @ /etc/default/ollama:1: no export-not-understood"],
  ],
  [
    "a service",
    "a unit that names /etc/environment itself",
    {
      files: { [UNIT]: `${INSTALLED}EnvironmentFile=/etc/environment\n`, "/etc/environment": "OLLAMA_HOST=0.0.0.0\n" },
      loaded: { more: "EnvironmentFiles=/etc/environment (ignore_errors=no)\n" },
      running: "0.0.0.0",
    },
    ["0.0.0.0 @ /etc/environment:1: yes in-effect"],
  ],
  [
    "a service",
    "with PAMName= the login environment does count",
    {
      files: { [UNIT]: `${INSTALLED}PAMName=login\n`, "/etc/environment": "OLLAMA_HOST=0.0.0.0\n" },
      running: "0.0.0.0",
    },
    ["0.0.0.0 @ /etc/environment:1: yes in-effect"],
  ],
  [
    "a service",
    "the manager's DefaultEnvironment= counts, until a unit says otherwise",
    {
      files: {
        [UNIT]: INSTALLED,
        "/etc/systemd/system.conf": "[Manager]\nDefaultEnvironment=OLLAMA_HOST=0.0.0.0\n",
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
      },
      loaded: { environment: "OLLAMA_HOST=127.0.0.1" },
      running: "127.0.0.1",
    },
    ["0.0.0.0 @ /etc/systemd/system.conf:2: no overridden-later", `127.0.0.1 @ ${DROP_IN}:2: yes in-effect`],
  ],
  [
    "a service",
    "a later drop-in wins over the one that closes the server",
    {
      files: {
        [UNIT]: INSTALLED,
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
        "/etc/systemd/system/ollama.service.d/zz-lan.conf": environment("OLLAMA_HOST=0.0.0.0"),
      },
      loaded: { environment: "OLLAMA_HOST=0.0.0.0" },
      running: "0.0.0.0",
    },
    [
      `127.0.0.1 @ ${DROP_IN}:2: no overridden-later`,
      "0.0.0.0 @ /etc/systemd/system/ollama.service.d/zz-lan.conf:2: yes in-effect",
    ],
  ],
  [
    "a service",
    "an empty Environment= takes back what stood before",
    {
      files: { [UNIT]: INSTALLED + "Environment=OLLAMA_HOST=0.0.0.0\n", [DROP_IN]: "[Service]\nEnvironment=\n" },
      running: null,
    },
    [`0.0.0.0 @ ${UNIT}:3: no overridden-later`],
  ],
  [
    "a service",
    "UnsetEnvironment= takes it away at last",
    {
      files: { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=0.0.0.0") + "UnsetEnvironment=OLLAMA_HOST\n" },
      loaded: { environment: "OLLAMA_HOST=0.0.0.0" },
      running: null,
    },
    [`0.0.0.0 @ ${DROP_IN}:2: no overridden-later`],
  ],
  [
    "a service",
    "a trailing comment that was applied",
    {
      files: { [UNIT]: INSTALLED, [DROP_IN]: environment('"OLLAMA_HOST=127.0.0.1:11434" # was OLLAMA_HOST=0.0.0.0') },
      loaded: { environment: "OLLAMA_HOST=0.0.0.0" },
      running: "0.0.0.0",
    },
    [`127.0.0.1:11434 @ ${DROP_IN}:2: no overridden-later`, `0.0.0.0 @ ${DROP_IN}:2: yes in-effect`],
  ],
  [
    "a service",
    "text above [Service], curly quotes, an open quote, an unknown escape: each named",
    {
      files: {
        [UNIT]: INSTALLED,
        [DROP_IN]:
          'Environment=OLLAMA_HOST=1\n[Service]\nEnvironment=“OLLAMA_HOST=2”\nEnvironment="OLLAMA_HOST=3\nEnvironment=OLLAMA_HOST=\\4\n[service]\nEnvironment=OLLAMA_HOST=5\n',
      },
      running: null,
    },
    [
      `1 @ ${DROP_IN}:1: no outside-service-section`,
      `2 @ ${DROP_IN}:3: no curly-quotes`,
      `3 @ ${DROP_IN}:4: no unbalanced-quotes`,
      `\\4 @ ${DROP_IN}:5: no unknown-escape`,
      `5 @ ${DROP_IN}:7: no outside-service-section`,
    ],
  ],
  [
    "changes that wait",
    "the drop-in was edited and daemon-reload forgotten: the old line is still in effect",
    {
      files: {
        [UNIT]: `${INSTALLED}Environment=OLLAMA_HOST=0.0.0.0\n`,
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
      },
      loaded: { environment: "OLLAMA_HOST=0.0.0.0", reload: true },
      running: "0.0.0.0",
    },
    [`0.0.0.0 @ ${UNIT}:3: yes in-effect`, `127.0.0.1 @ ${DROP_IN}:2: no daemon-reload-missing`],
  ],
  [
    "changes that wait",
    "the same, where the process cannot be read: what is not loaded cannot be in effect, the rest is unknown",
    {
      files: {
        [UNIT]: `${INSTALLED}Environment=OLLAMA_HOST=0.0.0.0\n`,
        [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1"),
      },
      loaded: { environment: "OLLAMA_HOST=0.0.0.0", reload: true },
    },
    [`0.0.0.0 @ ${UNIT}:3: ? effective-unread`, `127.0.0.1 @ ${DROP_IN}:2: no daemon-reload-missing`],
  ],
  [
    "changes that wait",
    "reloaded and never restarted",
    {
      files: { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") },
      loaded: { environment: "OLLAMA_HOST=127.0.0.1" },
      running: "0.0.0.0",
      startedBeforeTheFiles: true,
    },
    [`127.0.0.1 @ ${DROP_IN}:2: no restart-missing`],
  ],
  [
    "changes that wait",
    "the defaults file was edited and the service not restarted",
    {
      files: {
        [UNIT]: `${INSTALLED}EnvironmentFile=/etc/default/ollama\n`,
        "/etc/default/ollama": "OLLAMA_HOST=127.0.0.1\n",
      },
      loaded: { more: "EnvironmentFiles=/etc/default/ollama (ignore_errors=no)\n" },
      running: "0.0.0.0",
      startedBeforeTheFiles: true,
    },
    ["127.0.0.1 @ /etc/default/ollama:1: no restart-missing"],
  ],
  [
    "changes that wait",
    "EnvironmentFile= was added and daemon-reload forgotten",
    {
      files: {
        [UNIT]: `${INSTALLED}EnvironmentFile=/etc/default/ollama\n`,
        "/etc/default/ollama": "OLLAMA_HOST=127.0.0.1\n",
      },
      loaded: { reload: true },
      running: null,
    },
    ["127.0.0.1 @ /etc/default/ollama:1: no daemon-reload-missing"],
  ],
  [
    "changes that wait",
    "without the manager's word, times alone: edited after the start",
    {
      files: { [UNIT]: INSTALLED, [DROP_IN]: environment("OLLAMA_HOST=127.0.0.1") },
      loaded: null,
      running: null,
      startedBeforeTheFiles: true,
    },
    [`127.0.0.1 @ ${DROP_IN}:2: no restart-missing`],
  ],
];
