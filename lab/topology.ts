import { runCommand } from "./command.ts";

/**
 * The little world around one host, each place a network namespace of its own:
 *
 *     outsider ── router ══ lan ══╤══ neighbour
 *     198.51.100.10  .1           │   10.77.0.20
 *                                 ╞══ other neighbour
 *                                 │   10.77.0.30
 *                                 └══ host ── second lan ── second neighbour
 *                             10.77.0.10   10.78.0.10      10.78.0.20
 *
 * Every place has IPv4, a global and a unique-local IPv6 address, and a fixed link-local one. Addresses come
 * from blocks that are nobody's (RFC 5737, RFC 3849) or private, and are the same in every lab, so that
 * what was recorded on one host reads like what was recorded on the next.
 */
export interface Addresses {
  readonly ipv4: string;
  /** Global unicast, from the documentation prefix. */
  readonly ipv6: string;
  readonly uniqueLocal: string;
  /** Without a zone; from another place it needs that place's own, `%eth0`. */
  readonly linkLocal: string;
}

/** Names of the network namespaces of one host's world. */
export interface Places {
  readonly host: string;
  readonly router: string;
  readonly outsider: string;
  readonly neighbour: string;
  readonly otherNeighbour: string;
  /** Null where the host has one LAN only. */
  readonly secondNeighbour: string | null;
}

export const HOST: Addresses = toAddresses("10.77.0", "77", 10);
export const HOST_SECOND: Addresses = toAddresses("10.78.0", "78", 10);
export const NEIGHBOUR: Addresses = toAddresses("10.77.0", "77", 20);
export const OTHER_NEIGHBOUR: Addresses = toAddresses("10.77.0", "77", 30);
export const SECOND_NEIGHBOUR: Addresses = toAddresses("10.78.0", "78", 20);
export const OUTSIDER: Addresses = toAddresses("198.51.100", "51", 10);
const ROUTER: Addresses = toAddresses("10.77.0", "77", 1);
const ROUTER_OUTSIDE: Addresses = toAddresses("198.51.100", "51", 1);
const SECOND_LAN = { ipv4: "10.78.0.0/24", ipv6: "2001:db8:78::/64", uniqueLocal: "fd00:78::/64" };
const FIRST_LAN = { ipv4: "10.77.0.0/24", ipv6: "2001:db8:77::/64", uniqueLocal: "fd00:77::/64" };

function toAddresses(ipv4Net: string, net: string, station: number): Addresses {
  return {
    ipv4: `${ipv4Net}.${station}`,
    ipv6: `2001:db8:${net}::${station}`,
    uniqueLocal: `fd00:${net}::${station}`,
    linkLocal: `fe80::${net}:${station}`,
  };
}

/** The namespaces' names for a host whose things begin with `prefix`. */
export function toPlaces(prefix: string, secondLan: boolean): Places {
  return {
    host: `${prefix}host`,
    router: `${prefix}router`,
    outsider: `${prefix}outsider`,
    neighbour: `${prefix}neighbour`,
    otherNeighbour: `${prefix}other`,
    secondNeighbour: secondLan ? `${prefix}second` : null,
  };
}

/** Makes the namespaces, joins them and sets addresses and routes. Returns when every place can be reached. */
export async function layNetworks(places: Places): Promise<void> {
  const { host, router, outsider, neighbour, otherNeighbour, secondNeighbour: second } = places;
  const strangers = [outsider, neighbour, otherNeighbour, ...(second === null ? [] : [second])];
  await runIp(
    [],
    [host, router, ...strangers].map((name) => `netns add ${name}`),
  );
  await Promise.all([
    setSysctls(host, { ...NEUTRAL, "net.ipv4.ip_forward": "0" }),
    setSysctls(router, { ...NEUTRAL, "net.ipv4.ip_forward": "1", "net.ipv6.conf.all.forwarding": "1" }),
    ...strangers.map((name) => setSysctls(name, NEUTRAL)),
  ]);
  await runIp(
    [],
    [
      `link add eth0 netns ${outsider} address 02:00:00:51:00:10 type veth peer name wan0 netns ${router}`,
      `link add eth0 netns ${neighbour} address 02:00:00:77:00:20 type veth peer name port1 netns ${router}`,
      `link add eth0 netns ${otherNeighbour} address 02:00:00:77:00:30 type veth peer name port2 netns ${router}`,
      `link add eth0 netns ${host} address 02:00:00:77:00:10 type veth peer name port0 netns ${router}`,
      ...(second === null
        ? []
        : [`link add eth0 netns ${second} address 02:00:00:78:00:20 type veth peer name eth1 netns ${host}`]),
    ],
  );
  await Promise.all([
    runIp(["-n", router], routerLines(second !== null)),
    runIp(["-n", outsider], [...upLines("eth0", OUTSIDER), ...defaultRoutes(ROUTER_OUTSIDE)]),
    runIp(["-n", neighbour], neighbourLines(NEIGHBOUR, second !== null)),
    runIp(["-n", otherNeighbour], neighbourLines(OTHER_NEIGHBOUR, second !== null)),
    runIp(["-n", host], hostLines(second !== null)),
    ...(second === null
      ? []
      : [runIp(["-n", second], [...upLines("eth0", SECOND_NEIGHBOUR), ...routesVia(FIRST_LAN, HOST_SECOND)])]),
  ]);
}

