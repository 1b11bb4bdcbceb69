import type { HostReader, Reading } from "../host/host.ts";
import { type DockerOptions, gatherDockerOptions } from "./docker-options.ts";
import { type Firewalld, gatherFirewalld, type Unasked } from "./firewalld.ts";
import { gatherOwnRules, type OwnRules } from "./own-rules.ts";
import { gatherRuleLoaders, type RuleLoader } from "./rule-loaders.ts";
import { gatherUfw, type Ufw } from "./ufw.ts";

/**
 * The programs that write packet filters, each as its own files and its own words tell: what they mean to let
 * through, beside what the kernel really holds (firewall.ts).
 */
export interface FirewallManagers {
  /** Absent where it is not installed. */
  readonly ufw: Reading<Ufw>;
  /** Absent where it is not installed. */
  readonly firewalld: Reading<Firewalld>;
  readonly loaders: Reading<readonly RuleLoader[]>;
  /** Services of Portlock's own; left out where an older version recorded the host. */
  readonly ownRules?: Reading<readonly OwnRules[]>;
  /** Absent where no dockerd runs and none is configured. */
  readonly docker: Reading<DockerOptions>;
  /** Whether packets within one bridge pass the rules of iptables; null where br_netfilter is not loaded. */
  readonly bridgeFilter: { readonly ipv4: boolean | null; readonly ipv6: boolean | null };
  /** `net.ipv4.conf.all.rp_filter`: 0 off, 1 strict, 2 loose; an interface's own may be higher. Null: not read. */
  readonly reversePathFilter: number | null;
}

const UNITS = ["firewalld.service", "polkit.service"] as const;
const BUS = "/run/dbus/system_bus_socket";
const SYSCTL = "/proc/sys/net";

/** What is known of the host before its managers are asked. */
export interface KnownToManagers {
  readonly executableOf: ReadonlyMap<number, string>;
  /** Null: could not be told. */
  readonly readerUid: number | null;
}

/** Costs a handful of small files where no manager is set up; a command only where firewalld is installed. */
export async function gatherFirewallManagers(host: HostReader, known: KnownToManagers): Promise<FirewallManagers> {
  const daemon = [...known.executableOf].find(([, path]) => path.endsWith("/dockerd"))?.[0] ?? null;
  const [ufw, firewalld, loaders, ownRules, docker, ipv4, ipv6, reversePath] = await Promise.all([
    gatherUfw(host),
    gatherFirewalldIfInstalled(host, known.readerUid === 0),
    gatherRuleLoaders(host),
    gatherOwnRules(host),
    gatherDockerOptions(host, daemon),
    host.readFile(`${SYSCTL}/bridge/bridge-nf-call-iptables`),
    host.readFile(`${SYSCTL}/bridge/bridge-nf-call-ip6tables`),
    host.readFile(`${SYSCTL}/ipv4/conf/all/rp_filter`),
  ]);
  return {
    ufw,
    firewalld,
    loaders,
    ownRules,
    docker,
    bridgeFilter: { ipv4: toSwitch(ipv4), ipv6: toSwitch(ipv6) },
    reversePathFilter: toNumber(reversePath),
  };
}

async function gatherFirewalldIfInstalled(host: HostReader, isRoot: boolean): Promise<Reading<Firewalld>> {
  const program = await host.stat("/usr/bin/firewall-cmd");
  if (!program.ok) return program;
  // firewalld does not start without the system's bus.
  const bus = await host.stat(BUS);
  if (!bus.ok && bus.why === "absent") return gatherFirewalld(host, { running: false, unasked: null });
  const shown = await host.run(["systemctl", "show", "--no-pager", "--property=LoadState,ActiveState", "--", ...UNITS]);
  const [service, polkit] = shown.ok && shown.value.exitCode === 0 ? shown.value.stdout.split("\n\n") : [];
  const running = service === undefined ? null : /^ActiveState=(?:active|reloading)$/m.test(service);
  return gatherFirewalld(host, { running, unasked: toUnasked(isRoot, polkit ?? "") });
}

/** firewalld asks polkit who asks it, which would start that service where it is stopped. */
function toUnasked(isRoot: boolean, polkit: string): Unasked | null {
  if (!isRoot) return { why: "denied", detail: "polkit may ask somebody for a password" };
  if (/^(?:ActiveState=active|LoadState=not-found)$/m.test(polkit)) return null;
  return { why: "failed", detail: "polkit.service does not run, and asking would start it" };
}

function toNumber(reading: Reading<string>): number | null {
  const text = reading.ok ? reading.value.trim() : "";
  return /^\d{1,3}$/.test(text) ? Number(text) : null;
}

function toSwitch(reading: Reading<string>): boolean | null {
  const number = toNumber(reading);
  return number === null ? null : number !== 0;
}
