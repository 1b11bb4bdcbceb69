import assert from "node:assert/strict";
import { test } from "node:test";
import type { Facts } from "../facts/facts.ts";
import { aHost, alwaysReplies, ollamaReplies, read, toTables, type AHost } from "./testing/a-host.ts";
import { BIND_CASES, TWO_LINKS, type RouteCase } from "./testing/bind-cases.ts";
import { routesOf, toText, verdictsOf } from "./testing/routes-as-text.ts";

const RULES: Facts["firewall"] = read(
  {
    ruleSets: [
      {
        engine: "nftables",
        family: "inet",
        table: "filter",
        evidence: { from: "nft -j list tables", text: "inet filter" },
      },
    ],
    evidence: [],
  },
  "nft -j list tables",
);
const DENIED = { ok: false, why: "denied", from: "nft -j list tables" } as const;
const IPV6_DEFAULT = {
  family: 6,
  destination: "::/0",
  gateway: "fe80::1",
  interface: "eth0",
  table: "main",
} as const;

const CASES: readonly RouteCase[] = [
  ...BIND_CASES,
  [
    "route_localnet hands loopback to neighbours, but no router carries it from the internet",
    aHost().link("eth0", ["192.168.1.10/24"], { routeLocalnet: true }).ollama("127.0.0.1"),
    "exposed",
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only",
      "neighbour eth0 127.0.0.1:11434 open: loopback-routed-in",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 closed: check-refuses, check-refuses",
    ],
  ],
  [
    "route_localnet beside rules nobody judged yet: one of them may send anybody's packets on to loopback",
    aHost().link("eth0", ["192.168.1.10/24"], { routeLocalnet: true }).ollama("127.0.0.1").with({ firewall: RULES }),
    "unknown",
    [
      "internet eth0 127.0.0.1:11434 unknown: not-judged-yet, destination-may-be-rewritten",
      "neighbour eth0 127.0.0.1:11434 unknown: not-judged-yet",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 closed: check-refuses, check-refuses",
    ],
  ],
  [
    "route_localnet could not be read",
    aHost().link("eth0", ["192.168.1.10/24"], { routeLocalnet: null }).ollama("127.0.0.1"),
    "unknown",
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only",
      "neighbour eth0 127.0.0.1:11434 unknown: sysctl-unread",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 closed: check-refuses, check-refuses",
    ],
  ],
  [
    "of several addresses the one that the internet can use is named, not the private one",
    aHost()
      .link("eth0", ["10.0.0.5/24", "203.0.113.5/24", "fd00:77::10/64", "2001:db8:77::10/64"])
      .gateway("eth0", "10.0.0.1")
      .gateway("eth0", "fe80::1", "::/0")
      .ollama("::"),
    "exposed",
    [
      "internet eth0 203.0.113.5:11434 open",
      "internet eth0 [2001:db8:77::10]:11434 open",
      "neighbour eth0 203.0.113.5:11434 open",
      "neighbour eth0 [2001:db8:77::10]:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "without a default route nobody beyond the link gets an answer",
    aHost().link("eth0", ["192.168.1.10/24"]).withoutGateways().ollama("0.0.0.0"),
    "exposed",
    [
      "internet 192.168.1.10:11434 closed: no-way-back",
      "neighbour eth0 192.168.1.10:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "a default route in a table that only a policy rule would use",
    aHost()
      .link("eth0", ["192.168.1.10/24"])
      .withoutGateways()
      .gateway("eth0", "192.168.1.1", "0.0.0.0/0", "100")
      .ollama("0.0.0.0"),
    "exposed",
    [
      "internet eth0 192.168.1.10:11434 unknown: routing-unread",
      "neighbour eth0 192.168.1.10:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "a host without any address is reached by nobody else",
    aHost().withoutLink("eth0").ollama("::"),
    "local",
    ["host 127.0.0.1:11434 open", "browser 127.0.0.1:11434 open: check-off-on-this-address"],
  ],
  [
    "rules are loaded: not judged yet, but they cannot open what the bind closes",
    aHost().with({ firewall: RULES }).ollama("127.0.0.1"),
    "local",
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only",
      "neighbour eth0 127.0.0.1:11434 closed: loopback-only",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 closed: check-refuses, check-refuses",
    ],
  ],
  [
    "rules are loaded, and the server listens on every address",
    aHost().with({ firewall: RULES }).ollama("0.0.0.0"),
    "unknown",
    [
      "internet eth0 192.168.1.10:11434 unknown: not-judged-yet",
      "neighbour eth0 192.168.1.10:11434 unknown: not-judged-yet",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "the rules could not be read",
    aHost().with({ firewall: DENIED }).ollama("0.0.0.0"),
    "unknown",
    [
      "internet eth0 192.168.1.10:11434 unknown: firewall-unread",
      "neighbour eth0 192.168.1.10:11434 unknown: firewall-unread",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "the interfaces could not be read",
    aHost()
      .network({ interfaces: { ok: false, why: "absent", from: "ip -j -d address" } })
      .ollama("0.0.0.0"),
    "unknown",
    [
      "internet 0.0.0.0:11434 unknown: routing-unread",
      "neighbour 0.0.0.0:11434 unknown: routing-unread",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "the IPv4 routing table could not be read: neighbours are known by the addresses, IPv6 is judged as ever",
    aHost()
      .network({
        routing: { ...toTables([IPV6_DEFAULT]), ipv4: { ok: false, why: "failed", from: "ip -j -4 route" } },
      })
      .ollama("::"),
    "exposed",
    [
      "internet 192.168.1.10:11434 unknown: routing-unread",
      "internet eth0 [2001:db8:1::10]:11434 open",
      "neighbour eth0 192.168.1.10:11434 open",
      "neighbour eth0 [2001:db8:1::10]:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "it listens, and never answers",
    aHost()
      .link("eth0", ["192.168.1.10/24"])
      .ollama("0.0.0.0", { replies: alwaysReplies("timeout") }),
    "unknown",
    [
      "internet eth0 192.168.1.10:11434 unknown: authentication-unmeasured",
      "neighbour eth0 192.168.1.10:11434 unknown: authentication-unmeasured",
      "host 127.0.0.1:11434 unknown: authentication-unmeasured",
      "browser 127.0.0.1:11434 unknown: authentication-unmeasured",
    ],
  ],
  [
    "a credential is demanded in front of it",
    aHost()
      .link("eth0", ["192.168.1.10/24"])
      .ollama("0.0.0.0", {
        replies: { ...ollamaReplies("0.24.0", "elsewhere"), "GET /api/tags": [401, ""] },
      }),
    "guarded",
    [
      "internet eth0 192.168.1.10:11434 guarded: demands-credential",
      "neighbour eth0 192.168.1.10:11434 guarded: demands-credential",
      "host 127.0.0.1:11434 guarded: demands-credential",
      "browser 127.0.0.1:11434 guarded: check-refuses, demands-credential",
    ],
  ],
  [
    "an Ollama from before the Host check, on loopback",
    aHost().ollama("127.0.0.1", { replies: ollamaReplies("0.1.28", "elsewhere") }),
    "local",
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only",
      "neighbour eth0 127.0.0.1:11434 closed: loopback-only",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-accepts",
    ],
  ],
  [
    "containers reach a server on the host by the bridge",
    aHost().link("eth0", ["192.168.1.10/24"]).link("docker0", ["172.17.0.1/16"], { kind: "bridge" }).ollama("0.0.0.0"),
    "exposed",
    [
      "internet eth0 192.168.1.10:11434 open",
      "neighbour eth0 192.168.1.10:11434 open",
      "container docker0 172.17.0.1:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
];

for (const [title, host, verdict, routes] of CASES) {
  test(title, () => {
    assert.deepEqual(routesOf(host).map(toText), routes);
    assert.deepEqual(verdictsOf(host), [`ollama ${verdict}`]);
  });
}

test("a unit's IP filter is unproven, whatever it says, but where it lets the sender in", () => {
  const filtered = withFilter(["::/0", "0.0.0.0/0"], ["127.0.0.0/8", "192.168.1.0/24"]);
  assert.deepEqual(routesOf(filtered).map(toText).slice(0, 3), [
    "internet eth0 192.168.1.10:11434 unknown: ip-filter-unproven",
    "neighbour eth0 192.168.1.10:11434 open",
    "host 127.0.0.1:11434 open",
  ]);
});

test("a unit that could not be read may filter", () => {
  const host = aHost().link("eth0", ["192.168.1.10/24"]).ollama("0.0.0.0");
  const unread = host.with({ units: { ok: false, why: "timeout", from: "systemctl show" } });
  assert.deepEqual(verdictsOf(unread), ["ollama unknown"]);
  assert.match(routesOf(unread).map(toText)[0] ?? "", /unknown: unit-unread$/);
});

test("what stands in front of the host is unseen on every route from the internet that it does not close", () => {
  const seen = routesOf(TWO_LINKS.ollama("0.0.0.0")).map((route) => [route.from.vantage, route.upstreamUnseen]);
  assert.deepEqual(seen, [
    ["internet", true],
    ["neighbour", false],
    ["neighbour", false],
    ["host", false],
    ["browser", false],
  ]);
  assert.ok(routesOf(aHost().ollama("127.0.0.1")).every((route) => !route.upstreamUnseen));
});

test("neighbours stand in every network of the link, and with IPv6 on the link itself", () => {
  const host = aHost().link("eth0", ["192.168.1.10/24", "10.5.0.1/16", "2001:db8:1::10/64", "fe80::10/64"]);
  const sources = routesOf(host.ollama("::"))
    .filter((route) => route.from.vantage === "neighbour")
    .map((route) => route.from.sources);
  assert.deepEqual(sources, [
    ["192.168.1.0/24", "10.5.0.0/16"],
    ["2001:db8:1::/64", "fe80::/10"],
  ]);
});

test("the end of a container's link on the host is not where anybody stands", () => {
  const host = aHost()
    .link("docker0", ["172.17.0.1/16"], { kind: "bridge" })
    .link("veth12", ["fe80::42/64"], { kind: "veth", master: "docker0" });
  const names = routesOf(host.ollama("::")).map((route) => route.from.interface);
  assert.ok(!names.includes("veth12"));
});

test("every unknown route says what is missing, and every open one from outside names its evidence", () => {
  for (const [title, host] of CASES) {
    for (const route of routesOf(host)) {
      const unknown = route.barriers.some((barrier) => barrier.stops === null);
      if (route.verdict === "unknown") assert.ok(unknown, title);
      for (const barrier of route.barriers) {
        if (barrier.stops === false && barrier.kind !== "origin-check") assert.notEqual(barrier.evidence, null, title);
      }
    }
  }
});

function withFilter(ipAddressDeny: readonly string[], ipAddressAllow: readonly string[]): AHost {
  const host = aHost().link("eth0", ["192.168.1.10/24"]).ollama("0.0.0.0");
  const units = host.facts.units.ok ? host.facts.units.value : [];
  return host.with({
    units: read(
      units.map((unit) =>
        unit.loaded.ok
          ? { ...unit, loaded: { ...unit.loaded, value: { ...unit.loaded.value, ipAddressDeny, ipAddressAllow } } }
          : unit,
      ),
      "systemctl list-units",
    ),
  });
}

test("that there is no way back over IPv6 is shown by the routing table of IPv6", () => {
  const [, ipv6] = routesOf(aHost().withoutGateways().ollama("::"));
  assert.deepEqual(ipv6?.barriers.find(({ why }) => why === "no-way-back")?.evidence, {
    from: "ip -j -6 route show table all",
    text: "no entry for ::/0",
  });
});

test("two servers on one port, each bound to a network card of its own, are told apart by the card's address", () => {
  const host = TWO_LINKS.ollama("0.0.0.0", { device: "eth1", askedAt: "10.0.0.5" })
    .process(900)
    .listens("0.0.0.0", 11434, { pids: [900], device: "eth0" })
    .answers("192.168.1.10", 11434, alwaysReplies([401, ""]));
  assert.deepEqual(verdictsOf(host), ["ollama exposed", "ollama unknown"]);
  assert.deepEqual(
    routesOf(host).flatMap(({ from, proof }) => (from.vantage === "host" && proof !== null ? [proof.from] : [])),
    ["GET http://10.0.0.5:11434/"],
  );
});
