import { type Configuration, listenOn } from "./configuration.ts";

/** Who can come, and what stands in the way. */
export const VANTAGES: readonly Configuration[] = [
  {
    id: "route-localnet",
    what: "on loopback, but route_localnet lets a neighbour address 127.0.0.1",
    host: { systemd: true },
    async set(host) {
      await host.run(["sysctl", "-qw", "net.ipv4.conf.eth0.route_localnet=1"]);
      await host.installOllama();
    },
    verdict: "exposed",
    findings: ["loopback-routed-in"],
  },
  {
    id: "no-default-route",
    what: "on every address, and no default route: nobody beyond the LAN gets an answer",
    host: { systemd: true },
    async set(host) {
      await host.run(["ip", "route", "del", "default"]);
      await host.run(["ip", "-6", "route", "del", "default"]);
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
    },
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "ipv4-only",
    what: "on every address of a host without IPv6",
    host: { systemd: true },
    async set(host) {
      await host.run(["sysctl", "-qw", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1"]);
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
    },
    verdict: "exposed",
    findings: ["open-bind"],
  },
  {
    id: "ufw-active",
    what: "on every address, behind an active ufw",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      await host.run(["ufw", "--force", "enable"]);
    },
    verdict: "local",
    findings: ["browser-page-can-call"],
  },
  {
    id: "nftables-table",
    what: "on every address, behind a table of somebody's own",
    host: { systemd: true },
    async set(host) {
      await host.installOllama({ override: [listenOn("0.0.0.0")] });
      const rules =
        "table inet mine { chain in { type filter hook input priority 0; iifname != lo tcp dport 11434 drop; }; }";
      await host.run(["nft", "-f", "-"], { input: `${rules}\n` });
    },
    verdict: "local",
    findings: ["browser-page-can-call"],
  },
  {
    id: "firewall-and-loopback",
    what: "on loopback, behind an active ufw: closed whatever the rules say",
    host: { systemd: true },
    needs: ["ufw"],
    async set(host) {
      await host.installOllama();
      await host.run(["ufw", "--force", "enable"]);
    },
    verdict: "local",
    findings: [],
  },
  {
    id: "ip-filter-that-blocks",
    what: "on every address, with IPAddressDeny=any and IPAddressAllow=localhost",
    host: { systemd: true },
    set: (host) =>
      host.installOllama({ override: [listenOn("0.0.0.0"), "IPAddressDeny=any", "IPAddressAllow=localhost"] }),
    verdict: "unknown",
    findings: ["browser-page-can-call", "ip-filter-unproven"],
    unknownBecause: ["ip-filter-unproven"],
  },
  {
    id: "ip-filter-without-effect",
    what: "the same unit on a host where the filter loads and blocks nobody",
    host: { systemd: true, ipFilter: false },
    set: (host) =>
      host.installOllama({ override: [listenOn("0.0.0.0"), "IPAddressDeny=any", "IPAddressAllow=localhost"] }),
    verdict: "unknown",
    findings: ["browser-page-can-call", "ip-filter-unproven"],
    unknownBecause: ["ip-filter-unproven"],
  },
  {
    id: "any-origin",
    what: "on loopback, with OLLAMA_ORIGINS=* for a browser extension",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: ["Environment=OLLAMA_ORIGINS=*"] }),
    verdict: "local",
    findings: ["any-origin-allowed"],
  },
  {
    id: "before-the-host-check",
    what: "version 0.1.28 on loopback: a rebound web page gets in",
    host: { systemd: true },
    set: (host) => host.installOllama({ override: ["Environment=STAND_IN_VERSION=0.1.28"] }),
    verdict: "local",
    findings: ["browser-page-can-call"],
  },
  {
    id: "audited-by-nobody",
    what: "on loopback, audited by a user without rights: another server could be hidden",
    host: { systemd: true },
    as: "nobody",
    set: (host) => host.installOllama(),
    verdict: "unknown",
    findings: [],
  },
  {
    id: "open-audited-by-nobody",
    what: "on every address, audited by a user without rights: the rules could not be read",
    host: { systemd: true },
    as: "nobody",
    set: (host) => host.installOllama({ override: [listenOn("0.0.0.0")] }),
    verdict: "unknown",
    findings: ["browser-page-can-call"],
    unknownBecause: ["firewall-unread"],
  },
];
