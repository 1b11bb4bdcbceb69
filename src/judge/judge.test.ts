import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import type { Facts } from "../facts/facts.ts";
import type { Reading, Why } from "../host/host.ts";
import type { HostVerdict } from "../report/report.ts";
import { toFamily } from "./addresses.ts";
import { judge } from "./judge.ts";
import type { Route } from "./route.ts";
import { aHost, alwaysReplies, ollamaReplies, read, type AHost } from "./testing/a-host.ts";

const UNREAD = { ok: false, why: "denied", from: "/somewhere" } as const;
const LOCAL = aHost().ollama("127.0.0.1");

const VERDICTS: readonly (readonly [title: string, host: AHost, verdict: HostVerdict])[] = [
  ["nothing there, and everything seen", aHost(), "none"],
  ["one that keeps to itself", LOCAL, "local"],
  ["one that keeps to itself and one that does not", LOCAL.ollama("0.0.0.0", { pid: 900, port: 11_435 }), "exposed"],
  ["the sockets could not be read", aHost().with({ listeners: UNREAD }), "unknown"],
  ["the processes could not be read", aHost().with({ processes: UNREAD }), "unknown"],
  ["without root others may listen in a namespace of their own", LOCAL.with({ unseen: unseen(120) }), "unknown"],
  ["the processes of others are hidden", aHost().with({ unseen: unseen(null) }), "unknown"],
  [
    "a namespace could not be entered",
    aHost().with({ unseen: { ...unseen(0), namespaces: [namespace()] } }),
    "unknown",
  ],
  [
    "too many holders of sockets to look at all of them",
    aHost().with({ unseen: { ...unseen(0), holders: 3 } }),
    "unknown",
  ],
  ["too many listeners to ask all of them", LOCAL.with({ unasked: 4 }), "unknown"],
  ["what is exposed stays so, whatever was not seen", aHost().ollama("0.0.0.0").with({ unasked: 4 }), "exposed"],
  [
    "somebody unknown listens and stays silent",
    aHost().listens("0.0.0.0", 9000).answers("127.0.0.1", 9000, alwaysReplies("timeout")),
    "unknown",
  ],
  [
    "somebody known listens and stays silent: a name server",
    aHost()
      .process(53, { name: "systemd-resolve", executable: "/lib/systemd/systemd-resolved", arguments: [] })
      .listens("127.0.0.53", 53, { pids: [53] })
      .answers("127.0.0.53", 53, alwaysReplies("timeout")),
    "none",
  ],
  [
    "somebody unknown listens, and speaks something else than HTTP",
    aHost().listens("0.0.0.0", 22).answers("127.0.0.1", 22, alwaysReplies("not-http")),
    "none",
  ],
];

for (const [title, host, verdict] of VERDICTS) {
  test(`the host's verdict: ${title}`, () => assert.equal(judge(host.facts).verdict, verdict));
}

test("the machine is named as far as it could be read", () => {
  assert.deepEqual(judge(aHost().facts).host, {
    name: "gpu-1",
    os: "Debian GNU/Linux 12 (bookworm)",
    kernel: "6.1.0-18-amd64",
  });
  assert.deepEqual(judge(aHost().with({ identity: UNREAD }).facts).host, { name: "", os: null, kernel: null });
});

test("the same facts in another order give the same judgement", () => {
  const host = LOCAL.ollama("0.0.0.0", { pid: 900, port: 11_435 });
  const { listeners, processes } = host.facts;
  const turned = host.with({ listeners: reverse(listeners), processes: reverse(processes) });
  assert.deepEqual(judge(turned.facts), judge(host.facts));
});

