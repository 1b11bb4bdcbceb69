import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseListenPlaces, parseSocketStatistics } from "./socket-statistics.ts";

// iproute2 6.1 on Debian 12, as root; the process calls itself `a"),("x",pid=1,` and ss cuts that name.
const DEBIAN_12 = `LISTEN 0      5               127.0.0.1:21434 0.0.0.0:* users:(("a"",pid=8873,fd=3),("a"",pid=8790,fd=3)) ino:15448 sk:1001 cgroup:/ <->           
LISTEN 0      5                 0.0.0.0:21437 0.0.0.0:* users:(("ollama",pid=8873,fd=6)) uid:998 ino:15451 sk:1002 cgroup:/system.slice/ollama.service <->           
LISTEN 0      5              0.0.0.0%lo:21438 0.0.0.0:* ino:15452 sk:1003 cgroup:/ <->           
LISTEN 0      5      [::ffff:127.0.0.1]:21440       *:* ino:15454 sk:1004 cgroup:/ v6only:0 <->  
LISTEN 0      5                   [::1]:21439    [::]:* ino:15453 sk:1005 cgroup:/ v6only:1 <->  
LISTEN 0      5                    *%lo:21441       *:* ino:15455 sk:1006 cgroup:/ v6only:0 <->
LISTEN 0      5                 [::]%lo:21442    [::]:* ino:15456 sk:1007 cgroup:/ v6only:1 <->
LISTEN 0      5                       *:21435       *:* ino:15449 sk:1008 cgroup:/ v6only:0 <->  
LISTEN 0      5                    [::]:21436    [::]:* ino:15450 sk:1009 cgroup:/ v6only:1 <->  
LISTEN 0      5      [fe80::1]%eth0:21443    [::]:* ino:15457 sk:100a cgroup:/ v6only:1 <->
`;

// iproute2 4.11 (CentOS 7): `*` is 0.0.0.0, IPv6 without brackets, no control group.
const CENTOS_7 = `LISTEN     0      128          *:22                       *:*                   users:(("sshd",pid=955,fd=3)) ino:17353 sk:ffff8b0d36f307c0 <->
LISTEN     0      100    127.0.0.1:25                       *:*                   users:(("master",pid=1183,fd=13)) ino:19014 sk:ffff8b0d36f30f80 <->
LISTEN     0      128         :::22                      :::*                   users:(("sshd",pid=955,fd=4)) ino:17362 sk:ffff8b0d35b58000 <->
LISTEN     0      100       ::1:25                      :::*                   users:(("master",pid=1183,fd=14)) ino:19015 sk:ffff8b0d35b58840 <->
`;

function summarize(text: string): readonly string[] {
  return parseSocketStatistics(text, null).listeners.map((listener) =>
    [listener.address, listener.port, listener.dualStack, listener.device, listener.pids.join("+")].join(" "),
  );
}

test("every way in which a socket can listen is told apart on iproute2 6", () => {
  assert.deepEqual(summarize(DEBIAN_12), [
    "127.0.0.1 21434 false  8790+8873",
    "0.0.0.0 21437 false  8873",
    "0.0.0.0 21438 false lo ",
    "127.0.0.1 21440 false  ",
    "::1 21439 false  ",
    ":: 21441 true lo ",
    ":: 21442 false lo ",
    ":: 21435 true  ",
    ":: 21436 false  ",
    "fe80::1 21443 false eth0 ",
  ]);
  assert.equal(parseSocketStatistics(DEBIAN_12, null).unparsed, 0);
});

test("inode, owner and the telling part of the line come along; a missing uid is root's", () => {
  const [first, second] = parseSocketStatistics(DEBIAN_12, null).listeners;
  assert.equal(first?.uid, 0);
  assert.equal(second?.uid, 998);
  assert.equal(second?.inode, 15_451);
  assert.deepEqual(second?.evidence, {
    from: "ss -H -tlnpe",
    text: 'LISTEN 0 5 0.0.0.0:21437 0.0.0.0:* users:(("ollama",pid=8873,fd=6)) uid:998 cgroup:/system.slice/ollama.service',
  });
});

test("the wildcard of an old ss is IPv4's, and its `::` may take IPv4 too", () => {
  assert.deepEqual(summarize(CENTOS_7), [
    "0.0.0.0 22 false  955",
    "127.0.0.1 25 false  1183",
    ":: 22   955",
    "::1 25 false  1183",
  ]);
});

