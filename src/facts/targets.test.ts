import assert from "node:assert/strict";
import test from "node:test";
import type { Container } from "./containers.ts";
import type { Interface, Network } from "./interfaces.ts";
import type { Listener } from "./sockets.ts";
import { type AskingContext, toTargets } from "./targets.ts";

const OWN = "net:[1]";
const OTHER = "net:[2]";

function listener(address: string, port: number, more: Partial<Listener> = {}): Listener {
  const evidence = { from: "ss -H -tlnpe", text: "" };
  return {
    namespace: OWN,
    address,
    port,
    dualStack: false,
    device: null,
    inode: 1,
    uid: 0,
    pids: [],
    evidence,
    ...more,
  };
}

function link(name: string, kind: string | null, address: string): Interface {
  const addresses = [{ address, prefixLength: 24, scope: "global" }] as const;
  return { name, loopback: false, up: true, kind, master: null, addresses, routeLocalnet: false };
}

function network(namespace: string, own: boolean, links: readonly Interface[]): Network {
  const interfaces = { ok: true, value: links, from: "ip" } as const;
  const routes = { ok: true, value: [], from: "ip" } as const;
  const routing = { ipv4: routes, ipv6: routes };
  return { namespace, own, interfaces, routing, forwardsIpv4: null, forwardsIpv6: null };
}

const CONTEXT: AskingContext = {
  own: OWN,
  ports: [11_434, 8000],
  servers: new Set([812]),
  networks: [network(OWN, true, [link("docker0", "bridge", "172.17.0.1"), link("eth0", null, "192.0.2.2")])],
  containers: [],
  namespaceOf: new Map([[900, OTHER]]),
  asked: [],
};

const ADDRESSES: readonly (readonly [string, Listener, readonly string[]])[] = [
  ["every IPv4 address", listener("0.0.0.0", 80), ["127.0.0.1"]],
  ["every address of both families", listener("::", 80, { dualStack: true }), ["127.0.0.1"]],
  ["every IPv6 address", listener("::", 80), ["::1"]],
  ["every IPv6 address, and perhaps IPv4", listener("::", 80, { dualStack: null }), ["127.0.0.1", "::1"]],
  ["loopback", listener("127.0.0.53", 80), ["127.0.0.53"]],
  ["a LAN address", listener("192.0.2.2", 80), ["192.0.2.2"]],
  ["a link-local address", listener("fe80::1", 80, { device: "eth0" }), ["fe80::1%eth0"]],
  ["a link-local address of an unknown link", listener("fe80::1", 80), []],
  ["one network card only", listener("0.0.0.0", 80, { device: "eth0" }), ["192.0.2.2"]],
  ["one address of one network card", listener("192.0.2.2", 80, { device: "eth0" }), ["192.0.2.2"]],
  ["a network card that is not there", listener("0.0.0.0", 80, { device: "eth7" }), []],
];
for (const [what, heard, addresses] of ADDRESSES) {
  test(`a listener on ${what} is asked on ${addresses.join(" and ") || "no address"}`, () => {
    const { targets, unasked } = toTargets([heard], CONTEXT);
    assert.deepEqual(
      targets.map((target) => target.address),
      addresses,
    );
    assert.equal(unasked, addresses.length === 0 ? 1 : 0);
  });
}

test("model servers come first, then known ports, then others; other protocols never, save for a model server", () => {
  const { targets } = toTargets(
    [
      listener("0.0.0.0", 3000),
      listener("0.0.0.0", 22),
      listener("::", 8000),
      listener("0.0.0.0", 9100, { pids: [812] }),
    ],
    CONTEXT,
  );
  assert.deepEqual(
    targets.map(({ port }) => port),
    [9100, 8000, 3000],
  );
});

test("sockets that share an address are asked once", () => {
  const shared = [
    listener("0.0.0.0", 80, { inode: 1 }),
    listener("::", 80, { dualStack: true }),
    listener("0.0.0.0", 80),
  ];
  assert.equal(toTargets(shared, CONTEXT).targets.length, 1);
});

