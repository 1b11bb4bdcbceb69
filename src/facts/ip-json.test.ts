import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { parseAddresses, parseRoutes } from "./ip-json.ts";

// iproute2 6.1, shortened to the members that differ between links.
const ADDRESS = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"link_type":"loopback","addr_info":[{"family":"inet","local":"127.0.0.1","prefixlen":8,"scope":"host","label":"lo"},{"family":"inet6","local":"::1","prefixlen":128,"scope":"host"}]},{},{"ifindex":2,"link_index":5,"ifname":"eth0","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"link_netnsid":0,"linkinfo":{"info_kind":"veth","info_slave_kind":"bridge"},"master":"docker0","addr_info":[{"family":"inet","local":"10.99.1.2","prefixlen":24,"scope":"global","label":"eth0"},{"family":"inet6","local":"fe80::ac5e:3dff:fec7:7526","prefixlen":64,"scope":"link","tentative":true},{"family":"inet6","anycast":"2001:db8::","prefixlen":64}]},{"ifindex":6,"ifname":"docker0","flags":["BROADCAST","MULTICAST"],"linkinfo":{"info_kind":"bridge"},"addr_info":[]}]`;
const ROUTES = `[{"dst":"10.3.0.0/16","gateway":"10.99.1.1","dev":"eth0","table":"100","flags":[]},{"dst":"default","gateway":"10.99.1.1","dev":"eth0","flags":[]},{"type":"blackhole","dst":"10.1.0.0/16","flags":[]},{"dst":"10.2.0.0/16","flags":[],"nexthops":[{"gateway":"10.99.1.1","dev":"eth0","weight":1,"flags":[]},{"via":{"family":"inet6","host":"fe80::1"},"dev":"eth1","weight":1,"flags":[]}]},{"type":"unreachable","dst":"10.4.0.0/16","flags":[]},{"dst":"10.99.1.0/24","dev":"eth0","protocol":"kernel","scope":"link","prefsrc":"10.99.1.2","flags":[]},{"dst":"203.0.113.9","dev":"wg0","flags":[]},{"type":"local","dst":"10.99.1.2","dev":"eth0","table":"local","flags":[]}]`;

test("links, bridges and addresses are read from ip's JSON", () => {
  assert.deepEqual(parseAddresses(ADDRESS), [
    {
      name: "lo",
      loopback: true,
      up: true,
      kind: null,
      master: null,
      addresses: [
        { address: "127.0.0.1", prefixLength: 8, scope: "host" },
        { address: "::1", prefixLength: 128, scope: "host" },
      ],
      routeLocalnet: null,
    },
    {
      name: "eth0",
      loopback: false,
      up: true,
      kind: "veth",
      master: "docker0",
      addresses: [
        { address: "10.99.1.2", prefixLength: 24, scope: "global" },
        { address: "fe80::ac5e:3dff:fec7:7526", prefixLength: 64, scope: "link" },
      ],
      routeLocalnet: null,
    },
    { name: "docker0", loopback: false, up: false, kind: "bridge", master: null, addresses: [], routeLocalnet: null },
  ]);
});

test("only entries that lead off the host are routes, each next hop one", () => {
  assert.deepEqual(
    parseRoutes(ROUTES, 4)?.map((entry) => `${entry.destination} ${entry.gateway} ${entry.interface} ${entry.table}`),
    [
      "10.3.0.0/16 10.99.1.1 eth0 100",
      "0.0.0.0/0 10.99.1.1 eth0 main",
      "10.2.0.0/16 10.99.1.1 eth0 main",
      "10.2.0.0/16 fe80::1 eth1 main",
      "10.99.1.0/24 null eth0 main",
      "203.0.113.9/32 null wg0 main",
    ],
  );
  assert.equal(parseRoutes('[{"dst":"default","dev":"eth0"}]', 6)?.[0]?.destination, "::/0");
});

test("ip that lists nothing lists nothing; what is no JSON of ip is not read as nothing", () => {
  assert.deepEqual(parseRoutes("\n", 6), []);
  assert.equal(parseRoutes("BusyBox v1.36 multi-call binary", 4), null);
  assert.equal(parseRoutes("{}", 4), null);
  assert.equal(parseAddresses("[1]"), null);
});

test("random JSON and damaged output never throw", () => {
  fc.assert(
    fc.property(fc.json(), fc.nat({ max: ROUTES.length }), (json, at) => {
      parseAddresses(json);
      parseRoutes(json, 4);
      parseAddresses(ADDRESS.slice(0, at) + json + ADDRESS.slice(at));
      parseRoutes(ROUTES.slice(0, at), 6);
    }),
  );
});