test("a wildcard without a word on v6only is left to a connection", () => {
  const [listener] = parseSocketStatistics("LISTEN 0 128 *:11434 *:* ino:1 sk:1 <->\n", null).listeners;
  assert.equal(listener?.address, "::");
  assert.equal(listener?.dualStack, null);
});

const HOSTILE_NAMES = [
  'a",pid=1,fd=3',
  '",pid=1,fd=3',
  '"',
  "",
  "a b c",
  "\n\n\n",
  "a\nLISTEN 0 1 *:",
  "\nLISTEN 0 1 *:8",
  "\nLISTEN 1 1 :1",
  "x ino:1 uid:0",
  "\u001B[2J\u001B[31m",
  'users:(("a",pi',
];
for (const name of HOSTILE_NAMES) {
  test(`a process called ${JSON.stringify(name)} names itself and nobody else`, () => {
    const text = `LISTEN 0 5 127.0.0.1:11434 0.0.0.0:* users:(("${name}",pid=812,fd=3),("${name}",pid=813,fd=3)) uid:998 ino:77 sk:1 <->\nLISTEN 0 5 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=5,fd=3)) ino:78 sk:2 <->\n`;
    const { listeners, unparsed } = parseSocketStatistics(text, null);
    assert.deepEqual(
      listeners.map(({ address, port, pids, inode, uid }) => ({ address, port, pids, inode, uid })),
      [
        { address: "127.0.0.1", port: 11_434, pids: [812, 813], inode: 77, uid: 998 },
        { address: "0.0.0.0", port: 22, pids: [5], inode: 78, uid: 0 },
      ],
    );
    assert.equal(unparsed, 0);
  });
}

test("a control group named like a field of ss changes nothing", () => {
  const group = '/user.slice/x users:(("sshd",pid=1,fd=3)) ino:9 uid:0 v6only:1';
  const text = `LISTEN 0 5 *:11434 *:* uid:1000 ino:77 sk:1 cgroup:${group} v6only:0 <->\n`;
  const [listener] = parseSocketStatistics(text, null).listeners;
  assert.deepEqual(listener?.pids, []);
  assert.equal(listener?.inode, 77);
  assert.equal(listener?.uid, 1000);
  assert.equal(listener?.dualStack, true);
});

test("a list of holders that breaks off names nobody", () => {
  const text = 'LISTEN 0 5 *:11434 *:* users:(("ollama",pid=812,fd=3),("olla ino:77 sk:1 v6only:0 <->\n';
  assert.deepEqual(parseSocketStatistics(text, null).listeners[0]?.pids, []);
});

test("what is no record is counted, not passed over", () => {
  const { listeners, unparsed } = parseSocketStatistics(
    "Cannot open netlink socket\nLISTEN 0 5 nowhere:http *:*\n",
    null,
  );
  assert.deepEqual(listeners, []);
  assert.equal(unparsed, 2);
});

test("any name the kernel can hold leaves every record as it is", () => {
  const name = fc.string({ unit: "binary", maxLength: 15 }).map((text) => text.replaceAll(")", "").slice(0, 15));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, fc.nat({ max: 4_194_304 })), { minLength: 1, maxLength: 5 }), (holders) => {
      const users = holders.map(([name, pid]) => `("${name}",pid=${pid},fd=3)`).join(",");
      const text = `LISTEN 0 5 127.0.0.1:11434 0.0.0.0:* users:(${users}) uid:998 ino:77 sk:1 <->\nLISTEN 0 5 0.0.0.0:22 0.0.0.0:* ino:78 sk:2 <->\n`;
      const { listeners, unparsed } = parseSocketStatistics(text, null);
      assert.equal(unparsed, 0);
      assert.deepEqual(
        listeners.map((listener) => [listener.port, listener.inode]),
        [
          [11_434, 77],
          [22, 78],
        ],
      );
      const pids = [...new Set(holders.map(([, pid]) => pid))].toSorted((a, b) => a - b);
      assert.deepEqual(listeners[0]?.pids, pids);
    }),
  );
});

test("random and damaged text never throws", () => {
  const read = (text: string): void => {
    parseSocketStatistics(text, null);
    parseListenPlaces(text, null);
  };
  fc.assert(fc.property(fc.string({ unit: "binary" }), read));
  fc.assert(
    fc.property(fc.nat({ max: DEBIAN_12.length }), fc.string({ maxLength: 20 }), (at, junk) => {
      read(DEBIAN_12.slice(0, at) + junk + DEBIAN_12.slice(at));
      read(DEBIAN_12.slice(at));
    }),
  );
});
