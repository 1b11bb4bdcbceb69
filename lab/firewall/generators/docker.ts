import type { AddressFamily } from "../../../src/firewall/address.ts";
import { openAddresses } from "../addresses.ts";
import { type Case, type Input, type Line, toNeededLine, toRuleLine } from "../case.ts";
import type { Random } from "../random.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES, PORTS } from "../world.ts";
import { drawRewrittenWays } from "./rewriting.ts";
import { SERVER_PORT } from "./ways.ts";

/**
 * Ports published by Docker, replayed from its rules: as engines up to 27 lay them (Debian 12's 20.10 saved, see
 * facts.test.ts), as 28 does, and as the nftables backend of 29 is documented to; each with what an administrator
 * adds: rules in DOCKER-USER, and ufw's chains beside them.
 */
export function drawDocker(random: Random): Case {
  const family = random.chance(0.7) ? 4 : 6;
  const layout = random.pick<"20.10" | "28" | "nftables">(["20.10", "28", "nftables"]);
  const published = drawPublished(random, family);
  const filter = random.chance(0.5);
  const inputs = {
    "20.10": () => [toIptables(random, family, toOldDocker(random, family, published), filter)],
    "28": () => [toIptables(random, family, toNewDocker(random, family, published), filter)],
    nftables: () => [
      ...(filter ? [toIptables(random, family, NO_DOCKER, true)] : []),
      toNftablesDocker(family, published),
    ],
  }[layout]();
  return {
    dialect: `docker ${layout}`,
    features: [
      ...(filter ? ["ufw beside Docker"] : []),
      ...published.map(({ address }) => (address === "" ? "published on every address" : "published on one address")),
    ],
    inputs,
    ways: drawRewrittenWays({ random, family }),
    routeLocalnet: family === 4 && random.chance(0.3),
  };
}

/** `-p ADDRESS:PORT:INSIDE`; an empty address is every address. */
interface Published {
  readonly address: string;
  readonly port: number;
  readonly inside: number;
}

function drawPublished(random: Random, family: AddressFamily): readonly Published[] {
  const count = 1 + random.below(3);
  return Array.from({ length: count }, (_, index) => ({
    address: random.pick(["", "", HOST_ADDRESSES.eth0[family], family === 4 ? "127.0.0.1" : "::1"]),
    port: index === 0 ? SERVER_PORT : random.pick(PORTS),
    inside: random.chance(0.5) ? SERVER_PORT : random.pick(PORTS),
  }));
}

interface DockerTables {
  readonly raw: readonly string[];
  readonly nat: readonly string[];
  readonly filter: readonly string[];
  readonly chains: readonly string[];
  readonly user: readonly Line[];
}

const NO_DOCKER: DockerTables = { raw: [], nat: [], filter: [], chains: [], user: [] };
const SUBNET = { 4: "172.17.0.0/16", 6: "fd00:17::/64" };

function toNat(family: AddressFamily, published: readonly Published[]): readonly string[] {
  const inside = CONTAINER_ADDRESS[family];
  const loopback = family === 4 ? "127.0.0.0/8" : "::1/128";
  const host = family === 4 ? inside : `[${inside}]`;
  return [
    "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    `-A OUTPUT ! -d ${loopback} -m addrtype --dst-type LOCAL -j DOCKER`,
    `-A POSTROUTING -s ${SUBNET[family]} ! -o docker0 -j MASQUERADE`,
    ...published.map(
      ({ inside: port }) => `-A POSTROUTING -s ${inside} -d ${inside} -p tcp -m tcp --dport ${port} -j MASQUERADE`,
    ),
    "-A DOCKER -i docker0 -j RETURN",
    ...published.map(
      ({ address, port, inside: to }) =>
        `-A DOCKER ${address === "" ? "" : `-d ${address} `}! -i docker0 -p tcp -m tcp --dport ${port} -j DNAT --to-destination ${host}:${to}`,
    ),
  ];
}

