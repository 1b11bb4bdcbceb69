import assert from "node:assert/strict";
import { test } from "node:test";
import type { FileStatus, HostReader } from "../host/host.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { takeProgram } from "./gateway-program.ts";

const NODE = "/usr/bin/node";
const MAIN = "/usr/lib/node_modules/portlock/dist/main.js";

/** Folders and files of root's that everybody reads, but for these. */
function aHost(others: Readonly<Record<string, Partial<FileStatus> | null>>): Pick<HostReader, "stat"> {
  return {
    stat: async (path) => {
      const other = others[path];
      if (other === null) return { ok: false, why: "absent", from: path };
      const isFile = path === NODE || path.endsWith(".js");
      const usual: FileStatus = {
        kind: isFile ? "file" : "directory",
        mode: 0o755,
        uid: 0,
        gid: 0,
        sizeBytes: 1,
        modifiedAt: "2026-11-22T10:00:00.000Z",
      };
      return { ok: true, value: { ...usual, ...other }, from: path };
    },
  };
}

const CASES: readonly (readonly [
  what: string,
  program: Partial<Session["program"]>,
  others: Readonly<Record<string, Partial<FileStatus> | null>>,
  trouble: readonly [path: string, why: string] | null,
])[] = [
  ["installed for everybody", {}, {}, null],
  ["a folder of the group root", {}, { "/usr/lib": { mode: 0o775 } }, null],
  ["a folder of another group", {}, { "/usr/lib": { mode: 0o775, gid: 50 } }, ["/usr/lib", "writable"]],
  ["a folder that everybody writes", {}, { "/usr": { mode: 0o777 } }, ["/usr", "writable"]],
  ["a program of a user's", {}, { [NODE]: { uid: 1000 } }, [NODE, "writable"]],
  ["a file for root alone", {}, { [MAIN]: { mode: 0o600 } }, [MAIN, "unreadable"]],
  [
    "a folder for root alone",
    {},
    { "/usr/lib/node_modules": { mode: 0o700 } },
    ["/usr/lib/node_modules", "unreadable"],
  ],
  ["a file that is gone", {}, { [MAIN]: null }, [MAIN, "unreadable"]],
  [
    "a checkout in a home",
    { main: "/home/alice/portlock/src/main.ts" },
    {},
    ["/home/alice/portlock/src/main.ts", "hidden"],
  ],
  ["a Node.js of root's own", { node: "/root/.nvm/node" }, {}, ["/root/.nvm/node", "hidden"]],
  ["a try in /tmp", { main: "/tmp/portlock/main.js" }, {}, ["/tmp/portlock/main.js", "hidden"]],
];

for (const [what, program, others, trouble] of CASES) {
  test(`as a service, ${what}: ${trouble === null ? "taken" : trouble[1]}`, async () => {
    const wanted = { node: NODE, main: MAIN, ...program };
    const taken = takeProgram({ program: wanted }, aHost(others));
    if (trouble === null) return assert.deepEqual(await taken, wanted);
    const [path, why] = trouble;
    return assert.rejects(taken, (error) => {
      assert.ok(error instanceof CommandError);
      assert.deepEqual(error.trouble, { code: "program-unfit", data: { path, why } });
      return true;
    });
  });
}
