/** What rules make of routes: who is let in, by rules as their tools print them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PrintedRules } from "../facts/firewall-rules.ts";
import { aHost, type AHost } from "./testing/a-host.ts";
import { behind, saved } from "./testing/printed-rules.ts";
import { routesOf, toText } from "./testing/routes-as-text.ts";

const UNREAD: PrintedRules = {
  engine: "nftables",
  dialect: "nft-json",
  family: null,
  text: { ok: false, why: "denied", from: "nft -j list ruleset" },
};

function lan(): AHost {
  return aHost().link("eth0", ["192.168.1.10/24"]);
}

/** The routes of those outside, with the sources where rules tell them apart. */
function outsideRoutes(host: AHost): string[] {
  return routesOf(host)
    .filter(({ from }) => from.vantage !== "host" && from.vantage !== "browser")
    .map((route) => {
      const { sources, except } = route.from;
      const apart = except.length === 0 ? sources.join(" ") : `${sources.join(" ")} except ${except.join(" ")}`;
      return `${toText(route)} | ${apart}`;
    });
}

const CASES: readonly (readonly [what: string, host: AHost, routes: readonly string[]])[] = [
  [
    "everybody is dropped",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -p tcp -m tcp --dport 11434 -j DROP"]))),
    [
      "internet eth0 192.168.1.10:11434 closed: rules-stop | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 closed: rules-stop | 192.168.1.0/24",
    ],
  ],
  [
    "the LAN is let in, and the policy drops the others",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -s 192.168.1.0/24 -j ACCEPT"], [], "DROP"))),
    [
      "internet eth0 192.168.1.10:11434 closed: rules-stop | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 open | 192.168.1.0/24",
    ],
  ],
  [
    "one neighbour is let in: a route of his own, and one of all others",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -s 192.168.1.7/32 -j ACCEPT"], [], "DROP"))),
    [
      "internet eth0 192.168.1.10:11434 closed: rules-stop | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 closed: rules-stop | 192.168.1.0/24 except 192.168.1.7",
      "neighbour eth0 192.168.1.10:11434 open | 192.168.1.7",
    ],
  ],
  [
    "one address of the internet is shut out",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -s 203.0.113.9/32 -j DROP"]))),
    [
      "internet eth0 192.168.1.10:11434 open | 0.0.0.0/0 except 203.0.113.9",
      "internet eth0 192.168.1.10:11434 closed: rules-stop | 203.0.113.9",
      "neighbour eth0 192.168.1.10:11434 open | 192.168.1.0/24",
    ],
  ],
  [
    "a server on loopback is closed whomever the rules let in, and is told once",
    lan()
      .ollama("127.0.0.1")
      .with(behind(saved(["INPUT -s 192.168.1.7/32 -j ACCEPT"], [], "DROP"))),
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only | 0.0.0.0/0",
      "neighbour eth0 127.0.0.1:11434 closed: loopback-only | 192.168.1.0/24",
    ],
  ],
  [
    "a port is sent on to a server on loopback",
    aHost()
      .link("eth0", ["192.168.1.10/24"], { routeLocalnet: true })
      .ollama("127.0.0.1")
      .with(behind(saved([], ["PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 127.0.0.1:11434"]))),
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only | 0.0.0.0/0",
      "internet eth0 192.168.1.10:8080 open | 0.0.0.0/0",
      "neighbour eth0 127.0.0.1:11434 open: loopback-routed-in | 192.168.1.0/24",
      "neighbour eth0 192.168.1.10:8080 open | 192.168.1.0/24",
    ],
  ],
  [
    "the same without route_localnet: the kernel refuses what was sent on to loopback",
    lan()
      .ollama("127.0.0.1")
      .with(behind(saved([], ["PREROUTING -p tcp -m tcp --dport 8080 -j DNAT --to-destination 127.0.0.1:11434"]))),
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only | 0.0.0.0/0",
      "neighbour eth0 127.0.0.1:11434 closed: loopback-only | 192.168.1.0/24",
    ],
  ],
  [
    "the server's own port is sent elsewhere",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved([], ["PREROUTING -p tcp -m tcp --dport 11434 -j REDIRECT --to-ports 9"]))),
    [
      "internet eth0 192.168.1.10:11434 closed: rules-send-elsewhere | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 closed: rules-send-elsewhere | 192.168.1.0/24",
    ],
  ],
  [
    "one of two addresses is dropped, and the other forgotten",
    aHost()
      .link("eth0", ["192.168.1.10/24", "192.168.1.11/24"])
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -d 192.168.1.10/32 -p tcp -m tcp --dport 11434 -j DROP"]))),
    [
      "internet eth0 192.168.1.10:11434 closed: rules-stop | 0.0.0.0/0",
      "internet eth0 192.168.1.11:11434 open | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 closed: rules-stop | 192.168.1.0/24",
      "neighbour eth0 192.168.1.11:11434 open | 192.168.1.0/24",
    ],
  ],
  [
    "a limit lets the first calls through: neither open nor closed",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -p tcp -m tcp --dport 11434 -m limit --limit 3/min -j ACCEPT"], [], "DROP"))),
    [
      "internet eth0 192.168.1.10:11434 unknown: rules-rate | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 unknown: rules-rate | 192.168.1.0/24",
    ],
  ],
  [
    "a match nobody here knows, before a drop",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -m magic --spell x -j ACCEPT"], [], "DROP"))),
    [
      "internet eth0 192.168.1.10:11434 unknown: rules-not-understood | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 unknown: rules-not-understood | 192.168.1.0/24",
    ],
  ],
  [
    "one engine's rules were read, and another's were not",
    lan()
      .ollama("0.0.0.0")
      .with(behind(saved(["INPUT -p tcp -j ACCEPT"]), UNREAD)),
    [
      "internet eth0 192.168.1.10:11434 unknown: firewall-unread | 0.0.0.0/0",
      "neighbour eth0 192.168.1.10:11434 unknown: firewall-unread | 192.168.1.0/24",
    ],
  ],
];

for (const [what, host, routes] of CASES) {
  test(what, () => assert.deepEqual(outsideRoutes(host), routes));
}
