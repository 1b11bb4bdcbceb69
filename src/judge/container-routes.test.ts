import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container } from "../facts/containers.ts";
import { aHost, ollamaReplies, OWN, read, toTables, type AHost } from "./testing/a-host.ts";
import { routesOf, toText, verdictsOf } from "./testing/routes-as-text.ts";

const INSIDE = "net:[2]";
const BRIDGE = {
  name: "bridge",
  bridge: "docker0",
  address: "172.17.0.2",
  ipv6Address: null,
  subnets: ["172.17.0.0/16"],
  internal: false,
};
const ANSWERS = ollamaReplies("0.24.0", "elsewhere");

/** A host with Docker, and the official image in a container on its default network. */
function withContainer(more: Partial<Container>, inside = "::"): AHost {
  const name = more.name ?? "llm";
  const cgroup = { kind: "container", engine: "docker", id: name.padEnd(64, "0") } as const;
  return aHost()
    .link("eth0", ["192.168.1.10/24"])
    .link("docker0", ["172.17.0.1/16"], { kind: "bridge" })
    .network({ forwardsIpv4: true })
    .process(900, { namespace: INSIDE, cgroup, uid: 0, user: "root" })
    .listens(inside, 11434, { namespace: INSIDE, pids: [900], dualStack: inside === "::" })
    .container({ name, networks: [BRIDGE], ...more });
}

function published(hostAddress: string, hostPort = 11434): Container["published"][number] {
  return { hostAddress, hostPort, containerPort: 11434 };
}

function withProxy(host: AHost, address: string, askedAt = "127.0.0.1"): AHost {
  return host
    .process(700, {
      name: "docker-proxy",
      executable: "/usr/bin/docker-proxy",
      arguments: [],
      cgroup: { kind: "other", path: "/system.slice" },
    })
    .listens(address, 11434, { pids: [700] })
    .answers(askedAt, 11434, ANSWERS);
}

test("published on every address: a route by each interface, and the container's own address behind it", () => {
  const host = withProxy(withContainer({ published: [published("0.0.0.0")] }), "0.0.0.0");
  assert.deepEqual(routesOf(host).map(toText), [
    "internet eth0 172.17.0.2:11434 unknown: private-address",
    "internet eth0 192.168.1.10:11434 open",
    "neighbour eth0 172.17.0.2:11434 open",
    "neighbour eth0 192.168.1.10:11434 open",
    "container docker0 172.17.0.1:11434 open",
    "container docker0 172.17.0.2:11434 open",
    "host 127.0.0.1:11434 open",
    "host 172.17.0.2:11434 open",
    "browser 127.0.0.1:11434 open: check-off-on-this-address",
    "browser 172.17.0.2:11434 open: check-off-on-this-address",
  ]);
  assert.deepEqual(verdictsOf(host), ["ollama exposed"]);
});

test("published on 127.0.0.1 beside rules nobody judged yet: Docker before 28 rewrites a neighbour's packet for 127.0.0.1", () => {
  const rule = {
    engine: "nftables",
    family: "ip",
    table: "nat",
    evidence: { from: "nft -j list tables", text: "ip nat" },
  } as const;
  const host = withProxy(withContainer({ published: [published("127.0.0.1")] }), "127.0.0.1").with({
    firewall: read({ ruleSets: [rule], evidence: [] }, "nft -j list tables"),
  });
  const routes = routesOf(host).map(toText);
  assert.ok(routes.includes("internet eth0 127.0.0.1:11434 closed: loopback-only"), routes.join("\n"));
  const neighbour = "neighbour eth0 127.0.0.1:11434 unknown: not-judged-yet, destination-may-be-rewritten";
  assert.ok(routes.includes(neighbour), routes.join("\n"));
});

test("published on 127.0.0.1, on a host that forwards without a rule: the container's address stays reachable", () => {
  const host = withProxy(withContainer({ published: [published("127.0.0.1")] }), "127.0.0.1");
  const routes = routesOf(host).map(toText);
  assert.ok(routes.includes("neighbour eth0 127.0.0.1:11434 closed: loopback-only"));
  assert.ok(routes.includes("neighbour eth0 172.17.0.2:11434 open"));
  assert.deepEqual(verdictsOf(host), ["ollama exposed"]);
});

test("Docker's rules are loaded and not judged yet: only what was measured on the host is known", () => {
  const host = withProxy(withContainer({ published: [published("0.0.0.0")] }), "0.0.0.0").with({
    firewall: read(
      {
        ruleSets: [{ engine: "nftables", family: "ip", table: "nat", evidence: { from: "nft", text: "ip nat" } }],
        evidence: [],
      },
      "nft -j list tables",
    ),
  });
  const known = routesOf(host).filter((route) => route.verdict !== "unknown");
  assert.deepEqual(known.map(toText), [
    "host 127.0.0.1:11434 open",
    "browser 127.0.0.1:11434 open: check-off-on-this-address",
  ]);
});

test("a host that does not forward closes the container's address to everybody but its own network", () => {
  const host = withContainer({}).network({ forwardsIpv4: false });
  assert.deepEqual(routesOf(host.answers("172.17.0.2", 11434, ANSWERS, INSIDE)).map(toText), [
    "internet eth0 172.17.0.2:11434 closed: not-forwarded",
    "neighbour eth0 172.17.0.2:11434 closed: not-forwarded",
    "container docker0 172.17.0.2:11434 open",
    "host 172.17.0.2:11434 open",
    "browser 172.17.0.2:11434 open: check-off-on-this-address",
  ]);
});

