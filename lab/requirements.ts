import { spawnSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { join } from "node:path";
import { ROOT_ENVIRONMENT } from "./command.ts";
import { unifiedHierarchy } from "./machine.ts";

/** Parts of the lab that a machine may lack. `host` is what every lab test needs. */
export type Part =
  | "host"
  | "docker"
  | "compose"
  | "podman"
  | "ufw"
  | "ssh"
  | "login-shells"
  | "strace"
  | "firewall"
  | "proxies";

/** Programs of each part, with the Debian package that has them. */
const PROGRAMS: Readonly<Record<Part, Readonly<Record<string, string>>>> = {
  host: {
    ip: "iproute2",
    nsenter: "util-linux",
    unshare: "util-linux",
    setpriv: "util-linux",
    sysctl: "procps",
    "systemd-nspawn": "systemd-container",
  },
  docker: { dockerd: "docker.io", docker: "docker.io", iptables: "iptables", busybox: "busybox-static" },
  compose: { "docker-compose": "docker-compose" },
  podman: { podman: "podman", iptables: "iptables", busybox: "busybox-static" },
  ufw: { ufw: "ufw" },
  firewall: {
    nft: "nftables",
    iptables: "iptables",
    ipset: "ipset",
    ufw: "ufw",
    firewalld: "firewalld",
    "dbus-daemon": "dbus-daemon",
  },
  proxies: { nginx: "nginx", caddy: "caddy", haproxy: "haproxy", apache2: "apache2", openssl: "openssl", curl: "curl" },
  ssh: { sshd: "openssh-server" },
  "login-shells": { zsh: "zsh", fish: "fish", tcsh: "tcsh", busybox: "busybox-static" },
  strace: { strace: "strace" },
};

/**
 * Why these parts of the lab cannot be had on this machine, in one sentence with what to do, or null where
 * they can. A lab test hands it to `skip`, so that what was not run is named with its reason.
 */
export function missingRequirement(...parts: readonly Part[]): string | null {
  if (process.platform !== "linux") return "the lab needs Linux";
  if (process.getuid?.() !== 0) return "the lab makes network namespaces and mounts: run as root";
  for (const part of new Set<Part>(["host", ...parts])) {
    for (const [program, debianPackage] of Object.entries(PROGRAMS[part])) {
      if (!isInstalled(program)) return `${program} is missing: apt-get install ${debianPackage}`;
    }
  }
  if (unifiedHierarchy() === null) return "no unified cgroup hierarchy is mounted on this machine";
  const tried = spawnSync("unshare", ["--mount", "--net", "--pid", "--fork", "true"], { encoding: "utf8" });
  if (tried.status !== 0) return `this machine refuses new namespaces: ${tried.stderr.trim()}`;
  return null;
}

function isInstalled(program: string): boolean {
  return (ROOT_ENVIRONMENT["PATH"] ?? "").split(":").some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
