import { join } from "node:path";
import type { Auditor } from "./auditor.ts";
import { runCommand } from "./command.ts";
import type { Host } from "./host.ts";
import type { Vantage } from "./vantage.ts";

export interface SshServerOptions {
  /** Default: 22. */
  readonly port?: number;
  /** Further lines of sshd_config. */
  readonly lines?: readonly string[];
}

/** A running sshd of a host. */
export interface SshServer {
  readonly port: number;
  /** Type and key, as a line of known_hosts ends. */
  readonly hostKey: string;
}

/** Somebody elsewhere who may log in, and the target by which portlock is told so. */
export interface Guest {
  readonly auditor: Auditor;
  readonly target: string;
  readonly server: SshServer;
}

const PORT = 22;

/** Starts an sshd and lets somebody at that place in by key, as root unless told otherwise; he knows the host's key. */
export async function letIn(
  host: Host,
  place: Vantage,
  options: SshServerOptions & { readonly user?: string } = {},
): Promise<Guest> {
  const { user = "root" } = options;
  const auditor = host.auditorAt(place);
  const [server, key] = await Promise.all([startSshServer(host, options), makeKey(auditor)]);
  await admit(host, key, user);
  const address = host.addresses.eth0.ipv4;
  auditor.write(".ssh/known_hosts", toKnownHost(address, server));
  const port = server.port === PORT ? "" : `:${server.port}`;
  return { auditor, target: `ssh://${user}@${address}${port}`, server };
}

/** A line of known_hosts. */
export function toKnownHost(name: string, server: SshServer): string {
  return `${server.port === PORT ? name : `[${name}]:${server.port}`} ${server.hostKey}\n`;
}

/** Makes a key pair in the auditor's `~/.ssh` and returns the line for authorized_keys. */
export async function makeKey(auditor: Auditor, name = "id_ed25519", passphrase = ""): Promise<string> {
  auditor.write(".ssh/.made", "");
  const path = join(auditor.home, ".ssh", name);
  await runCommand(["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "auditor", "-f", path]);
  return (await runCommand(["cat", `${path}.pub`])).stdout.trim();
}

/** Lets the holder of a key log in as that user of the host, who is made where he is not there yet. */
export async function admit(host: Host, key: string, user = "root", shell = "/bin/bash"): Promise<void> {
  const known = await host.attempt(["getent", "passwd", user]);
  if (known.exitCode !== 0) await host.run(["useradd", "--create-home", "--shell", shell, user]);
  const script = [
    'cd "$(getent passwd "$1" | cut -d: -f6)"',
    "umask 077",
    "mkdir -p .ssh",
    'echo "$2" >>.ssh/authorized_keys',
    'chown -R "$1:" .ssh',
  ].join(" && ");
  await host.run(["sh", "-c", script, "sh", user, key]);
}

/** Starts Debian's sshd with PAM, as ssh.service would, and a host key of its own. */
export async function startSshServer(host: Host, options: SshServerOptions = {}): Promise<SshServer> {
  const { port = PORT, lines = [] } = options;
  const [key, file] = [`/etc/ssh/lab-${port}-key`, `/etc/ssh/lab-${port}.conf`];
  const configuration = [
    `Port ${port}`,
    `HostKey ${key}`,
    "PermitRootLogin prohibit-password",
    "PasswordAuthentication no",
    "KbdInteractiveAuthentication no",
    "UsePAM yes",
    "PidFile none",
    ...lines,
  ];
  await host.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  await host.write(file, `${configuration.join("\n")}\n`);
  await host.run(["mkdir", "-p", "/run/sshd"]);
  const command = ["/usr/sbin/sshd", "-D", "-f", file];
  if (host.hasSystemd) await host.run(["systemd-run", "--quiet", `--unit=lab-sshd-${port}`, "--", ...command]);
  else await host.spawn(command);
  await host.waitForPort(port);
  const [type = "", text = ""] = (await host.run(["cat", `${key}.pub`])).stdout.split(" ");
  return { port, hostKey: `${type} ${text}` };
}
