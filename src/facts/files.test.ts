import assert from "node:assert/strict";
import { test } from "node:test";
import { gatherServerFiles } from "./files.ts";
import type { Process } from "./processes.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

const SERVER: Process = {
  pid: 812,
  parentPid: 1,
  name: "ollama",
  executable: "/usr/local/bin/ollama",
  arguments: ["ollama", "serve"],
  uid: 999,
  user: "ollama",
  startedAt: null,
  namespace: null,
  cgroup: null,
  environment: { ok: true, value: {}, from: "/proc/812/environ" },
};
const ACCOUNTS = { accounts: [{ uid: 999, name: "ollama", home: "/usr/share/ollama" }] };
const WANTED = {
  filesOf: (process: Process, home: string | null) =>
    process.name === "ollama" && home !== null ? [{ role: "key", path: `${home}/.ollama/id_ed25519` }] : [],
};
const KEY = "/usr/share/ollama/.ollama/id_ed25519";

test("a server's files are looked for in its account's home; other processes have none", async () => {
  const host = openWrittenHost({ files: { [KEY]: "" } });
  const files = await gatherServerFiles(host, WANTED, [SERVER, { ...SERVER, pid: 1, name: "nginx" }], ACCOUNTS);
  assert.deepEqual(
    files.map(({ pid, role, path, status }) => [pid, role, path, status.ok && status.value.mode]),
    [[812, "key", KEY, 0o644]],
  );
  assert.deepEqual(host.asked, [KEY]);
});

for (const [why, host] of [
  ["absent", openWrittenHost({})],
  ["denied", openWrittenHost({ denied: [KEY] })],
] as const) {
  test(`a file that is ${why} is a failed reading`, async () => {
    const [file] = await gatherServerFiles(host, WANTED, [SERVER], ACCOUNTS);
    assert.deepEqual(file?.status, { ok: false, why, from: KEY });
  });
}

test("without the list of accounts there is no home to look in", async () => {
  assert.deepEqual(await gatherServerFiles(openWrittenHost({}), WANTED, [SERVER], null), []);
});
