import assert from "node:assert/strict";
import { test } from "node:test";
import { judge } from "./judge.ts";
import { aHost, alwaysReplies, ollamaReplies, type AHost } from "./testing/a-host.ts";

/** Each server as one line: kind, version, process, who runs it, sockets. */
function serversOf({ facts }: AHost): string[] {
  return judge(facts).servers.map(({ id, version, process, runBy, listeners }) => {
    const sockets = listeners.map(({ address, port }) => `${address}:${port}`).join(" ");
    return [id, version ?? "-", process?.pid ?? "-", runBy.kind, sockets].join(" ");
  });
}

const LOOPBACK = ollamaReplies("0.24.0", "loopback");
const RUNNER = { name: "ollama", arguments: ["/usr/local/bin/ollama", "runner", "--port", "40001"] };
const LLAMA_SERVER = { name: "llama-server", executable: "/usr/lib/ollama/llama-server", arguments: ["llama-server"] };
const BASH = { name: "bash", executable: "/usr/bin/bash", arguments: ["-bash"] };

const CASES: readonly (readonly [title: string, host: AHost, servers: readonly string[]])[] = [
  [
    "nothing that serves models",
    aHost()
      .process(700, BASH)
      .listens("0.0.0.0", 22, { pids: [700] }),
    [],
  ],
  ["the service", aHost().ollama("127.0.0.1"), ["ollama-1 0.24.0 812 systemd 127.0.0.1:11434"]],
  [
    "a renamed program that answers as Ollama is one",
    aHost()
      .process(5, { ...BASH, name: "svc", executable: "/opt/svc" })
      .listens("127.0.0.1", 9000, { pids: [5] })
      .answers("127.0.0.1", 9000, LOOPBACK),
    ["ollama-1 0.24.0 5 process 127.0.0.1:9000"],
  ],
  [
    "a web server on the port of Ollama is none",
    aHost()
      .process(5, { ...BASH, name: "nginx", executable: "/usr/sbin/nginx" })
      .listens("0.0.0.0", 11434, { pids: [5] })
      .answers("127.0.0.1", 11434, alwaysReplies([200, "<html>Welcome</html>"])),
    [],
  ],
  [
    "the runners of loaded models are no places of their server",
    aHost()
      .process(813, { ...RUNNER, parentPid: 812 })
      .listens("127.0.0.1", 40_001, { pids: [813] })
      .process(814, { ...LLAMA_SERVER, parentPid: 812 })
      .listens("127.0.0.1", 40_002, { pids: [814] })
      .ollama("0.0.0.0"),
    ["ollama-1 0.24.0 812 systemd 0.0.0.0:11434"],
  ],
  [
    "a runner that others reach, and a llama-server that somebody else started, are told",
    aHost()
      .ollama("127.0.0.1")
      .process(813, { ...RUNNER, parentPid: 812 })
      .listens("0.0.0.0", 40_001, { pids: [813] })
      .process(814, { ...LLAMA_SERVER, parentPid: 700 })
      .listens("127.0.0.1", 40_002, { pids: [814] }),
    ["llama-cpp-1 - 814 process 127.0.0.1:40002", "ollama-1 0.24.0 812 systemd 127.0.0.1:11434 0.0.0.0:40001"],
  ],
  [
    "two servers at once: the service and one started by hand",
    aHost()
      .ollama("127.0.0.1")
      .ollama("0.0.0.0", { pid: 4000, port: 11_435, process: { cgroup: { kind: "session", uid: 1000 } } }),
    ["ollama-1 0.24.0 812 systemd 127.0.0.1:11434", "ollama-2 0.24.0 4000 process 0.0.0.0:11435"],
  ],
  [
    "workers that inherited one socket are one server",
    aHost()
      .ollama("127.0.0.1")
      .process(813, { parentPid: 812 })
      .listens("127.0.0.1", 11_436, { pids: [812, 813] }),
    ["ollama-1 0.24.0 812 systemd 127.0.0.1:11434 127.0.0.1:11436"],
  ],
  [
    "systemd holds the sockets it activates services with, and is no server",
    aHost()
      .process(1, { ...BASH, name: "systemd", parentPid: 0 })
      .process(50, {})
      .listens("127.0.0.1", 11_434, { pids: [1, 50] })
      .answers("127.0.0.1", 11_434, LOOPBACK),
    ["ollama-1 0.24.0 50 process 127.0.0.1:11434"],
  ],
  [
    "the kernel hides the process, but one process of the socket's owner looks like it",
    aHost().process(812).listens("127.0.0.1", 11_434, { pids: [] }).answers("127.0.0.1", 11_434, LOOPBACK),
    ["ollama-1 0.24.0 812 process 127.0.0.1:11434"],
  ],
  [
    "two candidates for one socket: neither is named, and neither is forgotten",
    aHost().process(812).process(813).listens("127.0.0.1", 11_434, { pids: [] }).answers("127.0.0.1", 11_434, LOOPBACK),
    ["ollama-1 0.24.0 - unknown 127.0.0.1:11434", "ollama-2 - 812 process ", "ollama-3 - 813 process "],
  ],
  [
    "a process that looks like a server and surely listens nowhere is none",
    aHost()
      .process(812)
      .process(700, BASH)
      .listens("0.0.0.0", 22, { pids: [700] }),
    [],
  ],
  [
    "a process that looks like a server, whose sockets were not seen",
    aHost().process(812, { namespace: null }),
    ["ollama-1 - 812 process "],
  ],
  [
    "an endless chain of parents",
    aHost()
      .ollama("127.0.0.1", { process: { parentPid: 813 } })
      .process(813, { ...RUNNER, parentPid: 812 }),
    ["ollama-1 0.24.0 812 systemd 127.0.0.1:11434"],
  ],
];

for (const [title, host, servers] of CASES) {
  test(title, () => assert.deepEqual(serversOf(host), servers));
}

test("a socket that answers only on another listener's address is not taken for it", () => {
  const host = aHost()
    .ollama("127.0.0.1")
    .process(900, { ...BASH, name: "nginx" })
    .listens("0.0.0.0", 11_434, { pids: [900] });
  assert.deepEqual(serversOf(host), ["ollama-1 0.24.0 812 systemd 127.0.0.1:11434"]);
});