/** Sends what is meant for `destination` (CIDR or address) from one place to the host's door on that LAN. */
export async function routeToHost(place: string, destination: string, gateway: Addresses): Promise<void> {
  const family = destination.includes(":") ? gateway.ipv6 : gateway.ipv4;
  if (destination.startsWith("127.")) await giveUpOwnLoopback(place);
  await runIp(["-n", place], [`route replace ${destination} via ${family}`]);
}

/** Addresses of 127.0.0.0/8 stay inside a machine unless it is told that they are addresses like any other. */
async function giveUpOwnLoopback(place: string): Promise<void> {
  await setSysctls(place, { "net.ipv4.conf.all.route_localnet": "1" });
  await runCommand(["ip", "-n", place, "address", "flush", "dev", "lo", "to", "127.0.0.0/8"]);
}

/** What a namespace inherits from the machine differs between distributions, so the lab says it outright. */
const NEUTRAL: Readonly<Record<string, string>> = {
  "net.ipv4.conf.all.rp_filter": "0",
  "net.ipv4.conf.default.rp_filter": "0",
  "net.ipv4.conf.all.route_localnet": "0",
  "net.ipv4.conf.default.route_localnet": "0",
  "net.ipv6.conf.all.disable_ipv6": "0",
  "net.ipv6.conf.default.disable_ipv6": "0",
  "net.ipv6.conf.default.accept_dad": "0",
};

function hostLines(second: boolean): readonly string[] {
  const lines = [...upLines("eth0", HOST), ...defaultRoutes(ROUTER)];
  return second ? [...lines, ...upLines("eth1", HOST_SECOND)] : lines;
}

/** A neighbour may send anything to the host's own door, so it is shown the way to the host's other LAN. */
function neighbourLines(own: Addresses, second: boolean): readonly string[] {
  const lines = [...upLines("eth0", own), ...defaultRoutes(ROUTER)];
  return second ? [...lines, ...routesVia(SECOND_LAN, HOST)] : lines;
}

function routerLines(second: boolean): readonly string[] {
  return [
    "link add lan0 type bridge forward_delay 0 mcast_snooping 0",
    "link set port0 master lan0 up",
    "link set port1 master lan0 up",
    "link set port2 master lan0 up",
    ...upLines("lan0", ROUTER),
    ...upLines("wan0", ROUTER_OUTSIDE),
    ...(second ? routesVia(SECOND_LAN, HOST) : []),
  ];
}

function upLines(link: string, addresses: Addresses): readonly string[] {
  return [
    "link set lo up",
    `link set ${link} addrgenmode none up`,
    `address add ${addresses.linkLocal}/64 dev ${link} nodad`,
    `address add ${addresses.ipv4}/24 dev ${link}`,
    `address add ${addresses.ipv6}/64 dev ${link} nodad`,
    `address add ${addresses.uniqueLocal}/64 dev ${link} nodad`,
  ];
}

function defaultRoutes(gateway: Addresses): readonly string[] {
  return [`route add default via ${gateway.ipv4}`, `route add default via ${gateway.ipv6}`];
}

function routesVia(lan: Omit<Addresses, "linkLocal">, gateway: Addresses): readonly string[] {
  return [
    `route add ${lan.ipv4} via ${gateway.ipv4}`,
    `route add ${lan.ipv6} via ${gateway.ipv6}`,
    `route add ${lan.uniqueLocal} via ${gateway.uniqueLocal}`,
  ];
}

async function runIp(options: readonly string[], lines: readonly string[]): Promise<void> {
  await runCommand(["ip", ...options, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}

async function setSysctls(place: string, values: Readonly<Record<string, string>>): Promise<void> {
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  await runCommand(["nsenter", `--net=/run/netns/${place}`, "sysctl", "--quiet", "--write", ...assignments]);
}
