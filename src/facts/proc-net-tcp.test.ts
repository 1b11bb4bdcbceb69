import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseProcNetTcp } from "./proc-net-tcp.ts";

const HEAD =
  "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const TCP6 = `${HEAD}   0: 0000000000000000FFFF00000100007F:53C0 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15454 1 00000000d7c640a5 100 0 0 10 0
   1: 00000000000000000000000001000000:53BF 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 15453 1 00000000ff297408 100 0 0 10 0
   2: 00000000000000000000000000000000:2CAA 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15455 1 00000000bcdb294f 100 0 0 10 0
   3: 000080FE00000000FF00FC00010000FE:2CAA 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15456 1 00000000bcdb294f 100 0 0 10 0
   4: B80D0120000000000000000001000000:2CAA B80D0120000000000000000001000000:1234 01 00000000:00000000 00:00000000 00000000     0        0 15457 1 00000000bcdb294f 100 0 0 10 0
`;
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0100007F:2CAA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 20111 1 0000000000000000 100 0 0 10 0                      
   1: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 0 1 0000000000000000 100 0 0 10 0                      
   2: 0100007F:2CAA 0100007F:9C40 01 00000000:00000000 00:00000000 00000000   998        0 20112 1 0000000000000000 20 4 30 10 -1                     
`;

test("listening sockets are read out of the kernel's IPv4 table, others left out", () => {
  assert.deepEqual(
    parseProcNetTcp(TCP, "/proc/812/net/tcp", null).map(({ address, port, inode, uid }) => ({
      address,
      port,
      inode,
      uid,
    })),
    [
      { address: "127.0.0.1", port: 11_434, inode: 20_111, uid: 998 },
      { address: "0.0.0.0", port: 22, inode: null, uid: 0 },
    ],
  );
});

test("IPv6 addresses are written short, mapped ones as IPv4, and `::` leaves dual stack open", () => {
  assert.deepEqual(
    parseProcNetTcp(TCP6, "/proc/net/tcp6", null).map(({ address, port, dualStack }) => [address, port, dualStack]),
    [
      ["127.0.0.1", 21_440, false],
      ["::1", 21_439, false],
      ["::", 11_434, null],
      ["fe80::fc:ff:fe00:1", 11_434, false],
    ],
  );
});

test("the evidence names file, line and entry", () => {
  assert.deepEqual(parseProcNetTcp(TCP, "/proc/812/net/tcp", null)[0]?.evidence, {
    from: "/proc/812/net/tcp",
    line: 2,
    text: "127.0.0.1:11434 (0: 0100007F:2CAA 00000000:0000 0A)",
  });
});

test("random and damaged tables never throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseProcNetTcp(text, "x", null)));
  fc.assert(
    fc.property(fc.nat({ max: TCP6.length }), fc.string({ maxLength: 12 }), (at, junk) => {
      parseProcNetTcp(TCP6.slice(0, at) + junk + TCP6.slice(at), "x", null);
    }),
  );
});
