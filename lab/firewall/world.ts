import { runCommand } from "../command.ts";

/**
 * The world of one worker: a host with two doors and a container, and a stranger who stands at both doors and
 * can come from any address there is.
 *
 *     stranger ══ eth0 ══ host ── docker0 ── container
 *              ══ eth1 ══
 *
 * It is made once and lives through thousands of rule sets, so it has no address resolution that could be full
 * or late: both ends of a cable carry the same hardware address and ARP and neighbour discovery are off.
 */
export interface World {
  readonly host: string;
  readonly stranger: string;
  readonly container: string;
}

export type Door = "eth0" | "eth1";

export const HOST_ADDRESSES = {
  eth0: { 4: "10.77.0.10", 6: "2001:db8:77::10" },
  eth1: { 4: "10.78.0.10", 6: "2001:db8:78::10" },
  docker0: { 4: "172.17.0.1", 6: "fd00:17::1" },
} as const;
export const CONTAINER_ADDRESS = { 4: "172.17.0.2", 6: "fd00:17::2" } as const;

/** Every port that has a listener, in the host on every address and in the container. */
export const PORTS = [22, 80, 443, 3000, 8000, 8080, 11434, 11435, 50000, 65535] as const;
/** A port that has a listener on the host's loopback addresses only. */
export const LOOPBACK_PORT = 9999;

/** The stranger's prober for eth1 runs as this user, whose packets another routing table sends. */
export const EYE_OF_ETH1_UID = 60_001;
const BRIDGE_HARDWARE = "02:00:00:17:00:01";
const CONTAINER_HARDWARE = "02:00:00:17:00:02";
const TABLE_OF_ETH1 = 101;

export function toWorld(prefix: string): World {
  return { host: `${prefix}host`, stranger: `${prefix}stranger`, container: `${prefix}container` };
}

/** Makes the namespaces, cables, addresses and routes. */
export async function layWorld({ host, stranger, container }: World): Promise<void> {
  await runIp(
    null,
    [host, stranger, container].map((name) => `netns add ${name}`),
  );
  await Promise.all([
    setSysctls(host, { ...EVERYWHERE, ...ON_HOST }),
    setSysctls(stranger, { ...EVERYWHERE, ...AT_STRANGER }),
    setSysctls(container, EVERYWHERE),
  ]);
  await runIp(null, [
    ...(["eth0", "eth1"] as const).map(
      (door, index) =>
        `link add ${door} netns ${host} address 02:00:00:77:00:0${index} ` +
        `type veth peer name ${door} netns ${stranger} address 02:00:00:77:00:0${index}`,
    ),
    `link add eth0 netns ${container} address ${CONTAINER_HARDWARE} type veth peer name veth0 netns ${host}`,
  ]);
  await Promise.all([
    runIp(host, hostLines()),
    runIp(container, [
      "link set lo up",
      "link set eth0 addrgenmode none up",
      `address add ${CONTAINER_ADDRESS[4]}/16 dev eth0`,
      `address add ${CONTAINER_ADDRESS[6]}/64 dev eth0 nodad`,
      `route add default via ${HOST_ADDRESSES.docker0[4]}`,
      `route add default via ${HOST_ADDRESSES.docker0[6]}`,
      ...neighbourLines("eth0", HOST_ADDRESSES.docker0, BRIDGE_HARDWARE),
    ]),
    runIp(stranger, strangerLines()),
    runCommand(["nsenter", `--net=/run/netns/${stranger}`, "nft", "-f", "-"], { input: NOTEBOOK }),
  ]);
}

/**
 * The stranger writes down every connection that was answered with SYN and ACK: where rules let the first packet
 * pass and refuse the next ones, his sockets say "refused" of a door that was opened. See Eyes.
 */
const NOTEBOOK = `
table inet notebook {
  set answered4 { typeof ip daddr . tcp dport; flags dynamic; size 65535; timeout 60s; }
  set answered6 { typeof ip6 daddr . tcp dport; flags dynamic; size 65535; timeout 60s; }
  chain in {
    type filter hook prerouting priority -400;
    tcp flags & (syn | ack) == syn | ack meta nfproto ipv4 add @answered4 { ip daddr . tcp dport }
    tcp flags & (syn | ack) == syn | ack meta nfproto ipv6 add @answered6 { ip6 daddr . tcp dport }
  }
}
`;

