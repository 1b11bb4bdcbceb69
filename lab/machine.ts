import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  copyFileSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { forgetNetwork } from "./forget-network.ts";
import { attemptCommand, ROOT_ENVIRONMENT, runCommand } from "./command.ts";
import { NAMESPACE_DIRECTORY, STATE_DIRECTORY } from "./names.ts";

export interface MachineOptions {
  /** Unique on this machine, with the run's prefix: names the machine, its directory and its cgroup. */
  readonly id: string;
  readonly hostname: string;
  /** Boots systemd; otherwise the only process is one that waits. */
  readonly systemd: boolean;
  readonly docker: boolean;
  readonly podman: boolean;
  /** Whether IPAddressDeny= of units takes effect, as on most hosts, or is ignored, as on some. */
  readonly ipFilter: boolean;
  /** Network namespace, by its name of ip-netns(8). */
  readonly namespace: string;
  /** Directories of the machine to show read-only in the host, by their path there. */
  readonly shown: Readonly<Record<string, string>>;
  /** The same for those that all hosts of a run write to. */
  readonly shared: Readonly<Record<string, string>>;
}

/** A host's processes and file system. */
export interface Machine {
  /** Process id, on the machine, of the host's first process. */
  readonly leader: number;
  /** Everything the host said on its console. */
  readonly consolePath: string;
  /** What holds the host's processes; ends with them. */
  readonly holder: ChildProcess;
}

const BOOT_TIMEOUT_MS = 30_000;
const ENGINES = ["docker", "podman"] as const;
const UNIT_DIRECTORY = "/etc/systemd/system";
/** What Debian gives root. */
const ROOT_START_FILES = "/usr/share/base-files";

/**
 * Starts a host: an overlay over `/`, so that it has every program of the machine, in namespaces of its own.
 * Resolves when it has booted (systemd: `running` or `degraded`). Rejects with the console's last words.
 */
export async function startMachine(options: MachineOptions): Promise<Machine> {
  const directory = join(STATE_DIRECTORY, options.id);
  const root = join(directory, "root");
  for (const name of ["root", "upper", "work", ...ENGINES]) mkdirSync(join(directory, name), { recursive: true });
  mkdirSync(toCgroup(options.id));
  const layers = `lowerdir=/,upperdir=${join(directory, "upper")},workdir=${join(directory, "work")},volatile`;
  await runCommand(["mount", "-t", "overlay", options.id, "-o", layers, root]);
  for (const engine of ENGINES.filter((name) => options[name])) {
    await runCommand(["mount", "-t", "tmpfs", "-o", "mode=0711", options.id, join(directory, engine)]);
  }
  prepareRoot(root, options);
  prepareHomes(directory);
  return bootMachine(options);
}

/**
 * Shuts a host with systemd down and boots it again from what it has on its disk. What lives only in the kernel of a
 * host (rules, links of container engines) is forgotten, as at any reboot; its cards keep their addresses.
 *
 * @param executables files of the machine that lie on the host's disk, by their path there
 */
export async function rebootMachine(
  machine: Machine,
  options: MachineOptions,
  executables: Readonly<Record<string, string>>,
): Promise<Machine> {
  const ended = once(machine.holder, "exit");
  await attemptCommand(["nsenter", `--target=${machine.leader}`, "--all", "systemctl", "--no-block", "reboot"]);
  await ended;
  await forgetNetwork(options.namespace);
  return bootMachine({ ...options, shown: { ...options.shown, ...executables } });
}

async function bootMachine(options: MachineOptions): Promise<Machine> {
  const directory = join(STATE_DIRECTORY, options.id);
  const consolePath = join(directory, "console.log");
  const sink = openSync(consolePath, "w");
  const child = spawn("sh", toStartArguments(options, directory), {
    env: toNspawnEnvironment(),
    stdio: ["ignore", sink, sink],
    detached: true, // an interrupt at the terminal is for the lab, which then ends its hosts in order
  });
  child.unref();
  const pid = child.pid ?? 0;
  const deadline = Date.now() + BOOT_TIMEOUT_MS;
  for (; Date.now() < deadline && child.exitCode === null; await sleep(15)) {
    const leader = readFirstChild(pid);
    if (leader !== null && (await isUp(leader, options.systemd, consolePath))) {
      return { leader, consolePath, holder: child };
    }
  }
  throw new Error(`lab: ${options.id} did not start:\n${readFileSync(consolePath, "utf8").slice(-4_000)}`);
}