test("no more than 32 are asked, and the rest is counted", () => {
  const many = Array.from({ length: 20_000 }, (_, index) => listener("0.0.0.0", 30_000 + index));
  many.push(listener("0.0.0.0", 11_434));
  const { targets, unasked } = toTargets(many, CONTEXT);
  assert.equal(targets.length, 32);
  assert.equal(unasked, 20_001 - 32);
  assert.equal(targets[0]?.port, 11_434);
});

function container(address: string): Container {
  return {
    engine: "docker",
    engineVersion: null,
    id: "ab",
    name: "x",
    image: "x",
    pid: 900,
    networkMode: "bridge",
    user: "",
    networks: [{ name: "bridge", bridge: "docker0", address, ipv6Address: null, subnets: [], internal: false }],
    published: [],
    environment: {},
    compose: null,
  };
}

test("a listener in a container is asked on the container's address behind a bridge of this host", () => {
  const heard = [listener("::", 11_434, { namespace: OTHER, dualStack: null })];
  const { targets } = toTargets(heard, { ...CONTEXT, containers: [container("172.17.0.2")] });
  assert.deepEqual(targets, [{ address: "172.17.0.2", port: 11_434, namespace: OTHER, likely: true }]);
});

test("a listener on a container's card is asked on that card's address alone", () => {
  const inside = [link("eth0", "veth", "172.17.0.9"), link("eth1", "veth", "172.17.0.10")];
  const networks = [...CONTEXT.networks, network(OTHER, false, inside)];
  const heard = [listener("::", 11_434, { namespace: OTHER, dualStack: null, device: "eth1" })];
  const { targets } = toTargets(heard, { ...CONTEXT, networks });
  assert.deepEqual(
    targets.map(({ address }) => address),
    ["172.17.0.10"],
  );
});

test("an address that other machines could have is never asked in a container's stead", () => {
  const heard = [listener("0.0.0.0", 11_434, { namespace: OTHER })];
  for (const address of ["192.0.2.77", "10.0.2.100", "8.8.8.8"]) {
    const { targets, unasked } = toTargets(heard, { ...CONTEXT, containers: [container(address)] });
    assert.deepEqual(targets, []);
    assert.equal(unasked, 1);
  }
});

test("without an engine, the addresses of the namespace's own links are used", () => {
  const networks = [...CONTEXT.networks, network(OTHER, false, [link("eth0", "veth", "172.17.0.9")])];
  const heard = [
    listener("0.0.0.0", 11_434, { namespace: OTHER }),
    listener("127.0.0.1", 11_435, { namespace: OTHER }),
  ];
  const { targets, unasked } = toTargets(heard, { ...CONTEXT, networks });
  assert.deepEqual(targets, [{ address: "172.17.0.9", port: 11_434, namespace: OTHER, likely: true }]);
  assert.equal(unasked, 0);
});

test("whoever opens a hundred sockets hides nobody else's", () => {
  const flood = Array.from({ length: 100 }, (_, index) =>
    listener("0.0.0.0", 1024 + index, { uid: 1000, pids: [812] }),
  );
  const honest = listener("0.0.0.0", 11_434, { uid: 998, pids: [812] });
  const { targets, unasked } = toTargets([...flood, honest], CONTEXT);
  assert.deepEqual(
    targets.slice(0, 3).map(({ port }) => port),
    [1024, 11_434, 1025],
  );
  assert.equal(targets.length, 32);
  assert.equal(unasked, 69);
});

test("who is asked already stays chosen, and counts as asked", () => {
  const many = Array.from({ length: 40 }, (_, index) => listener("0.0.0.0", 30_000 + index));
  const first = toTargets(many, CONTEXT).targets;
  const server = listener("0.0.0.0", 60_000, { pids: [812] });
  const { targets, unasked } = toTargets([...many, server], { ...CONTEXT, asked: first });
  assert.equal(targets[0]?.port, 60_000);
  assert.deepEqual(new Set(targets.slice(1)), new Set(first));
  assert.equal(unasked, 8);
});