const EVERYWHERE: Readonly<Record<string, string>> = {
  "net.ipv4.conf.all.rp_filter": "0",
  "net.ipv4.conf.default.rp_filter": "0",
  "net.ipv6.conf.all.disable_ipv6": "0",
  "net.ipv6.conf.default.disable_ipv6": "0",
  "net.ipv6.conf.default.accept_dad": "0",
  "net.ipv6.conf.default.accept_ra": "0",
  "net.core.somaxconn": "4096",
  "net.ipv4.tcp_synack_retries": "1",
};
const ON_HOST: Readonly<Record<string, string>> = {
  "net.ipv4.ip_forward": "1",
  "net.ipv6.conf.all.forwarding": "1",
  "net.ipv4.conf.all.route_localnet": "0",
  "net.ipv4.conf.default.route_localnet": "0",
  // Redirects and limits of ICMP would only cost time: a refusal may be silent.
  "net.ipv4.conf.all.send_redirects": "0",
  "net.ipv4.conf.default.send_redirects": "0",
};
const AT_STRANGER: Readonly<Record<string, string>> = {
  "net.ipv4.ip_nonlocal_bind": "1",
  "net.ipv6.ip_nonlocal_bind": "1",
  "net.ipv4.conf.all.route_localnet": "1",
  "net.ipv4.conf.default.route_localnet": "1",
};

function hostLines(): readonly string[] {
  return [
    "link set lo up",
    ...(["eth0", "eth1"] as const).flatMap((door) => [
      `link set ${door} arp off addrgenmode none`,
      `link set ${door} up`,
      `address add ${HOST_ADDRESSES[door][4]}/24 dev ${door}`,
      `address add ${HOST_ADDRESSES[door][6]}/64 dev ${door} nodad`,
    ]),
    `link add docker0 address ${BRIDGE_HARDWARE} type bridge forward_delay 0 mcast_snooping 0`,
    "link set docker0 addrgenmode none up",
    "link set veth0 addrgenmode none master docker0 up",
    `address add ${HOST_ADDRESSES.docker0[4]}/16 dev docker0`,
    `address add ${HOST_ADDRESSES.docker0[6]}/64 dev docker0 nodad`,
    ...neighbourLines("docker0", CONTAINER_ADDRESS, CONTAINER_HARDWARE),
    "route add default dev eth0",
    "-6 route add default dev eth0",
  ];
}

/** Known beforehand: rules that drop everything drop the question for a hardware address too. */
function neighbourLines(link: string, addresses: Readonly<Record<4 | 6, string>>, hardware: string): readonly string[] {
  return [4, 6].map(
    (family) =>
      `-${family} neighbour replace ${addresses[family === 4 ? 4 : 6]} lladdr ${hardware} dev ${link} nud permanent`,
  );
}

/** What comes in is for the stranger, whatever its address; what goes out goes through the door of its eye. */
function strangerLines(): readonly string[] {
  const cables = (["eth0", "eth1"] as const).flatMap((door) => [
    `link set ${door} arp off addrgenmode none`,
    `link set ${door} up`,
  ]);
  const routes = ["-4", "-6"].flatMap((family) => [
    `${family} route add local default dev lo table local`,
    `${family} route add default dev eth0`,
    `${family} route add default dev eth1 table ${TABLE_OF_ETH1}`,
    `${family} rule add pref 1 iif eth0 lookup local`,
    `${family} rule add pref 2 iif eth1 lookup local`,
    `${family} rule add pref 3 uidrange ${EYE_OF_ETH1_UID}-${EYE_OF_ETH1_UID} lookup ${TABLE_OF_ETH1}`,
    `${family} rule del pref 0`,
  ]);
  return ["link set lo up", ...cables, ...routes];
}

async function runIp(namespace: string | null, lines: readonly string[]): Promise<void> {
  // `-batch` takes the family as an option of the whole run, so lines of one family run together.
  const batches = Map.groupBy(lines, (line) => /^-[46] /.exec(line)?.[0].trim() ?? "");
  for (const [family, group] of batches) {
    const options = [...(namespace === null ? [] : ["-n", namespace]), ...(family === "" ? [] : [family])];
    const input = group.map((line) => line.replace(/^-[46] /, "")).join("\n");
    await runCommand(["ip", ...options, "-batch", "-"], { input: `${input}\n` });
  }
}

async function setSysctls(place: string, values: Readonly<Record<string, string>>): Promise<void> {
  const assignments = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  await runCommand(["nsenter", `--net=/run/netns/${place}`, "sysctl", "--quiet", "--write", ...assignments]);
}