/** Makes the copy of this machine a host of its own: its own name and id, and no service of this machine. */
function prepareRoot(root: string, options: MachineOptions): void {
  writeFileSync(join(root, "etc/hostname"), `${options.hostname}\n`);
  writeFileSync(join(root, "etc/machine-id"), `${randomBytes(16).toString("hex")}\n`);
  writeFileSync(
    join(root, "etc/hosts"),
    `127.0.0.1 localhost\n127.0.1.1 ${options.hostname}\n::1 localhost ip6-localhost ip6-loopback\n`,
  );
  for (const name of readdirSync(join(root, UNIT_DIRECTORY))) {
    if (/\.(wants|requires)$/.test(name)) rmSync(join(root, UNIT_DIRECTORY, name), { recursive: true });
  }
  if (options.docker) {
    rmSync(join(root, "etc/docker"), { recursive: true, force: true });
    enableUnit(root, "docker.service", "multi-user.target");
    enableUnit(root, "docker.socket", "sockets.target");
  }
  if (options.podman) {
    mkdirSync(join(root, "etc/containers"), { recursive: true });
    // Without a pids controller in the unified hierarchy, as on a hybrid machine, Podman's default limit fails.
    writeFileSync(join(root, "etc/containers/containers.conf"), "[containers]\npids_limit = 0\n");
    enableUnit(root, "podman.socket", "sockets.target");
  }
}

/** Homes as on a new host: what the people of this machine keep in theirs would run in the host's shells. */
function prepareHomes(directory: string): void {
  mkdirSync(join(directory, "home"), { mode: 0o755 });
  mkdirSync(join(directory, "home-of-root"), { mode: 0o700 });
  for (const name of ["bashrc", "profile"]) {
    copyFileSync(join(ROOT_START_FILES, `dot.${name}`), join(directory, "home-of-root", `.${name}`));
  }
}

function enableUnit(root: string, unit: string, target: string): void {
  const wants = join(root, UNIT_DIRECTORY, `${target}.wants`);
  mkdirSync(wants, { recursive: true });
  symlinkSync(join("/lib/systemd/system", unit), join(wants, unit));
}

/**
 * The script puts itself into a cgroup of the host's own before it becomes nspawn: two machines started from
 * one cgroup would share the subgroups nspawn makes, and each systemd would see the other's services.
 */
function toStartArguments(options: MachineOptions, directory: string): readonly string[] {
  const script = 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"';
  return ["-c", script, "sh", toCgroup(options.id), "systemd-nspawn", ...toNspawnArguments(options, directory)];
}

function toNspawnArguments(options: MachineOptions, directory: string): readonly string[] {
  // An overlay can hold no overlay, so engines keep their images elsewhere: in memory, where ending costs no sync.
  const engines = ENGINES.filter((engine) => options[engine]).map(
    (engine) => `--bind=${toEngineBind(directory, engine)}`,
  );
  const shown = Object.entries(options.shown).map(([inside, outside]) => `--bind-ro=${outside}:${inside}`);
  const shared = Object.entries(options.shared).map(([inside, outside]) => `--bind=${outside}:${inside}`);
  return [
    "--quiet",
    `--directory=${join(directory, "root")}`,
    `--machine=${options.id}`,
    `--hostname=${options.hostname}`,
    `--network-namespace-path=${join(NAMESPACE_DIRECTORY, options.namespace)}`,
    "--register=no",
    "--keep-unit",
    "--link-journal=no",
    "--resolv-conf=off",
    "--timezone=off",
    "--console=pipe",
    "--capability=all",
    // Engines join a session keyring for each container; the IP filter is a BPF program.
    `--system-call-filter=@keyring${options.ipFilter ? " bpf" : ""}`,
    `--bind=${join(directory, "home")}:/home`,
    `--bind=${join(directory, "home-of-root")}:/root`,
    ...engines,
    ...shown,
    ...shared,
    ...(options.systemd ? ["--boot"] : ["--as-pid2", "--", "sh", "-c", "echo ready; exec sleep infinity"]),
  ];
}

function toEngineBind(directory: string, engine: (typeof ENGINES)[number]): string {
  return `${join(directory, engine)}:${engine === "docker" ? "/var/lib/docker" : "/var/lib/containers"}`;
}

function toCgroup(id: string): string {
  return join(unifiedHierarchy() ?? "", id);
}

function toNspawnEnvironment(): Readonly<Record<string, string>> {
  return {
    ...ROOT_ENVIRONMENT,
    UNIFIED_CGROUP_HIERARCHY: "1",
    SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: "1",
    // The network's settings are the host's own; all others would be this machine's.
    SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network",
  };
}

/** Mount point of the unified cgroup hierarchy, also on a hybrid machine; null where there is none. */
export function unifiedHierarchy(): string | null {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  return (
    mounts
      .find((line) => line.includes(" - cgroup2 "))
      ?.split(" ")
      .at(4) ?? null
  );
}

/** The first child of a process, or null where it has none or is gone. */
export function readFirstChild(pid: number): number | null {
  try {
    const [first] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ");
    return first === undefined || first === "" ? null : Number(first);
  } catch {
    return null;
  }
}

async function isUp(leader: number, systemd: boolean, consolePath: string): Promise<boolean> {
  if (!systemd) return readFileSync(consolePath, "utf8").includes("ready\n");
  const asked = await attemptCommand(["nsenter", `--target=${leader}`, "--all", "systemctl", "is-system-running"]);
  return /^(running|degraded)$/m.test(asked.stdout);
}
