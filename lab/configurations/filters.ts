import { HOST, NEIGHBOUR } from "../topology.ts";
import { type Configuration, listenOn } from "./configuration.ts";
import { startContainer } from "./start-container.ts";

/** What people write into a packet filter, and what it then lets through. */
export const FILTERS: readonly Configuration[] = [
  {
    id: "ufw-for-the-lan",
    what: "ufw allow from the LAN's network to the port: the LAN, and nobody else",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "allow", "from", "10.77.0.0/24", "to", "any", "port", "11434", "proto", "tcp"]);
      await host.run(["ufw", "--force", "enable"]);
    },
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "ufw-for-one-colleague",
    what: "ufw allow from one colleague's address: one of the LAN's addresses, and no other",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "allow", "from", NEIGHBOUR.ipv4, "to", "any", "port", "11434"]);
      await host.run(["ufw", "--force", "enable"]);
    },
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "ufw-all-but-one",
    what: "ufw deny from one address inserted before ufw allow 11434",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "allow", "11434/tcp"]);
      await host.run(["ufw", "insert", "1", "deny", "from", NEIGHBOUR.ipv4]);
      await host.run(["ufw", "--force", "enable"]);
    },
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "ufw-limit",
    what: "ufw limit 11434/tcp: the first calls of anybody get through",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "limit", "11434/tcp"]);
      await host.run(["ufw", "--force", "enable"]);
    },
    verdict: "unknown",
    findings: ["browser-page-can-call"],
    unknownBecause: ["rules-rate", "rules-moment"],
  },
  {
    id: "legacy-drop",
    what: "iptables-legacy drops the port: nft does not show it",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      for (const tool of ["iptables-legacy", "ip6tables-legacy"]) {
        await host.run([tool, "-A", "INPUT", "!", "-i", "lo", "-p", "tcp", "--dport", "11434", "-j", "DROP"]);
      }
    },
    verdict: "local",
    findings: ["browser-page-can-call"],
  },
  {
    id: "redirected-port",
    what: "on loopback, and port 8080 sent on to it with DNAT and route_localnet",
    host: { systemd: true },
    async set(host) {
      await host.installOllama();
      await host.run(["sysctl", "-qw", "net.ipv4.conf.eth0.route_localnet=1"]);
      const target = ["-j", "DNAT", "--to-destination", "127.0.0.1:11434"];
      await host.run(["iptables", "-t", "nat", "-A", "PREROUTING", "-p", "tcp", "--dport", "8080", ...target]);
    },
    verdict: "exposed",
    findings: ["forwarded-port-open", "loopback-routed-in"],
  },
  {
    id: "another-address-let-in",
    what: "the host's IPv4 address is dropped, and a second one of the same LAN forgotten",
    host: { systemd: true },
    async set(host) {
      await host.run(["ip", "address", "add", "10.77.0.11/24", "dev", "eth0"]);
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      const match = ["-p", "tcp", "--dport", "11434", "-j", "DROP"];
      await host.run(["iptables", "-A", "INPUT", "-d", HOST.ipv4, ...match]);
      await host.run(["ip6tables", "-A", "INPUT", "!", "-i", "lo", ...match]);
    },
    verdict: "exposed",
    findings: ["open-bind", "default-policy-accept"],
  },
  {
    id: "docker-user-drop",
    what: "a published port dropped in DOCKER-USER by the port it was published on",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await startContainer(host, ["-p", "11434:11434"]);
      const original = ["-m", "conntrack", "--ctorigdstport", "11434", "--ctdir", "ORIGINAL"];
      await host.run(["iptables", "-I", "DOCKER-USER", "-i", "eth0", "-p", "tcp", ...original, "-j", "DROP"]);
      await host.run(["ip6tables", "-A", "INPUT", "-i", "eth0", "-p", "tcp", "--dport", "11434", "-j", "DROP"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
];
