import type { HostReader, Reading } from "../host/host.ts";
import { type DockerOptions, gatherDockerOptions } from "./docker-options.ts";
import { type Firewalld, gatherFirewalld } from "./firewalld.ts";
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
  /** Absent where no dockerd runs and none is configured. */
  readonly docker: Reading<DockerOptions>;
  /** Whether packets within one bridge pass the rules of iptables; null where br_netfilter is not loaded. */
  readonly bridgeFilter: { readonly ipv4: boolean | null; readonly ipv6: boolean | null };
  /** `net.ipv4.conf.all.rp_filter`: 0 off, 1 strict, 2 loose; an interface's own may be higher. Null: not read. */
  readonly reversePathFilter: number | null;
}

const SERVICE = "firewalld.service";
const BUS = "/run/dbus/system_bus_socket";
const SYSCTL = "/proc/sys/net";

/** Costs a handful of small files where no manager is set up; a command only where firewalld is installed. */
export async function gatherFirewallManagers(
  host: HostReader,
  executableOf: ReadonlyMap<number, string>,
): Promise<FirewallManagers> {
  const daemon = [...executableOf].find(([, path]) => path.endsWith("/dockerd"))?.[0] ?? null;
  const [ufw, firewalld, loaders, docker, ipv4, ipv6, reversePath] = await Promise.all([
    gatherUfw(host),
    gatherFirewalldIfInstalled(host),
    gatherRuleLoaders(host),
    gatherDockerOptions(host, daemon),
    host.readFile(`${SYSCTL}/bridge/bridge-nf-call-iptables`),
    host.readFile(`${SYSCTL}/bridge/bridge-nf-call-ip6tables`),
    host.readFile(`${SYSCTL}/ipv4/conf/all/rp_filter`),
  ]);
  return {
    ufw,
    firewalld,
    loaders,
    docker,
    bridgeFilter: { ipv4: toSwitch(ipv4), ipv6: toSwitch(ipv6) },
    reversePathFilter: toNumber(reversePath),
  };
}

async function gatherFirewalldIfInstalled(host: HostReader): Promise<Reading<Firewalld>> {
  const program = await host.stat("/usr/bin/firewall-cmd");
  if (!program.ok) return program;
  // firewalld does not start without the system's bus.
  const bus = await host.stat(BUS);
  if (!bus.ok && bus.why === "absent") return gatherFirewalld(host, false);
  const shown = await host.run(["systemctl", "show", "--no-pager", "--property=ActiveState", "--", SERVICE]);
  const state = shown.ok && shown.value.exitCode === 0 ? shown.value.stdout.trim() : "";
  const running = state === "" ? null : state === "ActiveState=active" || state === "ActiveState=reloading";
  return gatherFirewalld(host, running);
}

function toNumber(reading: Reading<string>): number | null {
  const text = reading.ok ? reading.value.trim() : "";
  return /^\d{1,3}$/.test(text) ? Number(text) : null;
}

function toSwitch(reading: Reading<string>): boolean | null {
  const number = toNumber(reading);
  return number === null ? null : number !== 0;
}
