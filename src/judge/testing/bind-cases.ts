import { aHost, type AHost } from "./a-host.ts";

/** A host, what its server comes to, and every route of it, as `toText` writes one. */
export type RouteCase = readonly [title: string, host: AHost, verdict: string, routes: readonly string[]];

export const TWO_LINKS: AHost = aHost().link("eth1", ["10.0.0.5/24"]);

/** Who can come, by what the server is bound to. */
export const BIND_CASES: readonly RouteCase[] = [
  [
    "the default: 127.0.0.1 only",
    aHost().ollama("127.0.0.1"),
    "local",
    [
      "internet eth0 127.0.0.1:11434 closed: loopback-only",
      "neighbour eth0 127.0.0.1:11434 closed: loopback-only",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 closed: check-refuses, check-refuses",
    ],
  ],
  [
    "OLLAMA_HOST=0.0.0.0 makes one socket for IPv4 and IPv6",
    aHost().ollama("::"),
    "exposed",
    [
      "internet eth0 192.168.1.10:11434 open",
      "internet eth0 [2001:db8:1::10]:11434 open",
      "neighbour eth0 192.168.1.10:11434 open",
      "neighbour eth0 [2001:db8:1::10]:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "a wildcard for IPv4 alone",
    aHost().ollama("0.0.0.0"),
    "exposed",
    [
      "internet eth0 192.168.1.10:11434 open",
      "neighbour eth0 192.168.1.10:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "a wildcard for IPv6 alone",
    aHost().ollama("::", { dualStack: false, askedAt: "::1" }),
    "exposed",
    [
      "internet eth0 [2001:db8:1::10]:11434 open",
      "neighbour eth0 [2001:db8:1::10]:11434 open",
      "host [::1]:11434 open",
      "browser [::1]:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "whether [::] takes IPv4 was measured on 127.0.0.1",
    aHost().ollama("::", { dualStack: null }),
    "exposed",
    [
      "internet eth0 192.168.1.10:11434 open",
      "internet eth0 [2001:db8:1::10]:11434 open",
      "neighbour eth0 192.168.1.10:11434 open",
      "neighbour eth0 [2001:db8:1::10]:11434 open",
      "host 127.0.0.1:11434 open",
      "browser 127.0.0.1:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "whether [::] takes IPv4 was not measured",
    aHost().ollama("::", { dualStack: null, askedAt: "::1" }),
    "exposed",
    [
      "internet eth0 192.168.1.10:11434 unknown: dual-stack-unmeasured",
      "internet eth0 [2001:db8:1::10]:11434 open",
      "neighbour eth0 192.168.1.10:11434 unknown: dual-stack-unmeasured",
      "neighbour eth0 [2001:db8:1::10]:11434 open",
      "host [::1]:11434 open",
      "browser [::1]:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "::1 only: no sysctl hands it to neighbours",
    aHost().link("eth0", ["2001:db8:1::10/64"], { routeLocalnet: true }).ollama("::1"),
    "local",
    [
      "internet eth0 [::1]:11434 closed: loopback-only",
      "neighbour eth0 [::1]:11434 closed: loopback-only",
      "host [::1]:11434 open",
      "browser [::1]:11434 closed: check-refuses, check-refuses",
    ],
  ],
  [
    "bound to the address of the inner network, reached from the outer one too",
    TWO_LINKS.ollama("10.0.0.5"),
    "exposed",
    [
      "internet eth0 10.0.0.5:11434 open: weak-host-model",
      "neighbour eth0 10.0.0.5:11434 open: weak-host-model",
      "neighbour eth1 10.0.0.5:11434 open",
      "host 10.0.0.5:11434 open",
      "browser 10.0.0.5:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "the address of an interface that is down is answered on the others",
    aHost().link("eth1", ["10.0.0.5/24"], { up: false }).ollama("10.0.0.5"),
    "exposed",
    [
      "internet eth0 10.0.0.5:11434 open: weak-host-model",
      "neighbour eth0 10.0.0.5:11434 open: weak-host-model",
      "host 10.0.0.5:11434 open",
      "browser 10.0.0.5:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "bound to an IPv6 link-local address, which belongs to one link",
    aHost().link("eth1", ["fe80::5/64"]).ollama("fe80::5"),
    "exposed",
    [
      "internet eth0 [fe80::5]:11434 closed: listens-elsewhere",
      "neighbour eth0 [fe80::5]:11434 closed: listens-elsewhere",
      "neighbour eth1 [fe80::5]:11434 open",
      "host [fe80::5]:11434 open",
      "browser [fe80::5]:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "bound to a device",
    TWO_LINKS.ollama("0.0.0.0", { device: "eth1", askedAt: "10.0.0.5" }),
    "exposed",
    [
      "internet eth0 192.168.1.10:11434 closed: device-bound",
      "neighbour eth1 10.0.0.5:11434 open",
      "neighbour eth0 192.168.1.10:11434 closed: device-bound",
      "host 10.0.0.5:11434 open",
      "browser 10.0.0.5:11434 open: check-off-on-this-address",
    ],
  ],
  [
    "bound to an address that no interface has",
    aHost().ollama("10.9.9.9"),
    "unknown",
    [
      "internet eth0 10.9.9.9:11434 unknown: routing-unread",
      "neighbour eth0 10.9.9.9:11434 unknown: routing-unread",
      "host 10.9.9.9:11434 open",
      "browser 10.9.9.9:11434 open: check-off-on-this-address",
    ],
  ],
];
