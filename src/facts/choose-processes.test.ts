import assert from "node:assert/strict";
import test from "node:test";
import { chooseProcesses, gatherPrograms } from "./choose-processes.ts";
import type { Listener } from "./sockets.ts";
import { WANTED } from "./wanted.fixture.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

function heldBy(pids: readonly number[], port = 80): Listener {
  const evidence = { from: "ss -H -tlnpe", text: "" };
  return {
    namespace: null,
    address: "0.0.0.0",
    port,
    dualStack: false,
    device: null,
    inode: 1,
    uid: 0,
    pids,
    evidence,
  };
}

test("programs are known by their path, also when they were replaced while they ran", async () => {
  const host = openWrittenHost({
    links: {
      "/proc/812/exe": "/usr/local/bin/ollama (deleted)",
      "/proc/self/exe": "/usr/bin/node",
      "/proc/9/exe": "/bin/sh",
    },
    denied: ["/proc/1/exe"],
  });
  const programs = await gatherPrograms(host);
  assert.deepEqual(
    [...programs.executableOf],
    [
      [812, "/usr/local/bin/ollama"],
      [9, "/bin/sh"],
    ],
  );
  assert.equal(programs.hidden, 1);
});

test("a model server is read although it listens nowhere, and before all holders of sockets", async () => {
  const programs = { executableOf: new Map([[900, "/usr/local/bin/ollama"]]), hidden: 0 };
  const listeners = [heldBy([5], 22), heldBy([7], 11_434), heldBy([5, 6])];
  const chosen = await chooseProcesses(openWrittenHost({}), listeners, programs, WANTED);
  assert.deepEqual(chosen, { pids: [900, 7, 5, 6], left: 0 });
});

test("on a host with thousands of holders the rest is counted, and the model server is still read", async () => {
  const programs = { executableOf: new Map([[9_000, "/usr/local/bin/ollama"]]), hidden: 0 };
  const listeners = Array.from({ length: 5_000 }, (_, index) => heldBy([index + 1]));
  const chosen = await chooseProcesses(openWrittenHost({}), listeners, programs, WANTED);
  assert.equal(chosen.pids.length, 128);
  assert.equal(chosen.pids[0], 9_000);
  assert.equal(chosen.left, 5_000 - 127);
});

test("without root, names and command lines tell who looks like a server", async () => {
  const host = openWrittenHost({
    files: {
      "/proc/812/comm": "ollama\n",
      "/proc/813/comm": "python3\n",
      "/proc/813/cmdline": "python3\0-m\0vllm\0",
      "/proc/814/comm": "bash\n",
    },
  });
  const wanted = {
    ports: [],
    looksLikeServer: (process: { name: string; arguments: readonly string[] }) =>
      process.name === "ollama" || process.arguments.includes("vllm"),
  };
  const chosen = await chooseProcesses(host, [], { executableOf: new Map(), hidden: 3 }, wanted);
  assert.deepEqual(chosen.pids, [812, 813]);
});
