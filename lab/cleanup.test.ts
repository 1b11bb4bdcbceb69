import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openLab } from "./lab.ts";
import { missingRequirement } from "./requirements.ts";

const skip = missingRequirement() ?? false;

/** Another test run: opens a lab with a host that has a systemd and a container, says so, and waits. */
const OTHER_RUN = `
  import { openLab } from ${JSON.stringify(join(import.meta.dirname, "lab.ts"))};
  const host = await openLab().host({ systemd: true, secondLan: true });
  await host.spawn(["sleep", "1000"]);
  await host.outsider.connect(host.addresses.eth0.ipv4, 1);
  console.log("ready");
  setInterval(() => {}, 1000);
`;

async function startOtherRun(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ["--input-type=module-typescript", "--eval", OTHER_RUN], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data");
  return child;
}

/** Everything on this machine that carries the name of a run: namespaces, folders, mounts, cgroups, processes. */
function listTraces(pid: number | undefined): readonly string[] {
  const prefix = `pl-${pid}-`;
  const places = [
    "/run/netns",
    "/var/lib/pl-lab",
    "/run/systemd/nspawn/propagate",
    "/sys/fs/cgroup",
    "/sys/fs/cgroup/unified",
    "/sys/fs/cgroup/systemd",
  ];
  const named = places.flatMap((place) => namesIn(place).map((name) => join(place, name)));
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const processes = namesIn("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((name) => `process ${name} ${commandLine(name)}`);
  return [...named, ...mounts, ...processes].filter((trace) => trace.includes(prefix));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

test("after close nothing is left", { skip }, async () => {
  const lab = openLab();
  const host = await lab.host({ systemd: true, secondLan: true });
  await host.spawn(["sleep", "1000"]);
  assert.notDeepEqual(listTraces(process.pid), []);
  lab.close();
  lab.close();
  assert.deepEqual(listTraces(process.pid), []);
});

test("an interrupted run removes what it made, and ends as interrupted", { skip }, async () => {
  const other = await startOtherRun();
  assert.notDeepEqual(listTraces(other.pid), []);
  other.kill("SIGINT");
  const [, signal] = await once(other, "exit");
  assert.equal(signal, "SIGINT");
  assert.deepEqual(listTraces(other.pid), []);
});

test("what a killed run left is removed by the next, and a run that is alive is left alone", { skip }, async () => {
  const lab = openLab();
  const host = await lab.host({ systemd: true });
  const other = await startOtherRun();
  other.kill("SIGKILL");
  await once(other, "exit");
  assert.notDeepEqual(listTraces(other.pid), []);

  const next = openLab();
  assert.deepEqual(listTraces(other.pid), []);
  assert.equal((await host.run(["systemctl", "is-system-running"])).stdout, "running\n");
  assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, 1)).kind, "refused");
  next.close();
  assert.equal((await host.neighbour.connect(host.addresses.eth0.ipv4, 1)).kind, "refused");
  lab.close();
  assert.deepEqual(listTraces(process.pid), []);
});
