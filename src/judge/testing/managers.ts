import type { FirewallManagers } from "../../facts/firewall-managers.ts";
import type { FirewallPresence } from "../../facts/firewall.ts";
import type { UfwRule } from "../../facts/ufw.ts";
import type { Reading } from "../../host/host.ts";

/** A host on which no manager of firewall rules is installed. */
export const NO_MANAGERS: FirewallManagers = {
  ufw: { ok: false, why: "absent", from: "/etc/ufw/ufw.conf" },
  firewalld: { ok: false, why: "absent", from: "/usr/bin/firewall-cmd" },
  loaders: { ok: true, value: [], from: "/etc/nftables.conf" },
  docker: { ok: false, why: "absent", from: "/etc/docker/daemon.json" },
  bridgeFilter: { ipv4: null, ipv6: null },
  reversePathFilter: null,
};

/** An ufw that was given these rules. */
export function anUfw(enabled: boolean | null, rules: readonly UfwRule[]): FirewallManagers["ufw"] {
  const said = { from: "/etc/ufw/ufw.conf", line: 6, text: `ENABLED=${enabled === true ? "yes" : "no"}` };
  return {
    ok: true,
    from: "/etc/ufw/ufw.conf",
    value: {
      enabled,
      ipv6: true,
      inputPolicy: "DROP",
      rules: { ok: true, value: rules, from: "/etc/ufw/user.rules" },
      evidence: [said],
    },
  };
}

/** What iptables-save printed of a host whose rules are all of iptables-nft. */
export function savedRules(text: string): Reading<FirewallPresence> {
  const from = "iptables-save";
  return {
    ok: true,
    from,
    value: {
      ruleSets: [
        { engine: "nftables", family: "ip", table: "filter", evidence: { from: "nft", text: "table ip filter" } },
      ],
      printed: [
        { engine: "iptables-nft", dialect: "iptables-save", family: 4, text: { ok: true, value: text, from } },
        {
          engine: "nftables",
          dialect: "nft-json",
          family: null,
          text: { ok: true, value: '{"nftables":[]}', from: "nft" },
        },
      ],
      evidence: [],
    },
  };
}

/** Rules that keep everybody from every port, but for this host itself. */
export const ALL_DROPPED = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n-A INPUT -i lo -j ACCEPT\nCOMMIT\n";
