import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { parseConnections } from "./connections.ts";

/** `ss -H -tn state established` of iproute2 6.1, and of 4.11, which sets no brackets. */
const PRINTED = `0      0                10.77.0.10:11434             10.77.0.20:50812
0      36        [::ffff:10.77.0.10]:11434    [::ffff:198.51.100.10]:40022
0      0      [2001:db8:77::10]:11434     [2001:db8:51::10]:40024
0      0      [fe80::77:10%eth0]:11434        [fe80::77:20]:40026
0      0      [fe80::77:10]%eth0:11434        [fe80::77:20]:40027
0      0      10.77.0.10%eth0:22   10.77.0.20:40028
0      0      ::ffff:10.77.0.10:11434               ::ffff:10.77.0.21:51730
`;

describe("established connections", () => {
  test("as ss prints them", () => {
    const { connections, unparsed } = parseConnections(PRINTED);
    assert.equal(unparsed, 0);
    assert.deepEqual(
      connections.map(({ local, remote }) =>
        [local.address, local.port, local.interface ?? "-", remote.address, remote.port].join(" "),
      ),
      [
        "10.77.0.10 11434 - 10.77.0.20 50812",
        "10.77.0.10 11434 - 198.51.100.10 40022",
        "2001:db8:77::10 11434 - 2001:db8:51::10 40024",
        "fe80::77:10 11434 eth0 fe80::77:20 40026",
        "fe80::77:10 11434 eth0 fe80::77:20 40027",
        "10.77.0.10 22 eth0 10.77.0.20 40028",
        "10.77.0.10 11434 - 10.77.0.21 51730",
      ],
    );
  });

  test("lines that are none are counted", () => {
    assert.deepEqual(parseConnections("Netid State\n\n0 0 *:* *:*\n0 0 10.0.0.1:99999 10.0.0.2:1\n"), {
      connections: [],
      unparsed: 3,
    });
  });

  test("random text does not throw", () => {
    fc.assert(fc.property(fc.string(), (text) => void parseConnections(text)));
  });
});
