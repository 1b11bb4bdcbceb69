import type { Reading } from "../host/host.ts";

/** A network interface of one network namespace. */
export interface Interface {
  readonly name: string;
  readonly loopback: boolean;
  /** Administratively up. */
  readonly up: boolean;
  /** Kind of a virtual link as `ip -d` names it (`bridge`, `veth`, `wireguard` ...), else null. */
  readonly kind: string | null;
  /** Name of the bridge it belongs to, else null. */
  readonly master: string | null;
  readonly addresses: readonly InterfaceAddress[];
  /** net.ipv4.conf.NAME.route_localnet or of `all`: neighbours may address 127.0.0.0/8. Null: not read. */
  readonly routeLocalnet: boolean | null;
}

export interface InterfaceAddress {
  readonly address: string;
  readonly prefixLength: number;
  readonly scope: "host" | "link" | "global";
}

/** One entry of the kernel's routing tables that leads off the host. */
export interface RoutingEntry {
  readonly family: 4 | 6;
  /** CIDR; `0.0.0.0/0` and `::/0` are the default. */
  readonly destination: string;
  readonly gateway: string | null;
  readonly interface: string;
  /** Routing table, for example `main`. */
  readonly table: string;
}

/** How one network namespace is wired. */
export interface Network {
  readonly namespace: string | null;
  /** True for the namespace the reader stands in. */
  readonly own: boolean;
  readonly interfaces: Reading<readonly Interface[]>;
  readonly routing: Reading<readonly RoutingEntry[]>;
  /** net.ipv4.ip_forward: whether the host passes packets on to containers. Null: not read. */
  readonly forwardsIpv4: boolean | null;
  readonly forwardsIpv6: boolean | null;
}
