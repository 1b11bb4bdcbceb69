import type { Container } from "../src/facts/containers.ts";
import { gatherEnvironmentFiles } from "../src/facts/environment-files.ts";
import type { Facts } from "../src/facts/facts.ts";
import type { ControlGroup, Process } from "../src/facts/processes.ts";
import { UNIT_PROPERTIES } from "../src/facts/unit-show.ts";
import { gatherUnits } from "../src/facts/units.ts";
import { openWrittenHost } from "../src/facts/written-host.fixture.ts";
import type { WrittenHost } from "../src/facts/written-host.fixture.ts";
import { KINDS } from "../src/servers/catalogue.ts";
import { toRunBy } from "../src/judge/run-by.ts";
import type { RunBy, Setting } from "../src/judge/server.ts";
import { judgeSettings } from "../src/judge/settings.ts";
import { aHost } from "../src/judge/testing/a-host.ts";

/** What a user did to a host, in files and commands; the facts are read from it as from a real one. */
export interface Story {
  readonly files: Readonly<Record<string, string>>;
  /** What systemd has loaded; `null`: the manager could not be asked. */
  readonly loaded?: { readonly environment?: string; readonly reload?: boolean; readonly more?: string } | null;
  /** OLLAMA_HOST in the running process; null: not set; undefined: the environment could not be read. */
  readonly running?: string | null;
  readonly cgroup?: ControlGroup;
  /** The files of a written host are all of 2026-01-01; by default the process was started later. */
  readonly startedBeforeTheFiles?: boolean;
  readonly program?: string;
  readonly activeState?: string;
  /** Where the server listens; null: none runs. */
  readonly listens?: string | null;
  readonly container?: Partial<Container>;
  readonly denied?: WrittenHost["denied"];
}

/** What a story comes to. */
export interface Told {
  readonly facts: Facts;
  readonly process: Process;
  readonly runBy: RunBy;
  readonly settings: readonly Setting[];
}

export const UNIT = "/etc/systemd/system/ollama.service";
export const DROP_IN = "/etc/systemd/system/ollama.service.d/override.conf";
export const INSTALLED = "[Service]\nExecStart=/usr/local/bin/ollama serve\n";
const SERVICE: ControlGroup = { kind: "system-unit", unit: "ollama.service" };
export const ANN: ControlGroup = { kind: "session", uid: 1000 };
const VARIABLES = KINDS.find(({ id }) => id === "ollama")?.variables ?? [];
const ACCOUNTS = [
  { uid: 0, name: "root", home: "/root" },
  { uid: 1000, name: "ann", home: "/home/ann" },
  { uid: 1001, name: "bob", home: "/home/bob" },
];

/** A drop-in with these `Environment=` lines. */
export function environment(...assignments: readonly string[]): string {
  return `[Service]\n${assignments.map((assignment) => `Environment=${assignment}\n`).join("")}`;
}

/** The facts of such a host, read as from a real one, and the settings of the server on it. */
export async function tell(story: Story): Promise<Told> {
  const loaded = story.loaded === undefined ? {} : story.loaded;
  const show =
    `Id=ollama.service\nNames=ollama.service\nLoadState=loaded\nActiveState=${story.activeState ?? "active"}\nMainPID=812\n` +
    `NeedDaemonReload=${loaded?.reload === true ? "yes" : "no"}\nEnvironment=${loaded?.environment ?? ""}\n${loaded?.more ?? ""}`;
  const command = `systemctl show --no-pager --property=${UNIT_PROPERTIES} -- ollama.service`;
  const host = openWrittenHost({
    files: { "/run/systemd/system/x": "", ...story.files },
    denied: story.denied ?? [],
    commands: { [command]: loaded === null ? { exitCode: 1, stdout: "", stderr: "Permission denied" } : show },
  });
  const process: Process = {
    pid: 812,
    parentPid: 1,
    name: "ollama",
    executable: story.program ?? "/usr/local/bin/ollama",
    arguments: ["ollama", "serve"],
    uid: story.cgroup?.kind === "session" || story.cgroup?.kind === "user-unit" ? 1000 : 999,
    user: "ollama",
    startedAt: story.startedBeforeTheFiles === true ? "2025-12-31T00:00:00.000Z" : "2026-01-02T00:00:00.000Z",
    namespace: null,
    cgroup: story.cgroup ?? SERVICE,
    environment:
      story.running === undefined
        ? { ok: false, why: "denied", from: "/proc/812/environ" }
        : { ok: true, value: story.running === null ? {} : { OLLAMA_HOST: story.running }, from: "/proc/812/environ" },
  };
  const wanted = {
    looksLikeServer: () => true,
    variables: VARIABLES,
    defaultsFiles: ["ollama"],
    wantsUnit: (name: string) => name.startsWith("ollama"),
  };
  const identity = { accounts: ACCOUNTS };
  const units = await gatherUnits(host, wanted, [process], identity);
  const environmentFiles = await gatherEnvironmentFiles(host, wanted, units.ok ? units.value : [], identity, [process]);
  const plain = story.listens === null ? aHost() : aHost().ollama(story.listens ?? "127.0.0.1", { process });
  const made = story.container === undefined ? plain : aHost().container({ name: "ollama", ...story.container });
  const { facts } = made.with({ units, environmentFiles });
  const container = facts.containers.ok ? (facts.containers.value.containers[0] ?? null) : null;
  const server = {
    kind: "ollama",
    version: null,
    process,
    container,
    inOwnNamespace: true,
    listeners: [],
    publications: [],
    unjudged: 0,
    proxied: [],
    tunnelled: [],
    relayed: [],
  } as const;
  const runBy = toRunBy(process, container);
  return { facts, process, runBy, settings: judgeSettings(facts, server, runBy) };
}
