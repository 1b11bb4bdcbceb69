import type { Container } from "../facts/containers.ts";
import type { Process } from "../facts/processes.ts";
import { programOf } from "../servers/program.ts";
import type { RunBy } from "./server.ts";

/** Processes by which an engine holds or passes on a container's published port. */
const PORT_HELPERS: ReadonlySet<string> = new Set([
  "docker-proxy",
  "rootlessport",
  "rootlesskit",
  "conmon",
  "pasta",
  "pasta.avx2",
  "passt",
  "slirp4netns",
]);

/** True for a process that only passes a published port on to its container. */
export function isPortHelper(process: Pick<Process, "name" | "executable">): boolean {
  const path = process.executable?.replace(/ \(deleted\)$/, "") ?? process.name;
  // The kernel keeps 15 bytes of a name.
  return PORT_HELPERS.has(path.slice(path.lastIndexOf("/") + 1)) || process.name.startsWith("rootlessport");
}

/** Name of that tunnel, whatever program is the SSH server. */
export const SSH_SERVER = "sshd";
/** What holds a port that somebody who logged in asked for (`ssh -R`): sshd-session since OpenSSH 9.8. */
const SSH_SERVERS: ReadonlySet<string> = new Set(["sshd", "sshd-session", "dropbear"]);

/** True for a process that hands what comes to its ports on to a machine that logged in. */
export function isSshServer(process: Pick<Process, "name" | "executable">): boolean {
  return SSH_SERVERS.has(programOf(process));
}

/** Who runs a server, from its container or else from the control group of its process. */
export function toRunBy(process: Process | null, container: Container | null): RunBy {
  if (container !== null) return { kind: container.engine, container: container.name, image: container.image };
  if (process === null || isPortHelper(process) || isSshServer(process)) return { kind: "unknown" };
  const group = process.cgroup;
  if (group?.kind === "system-unit") return { kind: "systemd", unit: group.unit, scope: "system" };
  if (group?.kind === "user-unit") return { kind: "systemd", unit: group.unit, scope: "user", uid: group.uid };
  // Its engine did not say which container that is.
  if (group?.kind === "container") return { kind: "unknown" };
  return { kind: "process", startedFrom: group?.kind === "session" ? "session" : "unknown" };
}
