import type { Host } from "../host.ts";
import { type Configuration, listenOn } from "./configuration.ts";

/** Programs that write firewall rules, and what they say that is not so. */
export const FIREWALL_MANAGERS: readonly Configuration[] = [
  {
    id: "ufw-inactive",
    what: "on every address, with a rule of ufw for the office alone, and ufw never switched on",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "allow", "from", "192.0.2.0/24", "to", "any", "port", "11434", "proto", "tcp"]);
    },
    verdict: "exposed",
    findings: ["open-bind", "ufw-inactive"],
  },
  {
    id: "firewalld-unsaved",
    what: "on every address, behind firewalld, whose files let everybody in from the next reload on",
    host: { systemd: true },
    needs: ["firewall"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["systemctl", "start", "firewalld.service"]);
      await host.run(["firewall-cmd", "--permanent", "--zone=public", "--add-port=11434/tcp"]);
    },
    verdict: "local",
    findings: ["browser-page-can-call", "firewalld-unsaved"],
  },
  {
    id: "ufw-and-nftables",
    what: "on every address, behind an active ufw, whose rules nftables.service takes away when it starts",
    host: { systemd: true },
    needs: ["ufw", "firewall"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "--force", "enable"]);
      await host.run(["systemctl", "enable", "nftables.service"]);
    },
    verdict: "local",
    findings: ["browser-page-can-call", "rule-managers-fight"],
  },
  {
    id: "docker-rule-in-forward",
    what: "a published port of Docker's, closed by a rule in FORWARD until Docker starts again",
    host: { systemd: true, docker: true },
    needs: ["docker"],
    async set(host) {
      await host.docker.start();
      await startOllama(host);
      await host.run(["iptables", "-I", "FORWARD", "-p", "tcp", "--dport", "11434", "-j", "DROP"]);
      return { docker0: await host.docker.connectFrom("bridge") };
    },
    verdict: "exposed",
    findings: ["published-port-open", "rule-lost-on-reload", "runs-as-root"],
    unknownBecause: ["private-address", "bridge-unread"],
  },
];

/** Published for IPv4 alone: for IPv6, docker-proxy listens on the host itself. */
async function startOllama(host: Host): Promise<void> {
  const image = await host.docker.importOllama();
  await host.docker.run(["--name", "llm", "-p", "0.0.0.0:11434:11434", image]);
  await host.waitForPort(11_434);
}
