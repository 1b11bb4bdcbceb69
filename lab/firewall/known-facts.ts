import { type Case, type Input, toNeededLine, type Tool, type Way } from "./case.ts";
import { CONTAINER_ADDRESS, HOST_ADDRESSES, LOOPBACK_PORT } from "./world.ts";

/** Something known of packet filters that a judge must get right, as the smallest rule set that shows it. */
export interface Fact extends Omit<Case, "ways" | "dialect" | "features"> {
  readonly what: string;
  readonly attempts: readonly FactAttempt[];
  readonly dialect: "fact";
  readonly features: readonly string[];
}

export interface FactAttempt extends Way {
  readonly source: string;
  /** What really happens. */
  readonly connects: boolean;
}

const PORT = 11434;
const STRANGER = { 4: "203.0.113.9", 6: "2001:db8:99::9" } as const;
const IN: Way = { door: "eth0", family: 4, destination: HOST_ADDRESSES.eth0[4], port: PORT };
const IN6: Way = { door: "eth0", family: 6, destination: HOST_ADDRESSES.eth0[6], port: PORT };
const TO_CONTAINER: Way = { ...IN, destination: CONTAINER_ADDRESS[4] };
const TO_LOOPBACK: Way = { ...IN, destination: "127.0.0.1" };

function from(source: string, way: Way, connects: boolean): FactAttempt {
  return { ...way, source, connects };
}

function opens(way: Way): FactAttempt {
  return from(STRANGER[way.family], way, true);
}

function stays(way: Way): FactAttempt {
  return from(STRANGER[way.family], way, false);
}

function fact(what: string, inputs: readonly Input[], attempts: readonly FactAttempt[], routeLocalnet = false): Fact {
  return { what, inputs, attempts, routeLocalnet, dialect: "fact", features: [] };
}

function input(tool: Tool, ...lines: readonly string[]): Input {
  return { tool, lines: lines.map(toNeededLine) };
}

function filter(tool: Tool, ...lines: readonly string[]): Input {
  return input(tool, "*filter", ...lines, "COMMIT");
}

/** The chains Docker 20.10 makes for `-p ADDRESS:11434:11434`, as saved on Debian 12. */
function oldDocker(address: string): Input {
  const destination = address === "" ? "" : `-d ${address}/32 `;
  return input(
    "iptables-restore",
    "*nat",
    ":PREROUTING ACCEPT",
    ":DOCKER -",
    "-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER",
    "-A DOCKER -i docker0 -j RETURN",
    `-A DOCKER ${destination}! -i docker0 -p tcp -m tcp --dport ${PORT} -j DNAT --to-destination 172.17.0.2:${PORT}`,
    "COMMIT",
    "*filter",
    ":INPUT DROP",
    ":FORWARD DROP",
    ":DOCKER -",
    ":DOCKER-USER -",
    "-A FORWARD -j DOCKER-USER",
    "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -o docker0 -j DOCKER",
    "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
    `-A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport ${PORT} -j ACCEPT`,
    "-A DOCKER-USER -j RETURN",
    "COMMIT",
  );
}

function addRaw(docker: Input, ...rules: readonly string[]): Input {
  const raw = ["*raw", ":PREROUTING ACCEPT", ...rules, "COMMIT"].map(toNeededLine);
  return { ...docker, lines: [...raw, ...docker.lines] };
}

function replaceLine({ tool, lines }: Input, part: string, other: string): Input {
  return { tool, lines: lines.map(({ words: [text = ""] }) => toNeededLine(text.replace(part, other))) };
}

function twoChains(first: string, second: string): Input {
  return input(
    "nft -f -",
    "add table inet one",
    "add table inet two",
    `add chain inet one in { type filter hook input priority -10; ${first} }`,
    `add chain inet two in { type filter hook input priority 10; ${second} }`,
  );
}