function toOldDocker(random: Random, family: AddressFamily, published: readonly Published[]): DockerTables {
  const inside = CONTAINER_ADDRESS[family];
  return {
    raw: [],
    nat: toNat(family, published),
    chains: ["DOCKER", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2", "DOCKER-USER"],
    filter: [
      "-A FORWARD -j DOCKER-USER",
      "-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
      "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A FORWARD -o docker0 -j DOCKER",
      "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
      "-A FORWARD -i docker0 -o docker0 -j ACCEPT",
      ...published.map(
        ({ inside: port }) => `-A DOCKER -d ${inside} ! -i docker0 -o docker0 -p tcp -m tcp --dport ${port} -j ACCEPT`,
      ),
      "-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
      "-A DOCKER-ISOLATION-STAGE-1 -j RETURN",
      "-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP",
      "-A DOCKER-ISOLATION-STAGE-2 -j RETURN",
    ],
    user: drawUserRules(random, family),
  };
}

function toNewDocker(random: Random, family: AddressFamily, published: readonly Published[]): DockerTables {
  const inside = CONTAINER_ADDRESS[family];
  const loopback = published.filter(({ address }) => address === "127.0.0.1");
  return {
    raw: [
      `-A PREROUTING -d ${inside} ! -i docker0 -j DROP`,
      ...loopback.map(({ port }) => `-A PREROUTING -d 127.0.0.1 ! -i lo -p tcp -m tcp --dport ${port} -j DROP`),
    ],
    nat: toNat(family, published),
    chains: ["DOCKER", "DOCKER-BRIDGE", "DOCKER-CT", "DOCKER-FORWARD", "DOCKER-INTERNAL", "DOCKER-USER"],
    filter: [
      "-A FORWARD -j DOCKER-USER",
      "-A FORWARD -j DOCKER-FORWARD",
      ...published.map(
        ({ inside: port }) => `-A DOCKER -d ${inside} ! -i docker0 -o docker0 -p tcp -m tcp --dport ${port} -j ACCEPT`,
      ),
      "-A DOCKER ! -i docker0 -o docker0 -j DROP",
      "-A DOCKER-BRIDGE -o docker0 -j DOCKER",
      "-A DOCKER-CT -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
      "-A DOCKER-FORWARD -j DOCKER-CT",
      "-A DOCKER-FORWARD -j DOCKER-INTERNAL",
      "-A DOCKER-FORWARD -j DOCKER-BRIDGE",
      "-A DOCKER-FORWARD -i docker0 -j ACCEPT",
    ],
    user: drawUserRules(random, family),
  };
}

/** What people write into DOCKER-USER, with the mistakes they make: the outer port, no way for answers. */
function drawUserRules(random: Random, family: AddressFamily): readonly Line[] {
  const addresses = openAddresses(random, family);
  const rules = Array.from({ length: random.below(4) }, () =>
    toRuleLine(
      "-A DOCKER-USER",
      random.pick(["-i eth0", "-i eth0", "-i eth+", "! -i docker0"]),
      random.pick([
        `-s ${addresses.prefix()}`,
        `! -s ${addresses.prefix().replace(/\/0$/, "/1")}`,
        `-p tcp -m tcp --dport ${random.pick(PORTS)}`,
        `-p tcp -m conntrack --ctorigdstport ${SERVER_PORT}`,
        `-p tcp -m conntrack --ctorigdstport ${SERVER_PORT} --ctdir ORIGINAL`,
      ]),
      random.pick(["-j DROP", "-j DROP", "-j RETURN", "-j ACCEPT", "-j REJECT"]),
    ),
  );
  return [...rules, toNeededLine("-A DOCKER-USER -j RETURN")];
}

function toIptables(random: Random, family: AddressFamily, docker: DockerTables, ufw: boolean): Input {
  const addresses = openAddresses(random, family);
  const ufwRules = ufw
    ? Array.from({ length: 1 + random.below(4) }, () =>
        toRuleLine(
          "-A ufw-user-input",
          `-s ${addresses.prefix()}`,
          `-p tcp -m tcp --dport ${SERVER_PORT}`,
          random.pick(["-j ACCEPT", "-j DROP"]),
        ),
      )
    : [];
  const routed =
    ufw && random.chance(0.4) ? [toRuleLine("-A ufw-user-forward", `-s ${addresses.prefix()}`, "-j ACCEPT")] : [];
  const policy = ufw ? "DROP" : "ACCEPT";
  const ownChains = ufw ? ["ufw-before-input", "ufw-user-input", "ufw-before-forward", "ufw-user-forward"] : [];
  const answers = "-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT";
  const needed = [
    ...(docker.raw.length === 0 ? [] : ["*raw", ":PREROUTING ACCEPT", ...docker.raw, "COMMIT"]),
    ...(docker.nat.length === 0
      ? []
      : ["*nat", ":PREROUTING ACCEPT", ":OUTPUT ACCEPT", ":POSTROUTING ACCEPT", ":DOCKER -", ...docker.nat, "COMMIT"]),
    "*filter",
    `:INPUT ${policy}`,
    `:FORWARD ${docker.filter.length > 0 ? "DROP" : policy}`,
    ...[...docker.chains, ...ownChains].map((name) => `:${name} -`),
    ...docker.filter,
    ...(ufw
      ? [
          "-A INPUT -j ufw-before-input",
          "-A FORWARD -j ufw-before-forward",
          "-A ufw-before-input -i lo -j ACCEPT",
          `-A ufw-before-input ${answers}`,
          "-A ufw-before-input -j ufw-user-input",
          `-A ufw-before-forward ${answers}`,
          "-A ufw-before-forward -j ufw-user-forward",
        ]
      : []),
  ];
  const tool = family === 4 ? "iptables-restore" : "ip6tables-restore";
  return { tool, lines: [...needed.map(toNeededLine), ...docker.user, ...ufwRules, ...routed, toNeededLine("COMMIT")] };
}

/** https://docs.docker.com/engine/network/firewall-nftables/: tables of its own, and no DOCKER-USER. */
function toNftablesDocker(family: AddressFamily, published: readonly Published[]): Input {
  const header = family === 4 ? "ip" : "ip6";
  const table = `${header} docker-bridges`;
  const inside = CONTAINER_ADDRESS[family];
  const host = family === 4 ? inside : `[${inside}]`;
  const loopback = published.filter(({ address }) => address === "127.0.0.1");
  const lines = [
    `add table ${table}`,
    `add chain ${table} filter-forward-in__docker0`,
    `add chain ${table} filter-forward-out__docker0`,
    `add chain ${table} nat-prerouting-and-output`,
    `add chain ${table} nat-postrouting-out__docker0`,
    `add map ${table} filter-forward-in-jumps { type ifname : verdict; elements = { "docker0" : jump filter-forward-in__docker0 }; }`,
    `add map ${table} filter-forward-out-jumps { type ifname : verdict; elements = { "docker0" : jump filter-forward-out__docker0 }; }`,
    `add chain ${table} filter-FORWARD { type filter hook forward priority filter; policy accept; }`,
    `add rule ${table} filter-FORWARD oifname vmap @filter-forward-in-jumps`,
    `add rule ${table} filter-FORWARD iifname vmap @filter-forward-out-jumps`,
    `add rule ${table} filter-forward-in__docker0 ct state established,related counter accept`,
    `add rule ${table} filter-forward-in__docker0 iifname "docker0" counter accept comment "ICC"`,
    ...published.map(
      ({ inside: port }) =>
        `add rule ${table} filter-forward-in__docker0 ${header} daddr ${inside} tcp dport ${port} counter accept`,
    ),
    `add rule ${table} filter-forward-in__docker0 counter drop comment "UNPUBLISHED PORT DROP"`,
    `add rule ${table} filter-forward-out__docker0 ct state established,related counter accept`,
    `add rule ${table} filter-forward-out__docker0 counter accept comment "OUTGOING"`,
    `add chain ${table} nat-PREROUTING { type nat hook prerouting priority dstnat; policy accept; }`,
    `add rule ${table} nat-PREROUTING fib daddr type local counter jump nat-prerouting-and-output`,
    ...published.map(
      ({ address, port, inside: to }) =>
        `add rule ${table} nat-prerouting-and-output iifname != "docker0" ${address === "" ? "" : `${header} daddr ${address} `}tcp dport ${port} counter dnat to ${host}:${to} comment "DNAT"`,
    ),
    `add chain ${table} raw-PREROUTING { type filter hook prerouting priority raw; policy accept; }`,
    `add rule ${table} raw-PREROUTING ${header} daddr ${inside} iifname != "docker0" counter drop comment "DROP DIRECT ACCESS"`,
    ...loopback.map(
      ({ port }) =>
        `add rule ${table} raw-PREROUTING ip daddr 127.0.0.1 iifname != "lo" tcp dport ${port} counter drop comment "DROP REMOTE LOOPBACK"`,
    ),
    `add chain ${table} nat-POSTROUTING { type nat hook postrouting priority srcnat; policy accept; }`,
    `add rule ${table} nat-POSTROUTING ${header} saddr ${SUBNET[family]} oifname != "docker0" counter masquerade`,
  ];
  return { tool: "nft -f -", lines: lines.map(toNeededLine) };
}
