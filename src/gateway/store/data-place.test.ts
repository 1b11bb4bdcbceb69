import assert from "node:assert/strict";
import { resolve } from "node:path";
import { test } from "node:test";
import { type DataSurroundings, readDataPlace } from "./data-place.ts";

const ALICE = { env: {}, isRoot: false, home: "/home/alice" };
const ROOT = { env: {}, isRoot: true, home: "/root" };

const FOLDERS: readonly (readonly [what: string, text: string | undefined, at: DataSurroundings, path: string])[] = [
  ["root's", undefined, ROOT, "/var/lib/portlock-gateway"],
  ["a user's", undefined, ALICE, "/home/alice/.local/share/portlock/gateway"],
  ["a user's elsewhere", undefined, { ...ALICE, env: { XDG_DATA_HOME: "/data" } }, "/data/portlock/gateway"],
  [
    "a user's whose variable is no path",
    undefined,
    { ...ALICE, env: { XDG_DATA_HOME: "data" } },
    "/home/alice/.local/share/portlock/gateway",
  ],
  ["a folder", "/srv/keys", ROOT, "/srv/keys"],
  ["a folder beside", "keys", ALICE, resolve("keys")],
];
for (const [what, text, at, path] of FOLDERS) {
  test(`keys are kept in ${what}`, () => {
    assert.deepEqual(readDataPlace(text, at), { ok: true, place: { kind: "folder", path } });
  });
}

for (const url of ["postgres://portlock@db.example:5433/keys?sslmode=verify-full", "postgresql:///keys?host=/run/pg"]) {
  test(`keys are kept in ${url}`, () => {
    const env = { PORTLOCK_PEPPER_FILE: "/etc/pepper" };
    assert.deepEqual(readDataPlace(url, { ...ROOT, env }), {
      ok: true,
      place: { kind: "postgres", url, pepperFile: "/etc/pepper", folder: "/var/lib/portlock-gateway" },
    });
  });
}

for (const [text, why] of [
  ["postgres://portlock:secret@db/keys", "password-in-url"],
  ["postgres://db/keys?user=a&password=secret", "password-in-url"],
  ["POSTGRES://portlock:secret@db/keys", "password-in-url"],
  ["postgres:keys", "not-understood"],
  ["postgres://[", "not-understood"],
  ["mysql://db/keys", "not-understood"],
  ["", "not-understood"],
] as const) {
  test(`${text || "nothing"} is refused: ${why}`, () => {
    assert.deepEqual(readDataPlace(text, ALICE), { ok: false, why });
  });
}