export const FACTS: readonly Fact[] = [
  fact(
    "a DROP of iptables-legacy stops, although nft lists nothing",
    [filter("iptables-legacy-restore", ":INPUT ACCEPT", `-A INPUT -p tcp --dport ${PORT} -j DROP`)],
    [stays(IN), opens({ ...IN, port: 8080 }), opens(IN6)],
  ),
  fact(
    "an early accept does not beat a later drop",
    [
      twoChains("policy accept;", "policy accept;"),
      input("nft -f -", `add rule inet one in tcp dport ${PORT} accept`, `add rule inet two in tcp dport ${PORT} drop`),
    ],
    [stays(IN), stays(IN6)],
  ),
  fact(
    "a policy of drop at -10 stops what a later chain accepts",
    [twoChains("policy drop;", "policy accept;"), input("nft -f -", `add rule inet two in tcp dport ${PORT} accept`)],
    [stays(IN)],
  ),
  fact(
    "an accept of iptables does not beat a drop of nftables in another table",
    [
      filter("iptables-restore", ":INPUT ACCEPT", `-A INPUT -p tcp --dport ${PORT} -j ACCEPT`),
      twoChains("policy accept;", "policy accept;"),
      input("nft -f -", "add rule inet two in ip saddr 203.0.113.0/24 drop"),
    ],
    [stays(IN), from("203.0.114.0", IN, true)],
  ),
  fact(
    "a port published by Docker passes INPUT by: what ufw denies there is open",
    [oldDocker("")],
    [opens(IN), opens(TO_CONTAINER), stays({ ...IN, port: 8080 })],
  ),
  fact(
    "a port published on 127.0.0.1 by Docker 20.10 is open by the container's address, and by 127.0.0.1 itself",
    [oldDocker("127.0.0.1")],
    [stays(IN), opens(TO_CONTAINER), opens(TO_LOOPBACK)],
  ),
  fact(
    "Docker 28 drops what comes for the container's address or for 127.0.0.1 from outside",
    [
      addRaw(
        oldDocker("127.0.0.1"),
        "-A PREROUTING -d 172.17.0.2/32 ! -i docker0 -j DROP",
        `-A PREROUTING -d 127.0.0.1/32 ! -i lo -p tcp -m tcp --dport ${PORT} -j DROP`,
      ),
    ],
    [stays(IN), stays(TO_LOOPBACK), stays({ ...TO_CONTAINER, door: "eth1" })],
  ),
  fact(
    "with Docker's nftables tables ufw's FORWARD policy stops a published port",
    [
      filter("iptables-restore", ":INPUT DROP", ":FORWARD DROP"),
      input(
        "nft -f -",
        "add table ip docker-bridges",
        "add chain ip docker-bridges filter-FORWARD { type filter hook forward priority filter; policy accept; }",
        `add rule ip docker-bridges filter-FORWARD oifname docker0 ip daddr 172.17.0.2 tcp dport ${PORT} accept`,
        "add chain ip docker-bridges nat-PREROUTING { type nat hook prerouting priority dstnat; }",
        `add rule ip docker-bridges nat-PREROUTING fib daddr type local tcp dport ${PORT} dnat to 172.17.0.2:${PORT}`,
      ),
    ],
    [stays(IN)],
  ),
  fact(
    "in DOCKER-USER the port is the container's: a rule about the published one stops nobody",
    [
      replaceLine(
        replaceLine(oldDocker(""), `--dport ${PORT} -j DNAT`, "--dport 8080 -j DNAT"),
        "-A DOCKER-USER -j RETURN",
        "-A DOCKER-USER -p tcp --dport 8080 -j DROP",
      ),
    ],
    [opens({ ...IN, port: 8080 })],
  ),
  fact(
    "in DOCKER-USER the published port is the original one of the connection",
    [
      replaceLine(
        replaceLine(oldDocker(""), `--dport ${PORT} -j DNAT`, "--dport 8080 -j DNAT"),
        "-A DOCKER-USER -j RETURN",
        "-A DOCKER-USER -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL -j DROP",
      ),
    ],
    [stays({ ...IN, port: 8080 }), opens(TO_CONTAINER)],
  ),
  fact(
    "an address of one LAN is reached from the other",
    [filter("iptables-restore", ":INPUT ACCEPT", "-A INPUT -i eth1 -d 10.78.0.0/24 -j DROP")],
    [opens({ ...IN, door: "eth1" }), stays({ ...IN, door: "eth1", destination: HOST_ADDRESSES.eth1[4] })],
  ),
  fact(
    "with route_localnet a neighbour reaches what listens on 127.0.0.1 only",
    [],
    [opens({ ...TO_LOOPBACK, port: LOOPBACK_PORT })],
    true,
  ),
  fact("without route_localnet nobody does", [], [stays({ ...TO_LOOPBACK, port: LOOPBACK_PORT })]),
  fact(
    "default drop with loopback accepted by interface stops him too",
    [filter("iptables-restore", ":INPUT DROP", "-A INPUT -i lo -j ACCEPT")],
    [stays({ ...TO_LOOPBACK, port: LOOPBACK_PORT })],
    true,
  ),
  fact(
    "DNAT to 127.0.0.1 works with route_localnet",
    [toLoopback("-j DNAT --to-destination 127.0.0.1:9999")],
    [opens(IN)],
    true,
  ),
  fact("DNAT to 127.0.0.1 does not work without", [toLoopback("-j DNAT --to-destination 127.0.0.1:9999")], [stays(IN)]),
  fact(
    "a rule for IPv4 leaves IPv6 open",
    [filter("iptables-restore", ":INPUT ACCEPT", `-A INPUT -p tcp --dport ${PORT} -j DROP`)],
    [stays(IN), opens(IN6)],
  ),
  fact(
    "IPV6=no in ufw's settings is no hole",
    [
      input(
        "sh -e",
        "exec >/dev/null",
        "sed -i s/^IPV6=yes/IPV6=no/ /etc/default/ufw",
        "ufw allow 11434/tcp",
        "ufw --force enable",
      ),
    ],
    [opens(IN), stays(IN6), stays({ ...IN, port: 8080 })],
  ),
  fact(
    "after `ufw disable` its chains remain and stop nobody",
    [input("sh -e", "exec >/dev/null", "ufw deny 11434/tcp", "ufw --force enable", "ufw disable")],
    [opens(IN), opens(IN6)],
  ),
  fact(
    "a deny of ufw behind an allow is dead",
    [
      input(
        "sh -e",
        "exec >/dev/null",
        "ufw allow 11434/tcp",
        "ufw deny from 203.0.113.0/24 to any port 11434 proto tcp",
        "ufw --force enable",
      ),
    ],
    [opens(IN), opens(IN6)],
  ),
];

/** Redirects the server's port with `target`. */
function toLoopback(target: string): Input {
  return input(
    "iptables-restore",
    "*nat",
    ":PREROUTING ACCEPT",
    `-A PREROUTING -i eth0 -p tcp --dport ${PORT} ${target}`,
    "COMMIT",
  );
}
