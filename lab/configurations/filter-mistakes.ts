import type { Host } from "../host.ts";
import { NEIGHBOUR } from "../topology.ts";
import { type Configuration, listenOn } from "./configuration.ts";
import { startContainer } from "./start-container.ts";

/** What people write into a packet filter, and what they believe that it does. */
export const FILTER_MISTAKES: readonly Configuration[] = [
  {
    id: "ufw-deny-behind-allow",
    what: "ufw deny from a colleague, added after ufw allow 11434: it is never reached",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "allow", "11434/tcp"]);
      await host.run(["ufw", "deny", "from", NEIGHBOUR.ipv4, "to", "any", "port", "11434", "proto", "tcp"]);
      await host.run(["ufw", "--force", "enable"]);
    },
    verdict: "exposed",
    findings: ["open-bind", "rule-never-reached"],
  },
  {
    id: "docker-user-behind-return",
    what: "a published port, and its drop appended to DOCKER-USER, behind the RETURN that Docker puts there",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await startContainer(host, ["-p", "0.0.0.0:11434:11434"]);
      await host.run(["iptables", "-A", "DOCKER-USER", "-p", "tcp", "--dport", "11434", "-j", "DROP"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: [
      "published-port-open",
      "container-address-open",
      "open-to-containers",
      "rule-never-reached",
      "runs-as-root",
    ],
    unknownBecause: ["private-address"],
  },
  {
    id: "iptables-for-ipv4-only",
    what: "iptables drops the port, and nobody thought of ip6tables",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await dropPort(host);
    },
    verdict: "exposed",
    findings: ["open-bind", "rule-for-one-family"],
  },
  {
    id: "policy-accept",
    what: "rules of iptables about other ports, and the policy lets in the rest",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      for (const tool of ["iptables", "ip6tables"]) {
        await host.run([tool, "-A", "INPUT", "-p", "tcp", "--dport", "22", "-j", "ACCEPT"]);
        await host.run([tool, "-A", "INPUT", "-p", "tcp", "--dport", "25", "-j", "DROP"]);
      }
    },
    verdict: "exposed",
    findings: ["open-bind", "default-policy-accept"],
  },
  {
    id: "neighbour-still-connected",
    what: "the port is dropped while a neighbour is connected, behind the rule that lets pass what is established",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      for (const tool of ["iptables", "ip6tables"]) {
        await host.run([tool, "-A", "INPUT", "-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED", "-j", "ACCEPT"]);
      }
      const { kind } = await host.neighbour.connect(host.addresses.eth0.ipv4, 11_434, { keep: true });
      if (kind !== "connected") throw new Error(`lab: the neighbour was to be connected: ${kind}`);
      await dropPort(host);
      await host.run(["ip6tables", "-A", "INPUT", ...DROP]);
    },
    verdict: "local",
    findings: ["browser-page-can-call", "session-outlives-rule"],
  },
  {
    id: "docker-beside-ufw",
    what: "a published port that ufw denies, which Docker passes on before ufw sees it",
    host: { systemd: true, docker: true },
    needs: ["docker", "ufw"],
    async set(host) {
      await startContainer(host, ["-p", "11434:11434"]);
      await host.run(["ufw", "deny", "11434/tcp"]);
      await host.run(["ufw", "--force", "enable"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "container-address-open", "open-to-containers", "runs-as-root"],
    unknownBecause: ["private-address"],
  },
];

const DROP = ["!", "-i", "lo", "-p", "tcp", "--dport", "11434", "-j", "DROP"];

async function dropPort(host: Host): Promise<void> {
  await host.run(["iptables", "-A", "INPUT", ...DROP]);
}
