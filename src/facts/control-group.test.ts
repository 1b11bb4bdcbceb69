import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseControlGroup } from "./control-group.ts";
import type { ControlGroup } from "./processes.ts";

const ID = "0123456789abcdef".repeat(4);
const INNER = "fedcba9876543210".repeat(4);

const CASES: readonly (readonly [string, string, ControlGroup])[] = [
  ["a service on cgroup v2", "0::/system.slice/ollama.service\n", { kind: "system-unit", unit: "ollama.service" }],
  [
    "a service on the hybrid layout",
    "9:name=systemd:/system.slice/ollama.service\n8:pids:/system.slice/ollama.service\n4:memory:/\n0::/system.slice/ollama.service\n",
    { kind: "system-unit", unit: "ollama.service" },
  ],
  [
    "a service on cgroup v1, where the unified line is empty",
    "4:memory:/process_api/334de331\n1:name=systemd:/system.slice/ollama.service\n0::/\n",
    { kind: "system-unit", unit: "ollama.service" },
  ],
  [
    "a template in nested slices, escapes kept",
    "0::/ai.slice/ai-llm.slice/vllm@qwen\\x2d7b.service\n",
    { kind: "system-unit", unit: "vllm@qwen\\x2d7b.service" },
  ],
  [
    "a service with groups of its own below it",
    "0::/system.slice/ollama.service/workers\n",
    { kind: "system-unit", unit: "ollama.service" },
  ],
  ["systemd-run --scope", "0::/system.slice/run-r1f.scope\n", { kind: "system-unit", unit: "run-r1f.scope" }],
  [
    "a service of a user's own manager",
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/ollama.service\n",
    { kind: "user-unit", unit: "ollama.service", uid: 1000 },
  ],
  [
    "a terminal of a desktop",
    "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-1.scope\n",
    { kind: "session", uid: 1000 },
  ],
  ["a login by ssh", "0::/user.slice/user-1000.slice/session-3.scope\n", { kind: "session", uid: 1000 }],
  ["Docker, systemd driver", `0::/system.slice/docker-${ID}.scope\n`, { kind: "container", engine: "docker", id: ID }],
  ["Docker, cgroupfs driver", `4:memory:/docker/${ID}\n0::/\n`, { kind: "container", engine: "docker", id: ID }],
  [
    "Docker in Docker: the one the host's engine knows",
    `0::/docker/${ID}/docker/${INNER}\n`,
    { kind: "container", engine: "docker", id: ID },
  ],
  [
    "rootless Docker",
    `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope\n`,
    { kind: "container", engine: "docker", id: ID },
  ],
  [
    "Podman as root",
    `0::/machine.slice/libpod-${ID}.scope/container\n`,
    { kind: "container", engine: "podman", id: ID },
  ],
  [
    "Podman of a user",
    `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope\n`,
    { kind: "container", engine: "podman", id: ID },
  ],
  [
    "a Quadlet, whose container lives inside its service",
    `0::/system.slice/ollama.service/libpod-payload-${ID}\n`,
    { kind: "container", engine: "podman", id: ID },
  ],
  [
    "Podman's monitor, which is no container",
    `0::/machine.slice/libpod-conmon-${ID}.scope\n`,
    { kind: "system-unit", unit: `libpod-conmon-${ID}.scope` },
  ],
  [
    "Kubernetes with containerd",
    `0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/cri-containerd-${ID}.scope\n`,
    { kind: "container", engine: "other", id: ID },
  ],
  [
    "Kubernetes with CRI-O",
    `0::/kubepods.slice/kubepods-pod1.slice/crio-${ID}.scope\n`,
    { kind: "container", engine: "other", id: ID },
  ],
  [
    "Kubernetes, cgroupfs driver",
    `4:memory:/kubepods/burstable/pod2f/${ID}\n`,
    { kind: "container", engine: "other", id: ID },
  ],
  ["LXC", "0::/lxc.payload.llm/system.slice/ollama.service\n", { kind: "container", engine: "other", id: "llm" }],
  [
    "systemd-nspawn",
    "0::/machine.slice/machine-llm.scope/payload/system.slice/ollama.service\n",
    { kind: "container", engine: "other", id: "llm" },
  ],
  [
    "seen from inside a cgroup namespace",
    "0::/../../system.slice/ollama.service\n",
    { kind: "system-unit", unit: "ollama.service" },
  ],
  ["nothing but the root", "0::/\n", { kind: "other", path: "/" }],
  ["a group of nobody's", "0::/batch/job7\n", { kind: "other", path: "/batch/job7" }],
];
for (const [what, text, expected] of CASES) {
  test(`who started a process: ${what}`, () => assert.deepEqual(parseControlGroup(text), expected));
}

test("a text without any entry tells nothing", () => {
  assert.equal(parseControlGroup(""), null);
  assert.equal(parseControlGroup("0:\n::\nx"), null);
});

test("random paths never throw and stay short", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 2000 }), (text) => {
      parseControlGroup(text);
      const group = parseControlGroup(`0::/${text}`);
      if (group?.kind === "other") assert.ok(group.path.length <= 512);
    }),
  );
});
