import type { HostReader, Output, Reading } from "../host/host.ts";
import { parseAddresses, parseRoutes } from "./ip-json.ts";

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

/** The routing tables of a network namespace: the kernel keeps one set for each family, and each is read by itself. */
export interface RoutingTables {
  readonly ipv4: Reading<readonly RoutingEntry[]>;
  readonly ipv6: Reading<readonly RoutingEntry[]>;
}

/** How one network namespace is wired. */
export interface Network {
  readonly namespace: string | null;
  /** True for the namespace the reader stands in. */
  readonly own: boolean;
  readonly interfaces: Reading<readonly Interface[]>;
  readonly routing: RoutingTables;
  /** net.ipv4.ip_forward: whether the host passes packets on to containers. Null: not read. */
  readonly forwardsIpv4: boolean | null;
  readonly forwardsIpv6: boolean | null;
}

/**
 * How the reader's own network namespace is wired: `ip -j -d address` and `ip -j route` (ip(8)), and the
 * sysctls of ip-sysctl that send packets on or let neighbours address loopback.
 */
export async function gatherOwnNetwork(host: HostReader): Promise<Network> {
  const [address, ipv4, ipv6, namespace, forwardsIpv4, forwardsIpv6] = await Promise.all([
    host.run(["ip", "-j", "-d", "address"]),
    host.run(["ip", "-j", "-4", "route", "show", "table", "all"]),
    host.run(["ip", "-j", "-6", "route", "show", "table", "all"]),
    host.readLinks("/proc/self/ns/net"),
    gatherSwitch(host, "/proc/sys/net/ipv4/ip_forward"),
    gatherSwitch(host, "/proc/sys/net/ipv6/conf/all/forwarding"),
  ]);
  const interfaces = toReading(address, parseAddresses);
  return {
    namespace: namespace.ok ? (namespace.value.links[0]?.target ?? null) : null,
    own: true,
    interfaces: interfaces.ok
      ? { ...interfaces, value: await gatherRouteLocalnet(host, interfaces.value) }
      : interfaces,
    routing: toRouting(ipv4, ipv6),
    forwardsIpv4,
    forwardsIpv6,
  };
}

/**
 * How another network namespace is wired, entered by a process in it (nsenter(1)), which needs root. Its
 * sysctls are not read: /proc/sys shows those of the reader.
 */
export async function gatherForeignNetwork(host: HostReader, namespace: string, pid: number): Promise<Network> {
  const [address, ipv4, ipv6] = await Promise.all([
    host.run(["nsenter", `--target=${pid}`, "--net", "--", "ip", "-j", "-d", "address"]),
    host.run(["nsenter", `--target=${pid}`, "--net", "--", "ip", "-j", "-4", "route", "show", "table", "all"]),
    host.run(["nsenter", `--target=${pid}`, "--net", "--", "ip", "-j", "-6", "route", "show", "table", "all"]),
  ]);
  return {
    namespace,
    own: false,
    interfaces: toReading(address, parseAddresses),
    routing: toRouting(ipv4, ipv6),
    forwardsIpv4: null,
    forwardsIpv6: null,
  };
}

/** The kernel takes either switch: that of `all` or that of the interface. */
async function gatherRouteLocalnet(host: HostReader, interfaces: readonly Interface[]): Promise<readonly Interface[]> {
  const all = await gatherSwitch(host, "/proc/sys/net/ipv4/conf/all/route_localnet");
  return Promise.all(
    interfaces.map(async (link) => {
      const own = await gatherSwitch(host, `/proc/sys/net/ipv4/conf/${link.name}/route_localnet`);
      return { ...link, routeLocalnet: toEither(all, own) };
    }),
  );
}

function toEither(first: boolean | null, second: boolean | null): boolean | null {
  if (first === true || second === true) return true;
  return first === null || second === null ? null : false;
}

async function gatherSwitch(host: HostReader, path: string): Promise<boolean | null> {
  const file = await host.readFile(path);
  const value = file.ok ? file.value.trim() : "";
  return /^\d+$/.test(value) ? value !== "0" : null;
}

function toRouting(ipv4: Reading<Output>, ipv6: Reading<Output>): RoutingTables {
  return {
    ipv4: toReading(ipv4, (text) => parseRoutes(text, 4)),
    ipv6: toReading(ipv6, (text) => parseRoutes(text, 6)),
  };
}

function toReading<T>(output: Reading<Output>, parse: (text: string) => T | null): Reading<T> {
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode !== 0) {
    const why = /not permitted|permission denied/i.test(stderr) ? "denied" : "failed";
    return { ok: false, why, from: output.from, detail: stderr.trim().slice(0, 200) };
  }
  const value = parse(stdout);
  return value === null ? { ok: false, why: "unparsed", from: output.from } : { ok: true, value, from: output.from };
}