test("20,000 listeners and 2,000 interfaces: one server, one route by each interface", () => {
  const links = Array.from({ length: 2000 }, (_, index) => ({
    name: `eth${index}`,
    loopback: false,
    up: true,
    kind: null,
    master: null,
    addresses: [{ address: `10.${index >> 8}.${index & 255}.1`, prefixLength: 24, scope: "global" as const }],
    routeLocalnet: false,
  }));
  const crowd = Array.from({ length: 20_000 }, (_, index) => ({
    namespace: null,
    address: `127.${1 + (index >> 14)}.0.1`,
    port: 20_000 + (index & 16_383),
    dualStack: false,
    device: null,
    inode: index,
    uid: 0,
    pids: [2],
    evidence: { from: "ss", text: "" },
  }));
  const host = aHost()
    .withoutGateways()
    .network({ interfaces: read(links, "ip") })
    .process(2, { name: "sshd", executable: "/usr/sbin/sshd", arguments: [] })
    .ollama("0.0.0.0");
  const own = host.facts.listeners.ok ? host.facts.listeners.value : [];
  const { servers } = judge(host.with({ listeners: read([...own, ...crowd], "ss") }).facts);
  assert.equal(servers.length, 1);
  assert.equal(servers[0]?.routes.filter((route) => route.from.vantage === "neighbour").length, 2000);
});

test("taking away an interface never opens a route", () => {
  fc.assert(
    fc.property(arbitraryHost(), fc.constantFrom("eth0", "eth1", "docker0"), (host, name) => {
      const before = openPlaces(host);
      for (const place of openPlaces(host.withoutLink(name))) assert.ok(before.has(place), place);
    }),
  );
});

test("binding to loopback instead of every address never opens a route", () => {
  fc.assert(
    fc.property(arbitraryLinks(), fc.constantFrom("0.0.0.0", "::"), (host, wildcard) => {
      const before = openPlaces(host.ollama(wildcard));
      for (const place of openPlaces(host.ollama("127.0.0.1"))) assert.ok(before.has(place), place);
    }),
  );
});

test("a fact that could not be read never makes an exposed or unknown host look safer", () => {
  fc.assert(
    fc.property(arbitraryHost(), fc.constantFrom(...FAILURES), arbitraryWhy(), (host, fail, why) => {
      const before = judge(host.facts).verdict;
      const after = judge(fail(host.facts, { ok: false, why, from: "/somewhere" })).verdict;
      if (before === "exposed" || before === "unknown") assert.ok(after === "exposed" || after === "unknown", after);
    }),
  );
});

test("no text in the facts makes it throw", () => {
  const text = fc.oneof(fc.string(), fc.constantFrom("::", "0.0.0.0", "127.0.0.1", "docker0", "ollama"));
  fc.assert(
    fc.property(text, text, text, fc.nat(70_000), (address, name, body, port) => {
      const host = aHost()
        .link(name, [`${address}/${body}`])
        .gateway(name, address, body)
        .process(5, { name, executable: body, arguments: [body] })
        .listens(address, port, { pids: [5], device: name })
        .answers(address, port, { "GET /": [200, "Ollama is running"], "GET /api/version": [200, body] })
        .container({ name, published: [{ hostAddress: address, hostPort: port, containerPort: port }] });
      judge(host.facts);
    }),
  );
});

type Failed = Extract<Reading<never>, { ok: false }>;

const FAILURES: readonly ((facts: Facts, failed: Failed) => Facts)[] = [
  (facts, failed) => ({ ...facts, identity: failed }),
  (facts, failed) => ({ ...facts, listeners: failed }),
  (facts, failed) => ({ ...facts, processes: failed }),
  (facts, failed) => ({ ...facts, units: failed }),
  (facts, failed) => ({ ...facts, containers: failed }),
  (facts, failed) => ({ ...facts, firewall: failed }),
  (facts, failed) => ({ ...facts, networks: facts.networks.map((each) => ({ ...each, interfaces: failed })) }),
  (facts, failed) => ({
    ...facts,
    networks: facts.networks.map((each) => ({ ...each, routing: { ipv4: failed, ipv6: failed } })),
  }),
  (facts) => ({ ...facts, networks: [] }),
  (facts, failed) => ({
    ...facts,
    units: facts.units.ok
      ? { ...facts.units, value: facts.units.value.map((unit) => ({ ...unit, loaded: failed })) }
      : facts.units,
  }),
  (facts, failed) => ({
    ...facts,
    processes: facts.processes.ok
      ? { ...facts.processes, value: facts.processes.value.map((each) => ({ ...each, environment: failed })) }
      : facts.processes,
  }),
  (facts) => ({ ...facts, answers: [], unasked: facts.answers.length }),
];