test("whether the host forwards was not read", () => {
  const host = withContainer({}).network({ forwardsIpv4: null }).answers("172.17.0.2", 11434, ANSWERS, INSIDE);
  assert.equal(routesOf(host).map(toText)[1], "neighbour eth0 172.17.0.2:11434 unknown: sysctl-unread");
});

test("an internal network has no way back to others", () => {
  const host = withContainer({ networks: [{ ...BRIDGE, internal: true }] });
  assert.equal(
    routesOf(host.answers("172.17.0.2", 11434, ANSWERS, INSIDE)).map(toText)[1],
    "neighbour eth0 172.17.0.2:11434 closed: no-way-back",
  );
});

test("a server that listens on loopback inside its container is reached by no published port", () => {
  const host = withContainer({ published: [published("0.0.0.0")] }, "127.0.0.1");
  assert.deepEqual(verdictsOf(host), ["ollama local"]);
  assert.ok(routesOf(host).every((route) => route.verdict === "closed"));
});

test("the engine's own listener belongs to the server in the container", () => {
  const host = withProxy(withContainer({ published: [published("0.0.0.0")] }), "0.0.0.0");
  const [first] = routesOf(host).filter((route) => route.hops[0]?.kind === "published-port");
  assert.deepEqual(first?.hops, [
    { kind: "published-port", container: "llm", publishedOn: "0.0.0.0:11434", to: "172.17.0.2:11434" },
  ]);
  assert.equal(verdictsOf(host).length, 1);
});

test("without root the container's sockets are hidden, and its published port answers for it", () => {
  const bare = aHost()
    .link("eth0", ["192.168.1.10/24"])
    .container({ name: "llm", networks: [BRIDGE], published: [published("0.0.0.0")] })
    .listens("0.0.0.0", 11434, { uid: 0 })
    .answers("127.0.0.1", 11434, ANSWERS)
    .with({ unseen: { processes: 120, namespaces: [], holders: 0 } });
  assert.deepEqual(verdictsOf(bare), ["ollama exposed"]);
  assert.ok(routesOf(bare).map(toText).includes("neighbour eth0 192.168.1.10:11434 open"));
});

test("the engine could not be asked: what answers on its proxy is a server all the same", () => {
  const host = withProxy(aHost().link("eth0", ["192.168.1.10/24"]), "0.0.0.0").with({
    containers: { ok: false, why: "denied", from: "docker ps" },
  });
  assert.deepEqual(verdictsOf(host), ["ollama exposed"]);
});

test("a container on the host's own network is a server like any other", () => {
  const id = "llm".padEnd(64, "0");
  const host = aHost()
    .link("eth0", ["192.168.1.10/24"])
    .ollama("0.0.0.0", { process: { cgroup: { kind: "container", engine: "docker", id } } })
    .container({ name: "llm", networkMode: "host" });
  assert.deepEqual(
    routesOf(host).map((route) => route.hops[0]?.kind),
    ["direct", "direct", "direct", "direct"],
  );
});

test("a container with an address of its own on the network outside (macvlan): its filter was not read", () => {
  const lan = { ...BRIDGE, name: "lan", bridge: null, address: "192.168.1.77", subnets: ["192.168.1.0/24"] };
  const host = withContainer({ networks: [lan] });
  const inside = {
    namespace: INSIDE,
    own: false,
    interfaces: read(
      [
        {
          name: "eth0",
          loopback: false,
          up: true,
          kind: "macvlan",
          master: null,
          addresses: [{ address: "192.168.1.77", prefixLength: 24, scope: "global" as const }],
          routeLocalnet: null,
        },
      ],
      "nsenter",
    ),
    routing: toTables([]),
    forwardsIpv4: null,
    forwardsIpv6: null,
  };
  const routes = routesOf(host.with({ networks: [...host.facts.networks, inside] })).map(toText);
  assert.ok(routes.includes("neighbour eth0 192.168.1.77:11434 unknown: firewall-unread, authentication-unmeasured"));
});

test("a server in a network namespace of its own is reached by that namespace's links", () => {
  const inside = {
    namespace: INSIDE,
    own: false,
    interfaces: read(
      [
        {
          name: "veth0",
          loopback: false,
          up: true,
          kind: "veth",
          master: null,
          addresses: [{ address: "10.3.0.2", prefixLength: 24, scope: "global" as const }],
          routeLocalnet: null,
        },
      ],
      "nsenter",
    ),
    routing: toTables([]),
    forwardsIpv4: null,
    forwardsIpv6: null,
  };
  const host = aHost().process(900, { namespace: INSIDE });
  const networks = [...host.facts.networks, inside];
  const open = host.listens("0.0.0.0", 11434, { namespace: INSIDE, pids: [900] }).with({ networks });
  assert.deepEqual(routesOf(open).map(toText).slice(0, 2), [
    "internet 10.3.0.2:11434 closed: no-way-back",
    "neighbour veth0 10.3.0.2:11434 unknown: firewall-unread, authentication-unmeasured",
  ]);
  const closed = host.listens("127.0.0.1", 11434, { namespace: INSIDE, pids: [900] }).with({ networks });
  assert.deepEqual(routesOf(closed).map(toText), [
    "internet 127.0.0.1:11434 closed: no-way-back, loopback-only",
    "neighbour veth0 127.0.0.1:11434 closed: loopback-only",
    "host 127.0.0.1:11434 closed: other-namespace",
  ]);
  assert.notEqual(OWN, INSIDE);
});
