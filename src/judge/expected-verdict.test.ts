import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { expectVerdict } from "./expected-verdict.ts";
import { judge } from "./judge.ts";
import { readRecordedHost } from "../../test/recorded-host.ts";

/** The lab's addresses: 10.77.0.0/24 is the LAN, 198.51.100.10 somebody beyond its router. */
const CASES: readonly (readonly [scenario: string, source: string, address: string, port: number, expected: string])[] =
  [
    ["all-addresses", "10.77.0.20", "10.77.0.10", 11_434, "open"],
    ["all-addresses", "198.51.100.10", "10.77.0.10", 11_434, "open"],
    ["all-addresses", "2001:db8:51::10", "fd00:77::10", 11_434, "open"],
    ["all-addresses", "198.51.100.10", "10.77.0.10", 11_435, "closed"],
    ["loopback-ipv4", "10.77.0.20", "10.77.0.10", 11_434, "closed"],
    ["loopback-ipv4", "2001:db8:77::20", "2001:db8:77::10", 11_434, "closed"],
    ["ufw-active", "10.77.0.20", "10.77.0.10", 11_434, "closed"],
    ["ufw-for-the-lan", "10.77.0.20", "10.77.0.10", 11_434, "open"],
    ["ufw-for-the-lan", "198.51.100.10", "10.77.0.10", 11_434, "closed"],
    ["ufw-all-but-one", "10.77.0.20", "10.77.0.10", 11_434, "closed"],
    ["ufw-all-but-one", "10.77.0.21", "10.77.0.10", 11_434, "open"],
    ["another-address-let-in", "10.77.0.20", "10.77.0.10", 11_434, "closed"],
    ["another-address-let-in", "10.77.0.20", "10.77.0.11", 11_434, "open"],
    ["redirected-port", "10.77.0.20", "10.77.0.10", 8080, "open"],
    ["docker-published", "10.77.0.20", "10.77.0.10", 11_434, "open"],
    ["docker-published", "198.51.100.10", "10.77.0.10", 11_434, "open"],
    ["docker-published-loopback", "10.77.0.20", "10.77.0.10", 11_434, "closed"],
    ["ip-filter-without-effect", "10.77.0.20", "10.77.0.10", 11_434, "unknown"],
    ["server-with-a-key", "10.77.0.20", "10.77.0.10", 5000, "guarded"],
    ["open-audited-by-nobody", "10.77.0.20", "10.77.0.10", 11_434, "unknown"],
    ["ipv4-only", "198.51.100.10", "10.77.0.10", 11_434, "open"],
  ];

describe("a call is expected to be", () => {
  for (const [scenario, source, address, port, expected] of CASES) {
    test(`${expected} on ${scenario}, from ${source} to ${address} port ${port}`, () => {
      const facts = readRecordedHost(scenario);
      const routes = judge(facts).servers.flatMap((server) => server.routes);
      assert.equal(expectVerdict(facts, routes, { interface: null, source }, { address, port }), expected);
    });
  }
});
