import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parseSessions } from "./sessions.ts";

/** `ss -H -tn state established` of iproute2 6.1. */
const PRINTED = `0      0                10.77.0.10:11434             10.77.0.20:50812
0      36        [::ffff:10.77.0.10]:11434    [::ffff:198.51.100.10]:40022
0      0      [2001:db8:77::10]:11434     [2001:db8:51::10]:40024
0      0      [fe80::77:10%eth0]:11434        [fe80::77:20]:40026
0      0      10.77.0.10%eth0:22   10.77.0.20:40028
`;

describe("established connections", () => {
  test("as ss prints them", () => {
    assert.deepEqual(
      parseSessions(PRINTED).map(
        ({ local, remote }) => `${local.address} ${local.port} ${remote.address} ${remote.port}`,
      ),
      [
        "10.77.0.10 11434 10.77.0.20 50812",
        "10.77.0.10 11434 198.51.100.10 40022",
        "2001:db8:77::10 11434 2001:db8:51::10 40024",
        "fe80::77:10 11434 fe80::77:20 40026",
        "10.77.0.10 22 10.77.0.20 40028",
      ],
    );
  });
  test("lines that are none are passed over", () => {
    assert.deepEqual(parseSessions("Netid State\n\n0 0 *:* *:*\n0 0 10.0.0.1:99999 10.0.0.2:1\n"), []);
    fc.assert(fc.property(fc.string(), (text) => void parseSessions(text)));
  });
});
