import assert from "node:assert/strict";
import { test } from "node:test";
import type { ControlGroup, Process } from "./processes.ts";
import { gatherUnits } from "./units.ts";
import { UNIT_PROPERTIES } from "./unit-show.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

const WANTED = { variables: ["OLLAMA_HOST"], wantsUnit: (name: string): boolean => name === "ollama.service" };
const MAIN = "[Service]\nExecStart=/usr/local/bin/ollama serve\n";
const SHOW = `systemctl show --no-pager --property=${UNIT_PROPERTIES} --`;

function processIn(cgroup: ControlGroup): Process {
  return {
    pid: 116,
    parentPid: 1,
    name: "ollama",
    executable: "/usr/local/bin/ollama",
    arguments: ["ollama", "serve"],
    uid: 999,
    user: "ollama",
    startedAt: "2026-11-22T20:58:27.100Z",
    namespace: null,
    cgroup,
    environment: { ok: true, value: {}, from: "/proc/116/environ" },
  };
}

test("a host without systemd has no units, and says so", async () => {
  const reading = await gatherUnits(openWrittenHost({}), WANTED, [], null);
  assert.deepEqual(reading, { ok: false, why: "absent", from: "/run/systemd/system" });
});

test("a unit nobody started is read because of its name, with the drop-ins in systemd's order", async () => {
  const host = openWrittenHost({
    files: {
      "/run/systemd/system/ollama.service.d/10.conf": "[Service]\nEnvironment=OLLAMA_HOST=1\n",
      "/etc/systemd/system/ollama.service": MAIN,
      "/etc/systemd/system/ollama.service.d/override.conf": "[Service]\nEnvironment=OLLAMA_HOST=2\n",
      "/etc/systemd/system/other.service": MAIN,
      "/usr/lib/systemd/system/service.d/10.conf": "[Service]\nEnvironment=OLLAMA_HOST=3\n",
    },
    commands: { [`${SHOW} ollama.service`]: "Id=ollama.service\nLoadState=loaded\nActiveState=failed\nMainPID=0\n" },
  });
  const reading = await gatherUnits(host, WANTED, [], null);
  assert.ok(reading.ok);
  assert.deepEqual(
    reading.value.map(({ name }) => name),
    ["ollama.service"],
  );
  assert.deepEqual(
    reading.value[0]?.files.map(({ from }) => from),
    [
      "/etc/systemd/system/ollama.service",
      "/run/systemd/system/ollama.service.d/10.conf",
      "/etc/systemd/system/ollama.service.d/override.conf",
    ],
  );
  assert.equal(reading.value[0]?.loaded.ok && reading.value[0].loaded.value.activeState, "failed");
});

test("the unit of a process is read under its real name, once, and started when its main process was", async () => {
  const host = openWrittenHost({
    files: { "/run/systemd/system/x": "", "/etc/systemd/system/ollama.service": MAIN },
    commands: {
      [`${SHOW} llm.service ollama.service`]:
        "Id=ollama.service\nNames=ollama.service llm.service\nLoadState=loaded\nMainPID=116\n\n" +
        "Id=ollama.service\nNames=ollama.service llm.service\nLoadState=loaded\nMainPID=116\n",
    },
  });
  const reading = await gatherUnits(host, WANTED, [processIn({ kind: "system-unit", unit: "llm.service" })], null);
  assert.ok(reading.ok);
  assert.equal(reading.value.length, 1);
  const [unit] = reading.value;
  assert.ok(unit?.loaded.ok);
  assert.equal(unit.loaded.value.startedAt, "2026-11-22T20:58:27.100Z");
});

