import type { ControlGroup } from "./processes.ts";

const ID = "[0-9a-f]{12,64}";
const DOCKER: RegExp = new RegExp(`^docker-(${ID})\\.scope$`);
const PODMAN: RegExp = new RegExp(`^libpod-(?:payload-)?(${ID})(?:\\.scope)?$`);
const OTHER_ENGINE: RegExp = new RegExp(`^(?:cri-containerd-|crio-|containerd-)(${ID})(?:\\.scope)?$`);
const BARE: RegExp = new RegExp(`^(${ID})$`);
const MACHINE: RegExp = /^(?:lxc\.payload\.(.+)|machine-(.+)\.scope|systemd-nspawn@(.+)\.service)$/;
const PATH_LIMIT = 512;

/**
 * What started a process, in the words of its manager, from /proc/PID/cgroup (cgroups(7); v1, v2 and hybrid).
 * A container wins over the unit around it, and the outermost container over those inside it, because that
 * is the one the host's engine knows. Unit names keep systemd's escapes. Null: no line could be read.
 */
export function parseControlGroup(text: string): ControlGroup | null {
  const paths = toPaths(text);
  for (const path of paths) {
    const container = toContainer(path.split("/"));
    if (container !== null) return container;
  }
  const [path] = paths;
  if (path === undefined) return null;
  return toManaged(path.split("/")) ?? { kind: "other", path: path.slice(0, PATH_LIMIT) };
}

/** Paths, those of the service manager first: the unified hierarchy, then v1's `name=systemd`, then the others. */
function toPaths(text: string): readonly string[] {
  const entries = text.split("\n").flatMap((line) => {
    const entry = /^\d+:([^:]*):(\/.*)$/.exec(line);
    if (entry === null) return [];
    // Seen from inside a cgroup namespace, what lies outside begins with `/..`.
    const path = (entry[2] ?? "").replace(/^(?:\/\.\.)+(?=\/|$)/, "");
    return [{ controllers: entry[1], path: path === "" ? "/" : path }];
  });
  const rank = (entry: { readonly controllers: string | undefined; readonly path: string }): number =>
    entry.path === "/" ? 3 : entry.controllers === "" ? 0 : entry.controllers === "name=systemd" ? 1 : 2;
  return [...new Set(entries.toSorted((a, b) => rank(a) - rank(b)).map((entry) => entry.path))];
}

function toContainer(names: readonly string[]): ControlGroup | null {
  for (const [index, name] of names.entries()) {
    const parents = names.slice(0, index);
    const docker = DOCKER.exec(name)?.[1] ?? (parents.at(-1) === "docker" ? BARE.exec(name)?.[1] : undefined);
    if (docker !== undefined) return { kind: "container", engine: "docker", id: docker };
    const podman = PODMAN.exec(name)?.[1];
    if (podman !== undefined) return { kind: "container", engine: "podman", id: podman };
    const inPod = isOfPod(parents) ? BARE.exec(name)?.[1] : undefined;
    const other = OTHER_ENGINE.exec(name)?.[1] ?? inPod ?? toMachine(name, parents);
    if (other !== undefined) return { kind: "container", engine: "other", id: other };
  }
  return null;
}

function isOfPod(parents: readonly string[]): boolean {
  return parents.some((name) => name.startsWith("kubepods"));
}

/** LXC and systemd-nspawn, which name a container instead of numbering it. */
function toMachine(name: string, parents: readonly string[]): string | undefined {
  const machine = MACHINE.exec(name);
  const named = machine?.[1] ?? machine?.[2] ?? machine?.[3];
  return named ?? (parents.at(-1) === "lxc" && name !== "" ? name : undefined);
}

function toManaged(names: readonly string[]): ControlGroup | null {
  const manager = names.findIndex((name) => /^user@\d{1,10}\.service$/.test(name));
  if (manager >= 0) {
    const uid = Number(names[manager]?.slice("user@".length, -".service".length));
    const unit = names.slice(manager + 1).find((name) => name.endsWith(".service"));
    return unit === undefined ? { kind: "session", uid } : { kind: "user-unit", unit, uid };
  }
  if (names.some((name) => /^session-.+\.scope$/.test(name))) {
    const uid = names.map((name) => /^user-(\d{1,10})\.slice$/.exec(name)?.[1]).find((id) => id !== undefined);
    return { kind: "session", uid: uid === undefined ? null : Number(uid) };
  }
  const unit = names.find((name) => /\.(?:service|scope)$/.test(name));
  return unit === undefined ? null : { kind: "system-unit", unit };
}
