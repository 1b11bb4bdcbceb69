import assert from "node:assert/strict";
import test from "node:test";
import { gatherContainers } from "./containers.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

const DOCKER = "docker --host unix:///run/docker.sock";
const ANSWERS = {
  [`${DOCKER} version --format {{json .}}`]: '{"Server":{"Version":"28.2.2"}}',
  [`${DOCKER} ps --quiet --no-trunc`]: "",
  [`${DOCKER} network ls --quiet --no-trunc`]: "",
};
const ROOT = { readerUid: 0, programs: new Set(["dockerd"]), programsHidden: false };
const NOTHING_RUNS = { readerUid: 0, programs: new Set<string>(), programsHidden: false };

test("a host without an engine is asked nothing", async () => {
  const host = openWrittenHost({ files: { "/run/docker.sock": "" } });
  const containers = await gatherContainers(host, [], NOTHING_RUNS);
  assert.ok(!containers.ok);
  assert.equal(containers.why, "absent");
  assert.ok(!host.asked.some((line) => /^(docker|podman) /.test(line)), host.asked.join("\n"));
});

test("an engine without containers has none", async () => {
  const containers = await gatherContainers(openWrittenHost({ commands: ANSWERS }), [], ROOT);
  assert.deepEqual(containers.ok && containers.value, { containers: [], networks: [], unread: [] });
});

test("an engine whose client is missing is unread, not empty", async () => {
  const containers = await gatherContainers(openWrittenHost({}), [], ROOT);
  assert.ok(!containers.ok);
  assert.equal(containers.from, `${DOCKER} ps --quiet --no-trunc`);
});

test("without root, a socket of Docker that may not be opened is denied", async () => {
  const stderr = "permission denied while trying to connect to the Docker daemon socket at unix:///run/docker.sock\n";
  const refused = { exitCode: 1, stdout: "", stderr };
  const host = openWrittenHost({
    files: { "/run/docker.pid": "812", "/proc/812/comm": "dockerd\n" },
    commands: { ...ANSWERS, [`${DOCKER} ps --quiet --no-trunc`]: refused },
  });
  const containers = await gatherContainers(host, [], { readerUid: 1000, programs: new Set(), programsHidden: true });
  assert.ok(!containers.ok);
  assert.equal(containers.why, "denied");
});

test("without root, root's Podman is denied while Docker still tells", async () => {
  const host = openWrittenHost({ files: { "/run/libpod/alive": "" }, commands: ANSWERS });
  const containers = await gatherContainers(host, [], { ...ROOT, readerUid: 1000 });
  assert.ok(containers.ok);
  assert.deepEqual(
    containers.value.unread.map(({ engine, why }) => [engine, why]),
    [["podman", "denied"]],
  );
});
