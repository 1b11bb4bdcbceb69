import assert from "node:assert/strict";
import test from "node:test";
import { gatherFacts } from "./gather.ts";
import { gatherListeners } from "./sockets.ts";
import { WANTED } from "./wanted.fixture.ts";
import { openWrittenHost } from "./written-host.fixture.ts";

const SS = "ss -H -tlnpe";
const HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const LOOPBACK_11434 = `${HEAD}   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 77 1 0 100 0 0 10 0\n`;
const OLLAMA = 'LISTEN 0 5 127.0.0.1:11434 0.0.0.0:* users:(("ollama",pid=812,fd=3)) uid:998 ino:77 sk:1 <->\n';
const OWN = { "/proc/self/ns/net": "net:[1]", "/proc/1/ns/net": "net:[1]", "/proc/812/ns/net": "net:[1]" };
const FOREIGN = { ...OWN, "/proc/900/ns/net": "net:[2]", "/proc/901/ns/net": "net:[2]" };
const INIT = { "/proc/1/stat": "1 (systemd) S 0" };

test("where ss is missing, the kernel's own tables tell who listens", async () => {
  const host = openWrittenHost({ files: { ...INIT, "/proc/net/tcp": LOOPBACK_11434 }, links: OWN });
  const { listeners } = await gatherListeners(host);
  assert.ok(listeners.ok);
  assert.deepEqual(
    listeners.value.map(({ namespace, address, port, inode, pids }) => ({ namespace, address, port, inode, pids })),
    [{ namespace: "net:[1]", address: "127.0.0.1", port: 11_434, inode: 77, pids: [] }],
  );
});

test("where ss says something that is no record, the tables are believed, completed by what ss knows", async () => {
  const commands = { [SS]: `${OLLAMA}Netid? State?\n` };
  const host = openWrittenHost({ files: { ...INIT, "/proc/net/tcp": LOOPBACK_11434 }, links: OWN, commands });
  const { listeners } = await gatherListeners(host);
  assert.deepEqual(listeners.ok && listeners.value.map(({ inode, pids }) => [inode, pids]), [[77, [812]]]);
  const alone = await gatherListeners(openWrittenHost({ files: INIT, links: OWN, commands }));
  assert.equal(alone.listeners.ok, false);
});

test("a socket in another network namespace is read with the process that holds it", async () => {
  const host = openWrittenHost({
    files: { ...INIT, "/proc/900/net/tcp": LOOPBACK_11434 },
    links: {
      ...FOREIGN,
      "/proc/901/fd/3": "socket:[77]",
      "/proc/901/fd/4": "socket:[78]",
      "/proc/900/fd/0": "/dev/null",
    },
    commands: { [SS]: "" },
  });
  const { listeners, unseen } = await gatherListeners(host);
  assert.deepEqual(listeners.ok && listeners.value.map(({ namespace, pids }) => [namespace, pids]), [
    ["net:[2]", [901]],
  ]);
  assert.deepEqual(unseen, { processes: 0, namespaces: [] });
});

test("a namespace whose sockets may not be read is named, not passed over", async () => {
  const denied = ["/proc/900/net/tcp", "/proc/901/net/tcp"];
  const { unseen } = await gatherListeners(
    openWrittenHost({ files: INIT, links: FOREIGN, denied, commands: { [SS]: "" } }),
  );
  assert.deepEqual(
    unseen.namespaces.map(({ namespace, why }) => [namespace, why]),
    [["net:[2]", "denied"]],
  );
});

test("without root, processes whose namespace is hidden are counted", async () => {
  const denied = ["/proc/1/ns/net", "/proc/7/ns/net"];
  const { unseen } = await gatherListeners(
    openWrittenHost({ files: INIT, links: OWN, denied, commands: { [SS]: OLLAMA } }),
  );
  assert.equal(unseen.processes, 2);
});

test("where /proc hides the processes of others, not even their number is known", async () => {
  const links = { "/proc/self/ns/net": "net:[1]" };
  const { unseen } = await gatherListeners(openWrittenHost({ links, commands: { [SS]: OLLAMA } }));
  assert.equal(unseen.processes, null);
});

test("a container that no engine knows makes its engine unread", async () => {
  const id = "0123456789abcdef".repeat(4);
  const host = openWrittenHost({
    files: { ...INIT, "/proc/812/stat": "812 (ollama) S 1", "/proc/812/cgroup": `0::/docker/${id}\n` },
    links: { ...OWN, "/proc/812/exe": "/usr/bin/ollama" },
    commands: { [SS]: OLLAMA },
  });
  const { containers } = await gatherFacts(host, WANTED, () => {});
  assert.ok(containers.ok);
  assert.deepEqual(
    containers.value.unread.map(({ engine, from }) => [engine, from]),
    [["docker", "/proc/812/cgroup"]],
  );
});

test("a host of which nothing can be read comes to failed readings, never to empty lists", async () => {
  const { identity, listeners, units, containers, firewall, networks, unseen } = await gatherFacts(
    openWrittenHost({}),
    WANTED,
    () => {},
  );
  for (const reading of [identity, listeners, units, containers, firewall]) assert.equal(reading.ok, false);
  assert.deepEqual(
    networks.map(({ interfaces, routing }) => [interfaces.ok, routing.ipv4.ok, routing.ipv6.ok]),
    [[false, false, false]],
  );
  assert.equal(unseen.processes, null);
});
