import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import {
  covers,
  isLinkLocalV6,
  isLoopback,
  isWildcard,
  overlaps,
  parseCidr,
  toCanonical,
  toFamily,
  toSubnet,
} from "./addresses.ts";

test("addresses are told apart by what they mean to the kernel", () => {
  const rows = [
    ["0.0.0.0", 4, { wildcard: true }],
    ["::", 6, { wildcard: true }],
    ["127.0.0.1", 4, { loopback: true }],
    ["127.9.9.9", 4, { loopback: true }],
    ["::1", 6, { loopback: true }],
    ["fe80::1%eth0", 6, { linkLocal: true }],
    ["169.254.0.1", 4, {}],
    ["192.168.1.10", 4, {}],
    ["127.1", null, {}],
    ["localhost", null, {}],
    ["", null, {}],
  ] as const;
  for (const [address, family, meaning] of rows) {
    assert.equal(toFamily(address), family, address);
    const seen = { wildcard: isWildcard(address), loopback: isLoopback(address), linkLocal: isLinkLocalV6(address) };
    assert.deepEqual(seen, { wildcard: false, loopback: false, linkLocal: false, ...meaning }, address);
  }
});

test("the network of an address", () => {
  assert.equal(toSubnet("192.168.1.10", 24), "192.168.1.0/24");
  assert.equal(toSubnet("10.77.130.9", 17), "10.77.128.0/17");
  assert.equal(toSubnet("10.0.0.5", 32), "10.0.0.5/32");
  assert.equal(toSubnet("10.0.0.5", 0), "0.0.0.0/0");
  assert.equal(toSubnet("2001:db8:1::10", 64), "2001:db8:1::/64");
  assert.equal(toSubnet("10.0.0.5", 33), null);
  assert.equal(toSubnet("10.0.0.5", -1), null);
  assert.equal(toSubnet("eth0", 24), null);
});

test("one network in another", () => {
  assert.ok(covers("10.0.0.0/8", "10.5.0.0/16"));
  assert.ok(!covers("10.5.0.0/16", "10.0.0.0/8"));
  assert.ok(overlaps("10.5.0.0/16", "10.0.0.0/8"));
  assert.ok(!overlaps("10.5.0.0/16", "10.6.0.0/16"));
  assert.ok(!overlaps("0.0.0.0/0", "::/0"));
  assert.ok(covers("::/0", "fe80::/10"));
});

test("what cannot be read as a network may be any, and holds none", () => {
  assert.ok(overlaps("any", "10.0.0.0/8"));
  assert.ok(!covers("any", "10.0.0.0/8"));
  assert.equal(parseCidr("10.0.0.0/x"), null);
});

test("no text makes it throw, and spelling an address twice changes nothing", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.integer(), (one, other, length) => {
      overlaps(one, other);
      covers(one, other);
      toSubnet(one, length);
      parseCidr(one);
      assert.equal(toCanonical(toCanonical(one)), toCanonical(one));
    }),
  );
  fc.assert(
    fc.property(fc.ipV4(), fc.integer({ min: 0, max: 32 }), (address, length) => {
      const network = toSubnet(address, length);
      assert.ok(network !== null && covers(network, `${address}/32`) && overlaps(network, `${address}/32`));
    }),
  );
});