const BUS = "Failed to connect to bus: Permission denied\n";
const UNREAD: readonly [name: string, output: { exitCode: number; stdout: string; stderr: string }, why: string][] = [
  ["the bus refuses", { exitCode: 1, stdout: "", stderr: BUS }, "denied"],
  ["the bus is not there", { exitCode: 1, stdout: "", stderr: "Failed to connect to bus: No such file" }, "failed"],
  ["the unit file is broken", { exitCode: 0, stdout: "Id=ollama.service\nLoadState=error\n", stderr: "" }, "unparsed"],
  [
    "the manager does not know it",
    { exitCode: 0, stdout: "Id=ollama.service\nLoadState=not-found\n", stderr: "" },
    "absent",
  ],
];
for (const [name, output, why] of UNREAD) {
  test(`files are still read where ${name}`, async () => {
    const host = openWrittenHost({
      files: { "/run/systemd/system/x": "", "/etc/systemd/system/ollama.service": MAIN },
      commands: { [`${SHOW} ollama.service`]: output },
    });
    const reading = await gatherUnits(host, WANTED, [], null);
    assert.ok(reading.ok);
    const [unit] = reading.value;
    assert.equal(unit?.loaded.ok === false && unit.loaded.why, why);
    assert.equal(unit?.files[0]?.from, "/etc/systemd/system/ollama.service");
  });
}

test("a load path that may not be read is never an empty list of units", async () => {
  const host = openWrittenHost({ files: { "/run/systemd/system/x": "" }, denied: ["/etc/systemd/system"] });
  const reading = await gatherUnits(host, WANTED, [], null);
  assert.deepEqual(reading, { ok: false, why: "denied", from: "/etc/systemd/system" });
});

test("a user's unit is read from the user's folders; what that manager loaded stays unknown", async () => {
  const host = openWrittenHost({
    files: {
      "/run/systemd/system/x": "",
      "/home/ann/.config/systemd/user/ollama.service": MAIN,
      "/home/ann/.config/systemd/user/ollama.service.d/a.conf": "[Service]\nEnvironment=OLLAMA_HOST=1\n",
    },
  });
  const process = processIn({ kind: "user-unit", unit: "ollama.service", uid: 1000 });
  const reading = await gatherUnits(host, WANTED, [process], {
    accounts: [{ uid: 1000, name: "ann", home: "/home/ann" }],
  });
  assert.ok(reading.ok);
  const [unit] = reading.value;
  assert.equal(unit?.uid, 1000);
  assert.equal(unit?.scope, "user");
  assert.equal(unit?.loaded.ok, false);
  assert.deepEqual(
    unit?.files.map(({ from }) => from),
    ["/home/ann/.config/systemd/user/ollama.service", "/home/ann/.config/systemd/user/ollama.service.d/a.conf"],
  );
});

test("a folder with more drop-ins than anybody writes is read in part, and the unread part is told", async () => {
  const folder = "/etc/systemd/system/ollama.service.d";
  const dropIns = Array.from({ length: 1_000 }, (_, index) => [
    `${folder}/${String(index).padStart(4, "0")}.conf`,
    `[Service]\nEnvironment=OLLAMA_HOST=${index}\n`,
  ]);
  const host = openWrittenHost({
    files: {
      "/run/systemd/system/x": "",
      "/etc/systemd/system/ollama.service": MAIN,
      ...Object.fromEntries(dropIns),
    },
  });
  const reading = await gatherUnits(host, WANTED, [], null);
  const files = reading.ok ? (reading.value[0]?.files ?? []) : [];
  assert.deepEqual(files.at(-1), {
    ok: false,
    why: "too-large",
    from: "ollama.service.d",
    detail: "872 more drop-ins",
  });
  const last = files.at(-2);
  assert.equal(last?.ok === true && last.value.path, `${folder}/0999.conf`);
  assert.equal(files.length, 1 + 128 + 1);
});

test("files of a user's unit that hold megabytes are read up to that user's share", async () => {
  const folder = "/etc/systemd/system/ollama.service.d";
  const dropIns = Array.from({ length: 100 }, (_, index) => [`${folder}/${100 + index}.conf`, "#".repeat(250_000)]);
  const host = openWrittenHost({
    files: { "/run/systemd/system/x": "", "/etc/systemd/system/ollama.service": MAIN, ...Object.fromEntries(dropIns) },
  });
  const reading = await gatherUnits(host, WANTED, [], null);
  const files = reading.ok ? (reading.value[0]?.files ?? []) : [];
  const read = files.filter(({ ok }) => ok).length;
  assert.ok(read >= 16 && read <= 64, `${read} files were read`);
  assert.ok(files.some((file) => !file.ok && file.why === "too-large"));
});