function arbitraryWhy(): fc.Arbitrary<Why> {
  return fc.constantFrom("absent", "denied", "timeout", "unparsed", "too-large", "failed");
}

/** Hosts that differ in what decides a route: links, ways beyond them, loopback handed in, rules. */
function arbitraryLinks(): fc.Arbitrary<AHost> {
  const option = fc.record({
    routeLocalnet: fc.constantFrom(true, false, null),
    second: fc.boolean(),
    up: fc.boolean(),
    bridge: fc.boolean(),
    gateways: fc.boolean(),
    firewall: fc.constantFrom("none", "rules", "unread"),
  });
  return option.map(({ routeLocalnet, second, up, bridge, gateways, firewall }) => {
    let host = gateways ? aHost() : aHost().withoutGateways();
    host = host.link("eth0", ["192.168.1.10/24", "2001:db8:1::10/64", "fe80::10/64"], { routeLocalnet });
    if (second) host = host.link("eth1", ["10.0.0.5/24"], { up, routeLocalnet });
    if (bridge) host = host.link("docker0", ["172.17.0.1/16"], { kind: "bridge" });
    const table = {
      engine: "nftables",
      family: "ip",
      table: "nat",
      evidence: { from: "nft", text: "ip nat" },
    } as const;
    if (firewall === "rules") return host.with({ firewall: read({ ruleSets: [table], evidence: [] }, "nft") });
    return firewall === "unread" ? host.with({ firewall: UNREAD }) : host;
  });
}

function arbitraryHost(): fc.Arbitrary<AHost> {
  const address = fc.constantFrom("0.0.0.0", "::", "127.0.0.1", "::1", "192.168.1.10", "10.0.0.5", "fe80::10");
  const contained = fc.constantFrom(null, "0.0.0.0", "127.0.0.1");
  return fc
    .tuple(arbitraryLinks(), address, contained)
    .map(([host, bind, published]) => (published === null ? host.ollama(bind) : withContainer(host, published)));
}

function withContainer(host: AHost, hostAddress: string): AHost {
  const networks = [
    {
      name: "bridge",
      bridge: "docker0",
      address: "172.17.0.2",
      ipv6Address: null,
      subnets: ["172.17.0.0/16"],
      internal: false,
    },
  ];
  const id = "llm".padEnd(64, "0");
  return host
    .network({ forwardsIpv4: true })
    .process(700, { name: "docker-proxy", executable: "/usr/bin/docker-proxy", cgroup: { kind: "other", path: "/" } })
    .process(900, { namespace: "net:[2]", cgroup: { kind: "container", engine: "docker", id } })
    .listens("::", 11_434, { namespace: "net:[2]", pids: [900] })
    .listens(hostAddress, 11_434, { pids: [700] })
    .answers("127.0.0.1", 11_434, ollamaReplies("0.24.0", "elsewhere"))
    .container({ name: "llm", networks, published: [{ hostAddress, hostPort: 11_434, containerPort: 11_434 }] });
}

function openPlaces({ facts }: AHost): Set<string> {
  const routes = judge(facts).servers.flatMap((server) => server.routes);
  return new Set(routes.filter((route) => route.verdict === "open").map(toPlace));
}

/** Who comes in, by which interface and family and kind of way. */
function toPlace({ from, entry, hops }: Route): string {
  return [from.vantage, from.interface, toFamily(entry.address), ...hops.map((hop) => hop.kind)].join(" ");
}

function reverse<T>(reading: Reading<readonly T[]>): Reading<readonly T[]> {
  return reading.ok ? { ...reading, value: reading.value.toReversed() } : reading;
}

function unseen(processes: number | null): Facts["unseen"] {
  return { processes, namespaces: [], holders: 0 };
}

function namespace(): Facts["unseen"]["namespaces"][number] {
  return { namespace: "net:[9]", why: "denied", from: "/proc/9/net/tcp" };
}
