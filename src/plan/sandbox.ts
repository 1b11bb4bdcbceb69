import type { Facts } from "../facts/facts.ts";
import type { Unit } from "../facts/units.ts";
import { isPlainPath } from "../judge/plain-names.ts";
import type { Server } from "../judge/server.ts";
import { MODEL_FOLDER } from "../servers/ollama/ollama.ts";

/**
 * What a unit is forbidden that an Ollama never does, whatever it computes on. Left out on purpose, because each of
 * them takes something away that it may need:
 *
 * - PrivateDevices=, DevicePolicy=, DeviceAllow=: hide the graphics cards (/dev/nvidia*, /dev/kfd, /dev/dri).
 * - ProtectClock=: adds a DeviceAllow= of its own, and with it every other device is gone too.
 * - PrivateUsers=: the groups render and video, by which the cards are opened, count no more.
 * - MemoryDenyWriteExecute=: CUDA and ROCm compile for the card at hand while they run.
 * - SystemCallFilter=: what the next release calls nobody knows, and the service would be killed for it.
 * - ProtectProc=, ProcSubset=, RemoveIPC=, UMask=: memory is measured in /proc, and who shares files is its owner's.
 */
const ALWAYS: readonly string[] = [
  // The program and its runners are no setuid programs; the cards' device files are made at boot, not by it.
  "NoNewPrivileges=yes",
  "ProtectControlGroups=yes",
  "ProtectHostname=yes",
  "ProtectKernelLogs=yes",
  // Modules of the cards are loaded at boot.
  "ProtectKernelModules=yes",
  // It reads /sys to find cards and never writes there.
  "ProtectKernelTunables=yes",
  "LockPersonality=yes",
  "RestrictNamespaces=yes",
  "RestrictRealtime=yes",
  "RestrictSUIDSGID=yes",
  "SystemCallArchitectures=native",
  // Netlink: its Host check asks which addresses this host has.
  "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
];

/** Ports below it take a capability to listen on. */
const FIRST_FREE_PORT = 1024;

/** Portlock's hardening directives for an Ollama service of the system, in the order in which they are written. */
export function toSandbox(facts: Facts, unit: Unit, server: Server): readonly string[] {
  return [...ALWAYS, ...toTemporary(facts, server), ...toCapabilities(unit, server), ...toFolders(facts, server)];
}

/** Uploads and conversions then use a folder of their own in /tmp, where models must not be that others put there. */
function toTemporary(facts: Facts, server: Server): readonly string[] {
  return toModelFolders(facts, server).some((path) => /^\/(?:var\/)?tmp(?:\/|$)/.test(path)) ? [] : ["PrivateTmp=yes"];
}

function toModelFolders({ files }: Facts, { process }: Server): readonly string[] {
  return files.flatMap(({ pid, role, path }) =>
    pid === process?.pid && role === MODEL_FOLDER ? [path.replace(/\/+$/, "")] : [],
  );
}

/**
 * None is needed by a user of its own. Root would lose the right to read what others own, and a port below 1024 could
 * not be listened on.
 */
function toCapabilities(unit: Unit, { listeners }: Server): readonly string[] {
  const user = unit.loaded.ok ? unit.loaded.value.user : null;
  const isRoot = user === null || user === "root" || user === "0";
  return isRoot || listeners.some(({ port }) => port < FIRST_FREE_PORT) ? [] : ["CapabilityBoundingSet="];
}

/**
 * /usr, /boot and /etc cannot be written, but for the server's home, which the installer puts below /usr, and its
 * models. People's homes are out of sight unless the server lives in one. Where its folders are not known, or are
 * none that a directive can name, all of this is left out.
 */
function toFolders(facts: Facts, server: Server): readonly string[] {
  const { identity, processes } = facts;
  const own = processes.ok ? processes.value.find(({ pid }) => pid === server.process?.pid) : undefined;
  const accounts = identity.ok ? identity.value.accounts : [];
  const home = accounts.find(({ uid }) => uid === own?.uid)?.home;
  if (home === undefined) return [];
  const needed = [...new Set([home, ...toModelFolders(facts, server)])];
  if (!needed.every(isPlainPath)) return [];
  const inHomes = needed.some((path) => /^\/(?:home|root|run\/user)(?:\/|$)/.test(path));
  return [
    "ProtectSystem=full",
    `ReadWritePaths=${needed.map((path) => `-${path}`).join(" ")}`,
    ...(inHomes ? [] : ["ProtectHome=yes"]),
  ];
}

/** Only loopback may talk to the service, and the service to nobody else: systemd.resource-control(5). */
export const IP_FILTER: readonly string[] = ["IPAddressDeny=any", "IPAddressAllow=localhost"];
