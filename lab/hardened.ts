import type { HostVerdict } from "../src/report/report.ts";

/** How somebody closes one of the configurations, and what the host comes to. */
export interface Hardening {
  readonly configuration: string;
  /** Arguments of `portlock harden`. */
  readonly args: readonly string[];
  readonly verdict: HostVerdict;
  /** True where the change, or the server itself, ends with the next boot: it is not rebooted. Default: false. */
  readonly untilReboot?: boolean;
  /**
   * What opened it stands in no file any more, and only waited for a reload or a restart: no undo can bring it back.
   * Default: false.
   */
  readonly staysClosed?: boolean;
  /** What an undo leaves otherwise than it was, and the test file says why. */
  readonly differs?: RegExp;
}

function close(configuration: string, ...args: readonly string[]): Hardening {
  return { configuration, args, verdict: "local" };
}

/** By the unit's own drop-in, the way Portlock recommends. */
const BY_DROP_IN: readonly Hardening[] = [
  close("all-addresses"),
  close("port-only"),
  close("ipv6-wildcard"),
  close("quoted-value"),
  close("url-with-port"),
  close("bad-port"),
  close("lan-address-two-lans"),
  close("ipv6-address"),
  close("etc-environment"),
  close("exported-in-shell"),
  close("environment-d"),
  close("defaults-file-unnamed"),
  close("environment-file-wins"),
  { ...close("daemon-reload-missing"), staysClosed: true },
  { ...close("restart-missing"), staysClosed: true },
  close("outside-service-section"),
  close("curly-quotes"),
  close("comment-applied"),
  close("later-drop-in-wins"),
  { ...close("drop-in-removed"), staysClosed: true },
  close("user-service"),
  { ...close("user-service-edited"), staysClosed: true },
  close("no-default-route"),
  close("ipv4-only"),
  close("old-version-exposed"),
  close("strangers-were-here"),
  close("container-calls-the-host"),
  close("ufw-for-the-lan"),
  close("ufw-for-one-colleague"),
  close("ufw-all-but-one"),
  close("ufw-inactive"),
  close("another-address-let-in"),
  close("ufw-deny-behind-allow"),
  close("iptables-for-ipv4-only"),
  close("policy-accept"),
];

/** By the other methods that people are taught, in the form that works. */
const BY_OTHER_METHODS: readonly Hardening[] = [
  close("all-addresses", "--sandbox"),
  close("all-addresses", "--ip-filter"),
  close("all-addresses", "--sandbox", "--ip-filter", "--mend", "origins", "--mend", "cloud"),
  close("comment-applied", "--mend", "leftovers"),
  close("curly-quotes", "--mend", "leftovers"),
  close("loose-permissions", "--mend", "permissions"),
  close("all-addresses", "--method", "environment"),
  close("etc-environment", "--method", "environment"),
  close("environment-file-wins", "--method", "environment", "--mend", "leftovers"),
  { ...close("all-addresses", "--method", "session"), untilReboot: true },
  { ...close("environment-file-wins", "--method", "session"), untilReboot: true },
  { ...close("second-server-by-hand", "--restart-process"), untilReboot: true, differs: /portlock-server-/ },
];

/** By making a container anew. A neighbour may still know the way to its own address, which Docker 20.10 does not stop. */
const BY_RECREATING: readonly Hardening[] = [
  { ...close("docker-published", "--recreate"), verdict: "exposed", untilReboot: true },
  { ...close("docker-host-network", "--recreate"), untilReboot: true },
  {
    ...close("podman-published", "--recreate"),
    verdict: "exposed",
    untilReboot: true,
    // Its network gives each start of a container another address, which stands in the rules.
    differs: /^rules of /,
  },
  { ...close("service-and-container", "--recreate"), verdict: "exposed", untilReboot: true },
  { ...close("docker-beside-ufw", "--recreate"), verdict: "exposed", untilReboot: true },
  { ...close("docker-without-rules", "--recreate"), verdict: "exposed", untilReboot: true },
];

/** In the manager of rules that is in charge, with the server left where it listens. */
const BY_FIREWALL: readonly Hardening[] = [
  close("all-addresses", "--firewall", "auto"),
  close("ufw-for-the-lan", "--firewall", "auto"),
  close("ufw-for-one-colleague", "--firewall", "ufw"),
  close("ufw-all-but-one", "--firewall", "auto"),
  close("another-address-let-in", "--firewall", "auto"),
  { ...close("ipv4-only", "--firewall", "auto", "--allow", "10.77.0.0/24"), verdict: "exposed" },
  { ...close("ufw-for-the-lan", "--firewall", "auto", "--allow", "10.77.0.20"), verdict: "exposed" },
  { ...close("docker-published", "--firewall", "auto"), verdict: "unknown", untilReboot: true },
  close("ufw-inactive", "--firewall", "auto"),
  close("ufw-deny-behind-allow", "--firewall", "auto"),
  close("iptables-for-ipv4-only", "--firewall", "auto"),
  close("policy-accept", "--firewall", "auto"),
  close("route-localnet", "--firewall", "auto"),
  close("redirected-port", "--firewall", "auto"),
];

/** Every starting point and way that harden.test.ts closes, reboots, upgrades and takes back. */
export const HARDENED: readonly Hardening[] = [...BY_DROP_IN, ...BY_OTHER_METHODS, ...BY_RECREATING, ...BY_FIREWALL];
