/**
 * The walls between the rooms of src/, as data: oxlint.config.ts turns them into lint rules, and
 * lint/walls.test.ts plants each violation and sees it caught. See docs/architecture.md for the rooms.
 */
export interface Wall {
  /** Folder below src/. */
  readonly room: string;
  /** What an import may not name. A regular expression: glob groups silently miss `node:fs/promises`. */
  readonly forbids: string;
  /** True where types may pass, because only a value could act. */
  readonly typesMayPass?: boolean;
  readonly reason: string;
  /** A module that breaks the wall. */
  readonly violation: string;
}

const ROOMS = [
  "commands",
  "host",
  "facts",
  "servers",
  "firewall",
  "judge",
  "plan",
  "apply",
  "verify",
  "proxy",
  "report",
  "gateway",
  "demo",
] as const;
type Room = (typeof ROOMS)[number];

function siblings(...names: readonly Room[]): string {
  return `^(\\.\\./)+(${names.join("|")})/`;
}

function everySiblingBut(...names: readonly Room[]): string {
  return siblings(...ROOMS.filter((room) => !names.includes(room)));
}

const PURE_ROOMS = ["servers", "firewall", "judge", "plan", "proxy", "report"] as const;

/** Rooms a pure room may take values from, besides its own. */
const PURE_SOURCES: Readonly<Record<(typeof PURE_ROOMS)[number], readonly Room[]>> = {
  servers: [],
  firewall: [],
  judge: ["servers", "firewall"],
  plan: ["judge", "servers", "firewall", "proxy"],
  proxy: ["servers"],
  report: ["judge"],
};

export const WALLS: readonly Wall[] = [
  ...PURE_ROOMS.flatMap((room): Wall[] => [
    {
      room,
      forbids: "^node:",
      reason: `${room} is pure: the same input gives the same answer on a recorded host, in a browser, in a test`,
      violation: 'import { readFileSync } from "node:fs";\nexport const text = readFileSync("/etc/environment");\n',
    },
    {
      room,
      forbids: everySiblingBut(room, ...PURE_SOURCES[room]),
      typesMayPass: true,
      reason: `${room} sees other rooms' documents as types; a value from there could act on a host`,
      violation: 'import { openHost } from "../host/open-host.ts";\nexport const door = openHost;\n',
    },
  ]),
  {
    room: "host",
    forbids: everySiblingBut("host"),
    reason: "the door knows no model server and no rule",
    violation: 'import type { Server } from "../judge/server.ts";\nexport type Known = Server;\n',
  },
  {
    room: "facts",
    forbids: "^node:",
    reason: "facts reach a machine only through the door, so that SSH and this machine are one code path",
    violation: 'import { readFile } from "node:fs/promises";\nexport const read = readFile;\n',
  },
  {
    room: "facts",
    forbids: everySiblingBut("facts", "host"),
    reason: "facts are gathered without knowing a server kind or a rule; the catalogue is handed in as Wanted",
    violation: 'import type { ServerKind } from "../servers/server-kind.ts";\nexport type Kind = ServerKind;\n',
  },
  ...(["apply", "verify"] as const).flatMap((room): Wall[] => [
    {
      room,
      forbids: "^node:",
      reason: `${room} reaches a machine only through the door, so that SSH and this machine are one code path`,
      violation: 'import { writeFileSync } from "node:fs";\nexport const write = writeFileSync;\n',
    },
    {
      room,
      forbids: everySiblingBut("apply", "verify", "plan", "judge", "facts", "host"),
      typesMayPass: true,
      reason: `${room} does what the plan says and looks again with the facts and the judge; it decides nothing`,
      violation: 'import { findServer } from "../servers/catalogue.ts";\nexport const find = findServer;\n',
    },
  ]),
  {
    room: "commands",
    forbids: "^node:(net|tls|http|https|http2|dgram|dns|child_process|cluster|worker_threads)(/|$)",
    reason: "commands open no sockets and start no processes: the door does",
    violation: 'import { execFile } from "node:child_process";\nexport const run = execFile;\n',
  },
  {
    room: "gateway",
    forbids: everySiblingBut("gateway"),
    reason: "the gateway is a lodger: it could be its own package tomorrow",
    violation: 'import type { Facts } from "../facts/facts.ts";\nexport type Known = Facts;\n',
  },
];

/** Globals that would let a pure room see the clock, chance or the machine. */
export const IMPURE_GLOBALS = ["process", "fetch", "setTimeout", "setInterval", "crypto", "performance"] as const;
export const PURE: readonly string[] = [...PURE_ROOMS, "facts"];
