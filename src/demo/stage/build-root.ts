import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { runTool, TOOL_PATH } from "./run-tool.ts";
import type { Self } from "./self.ts";

/**
 * The root directory of the demonstration host, in memory: the machine's libraries, Node.js and this
 * program, and of all other programs only those an audit reads with. The user's own services, containers and
 * files are not in it, so the audit cannot take them for the demonstration.
 */

const HOSTNAME = "demo-host";
/** Places to hang it, of which one exists everywhere; only this process and its children see it there. */
const PLACES = ["/mnt", "/media", "/srv", "/sys"];
const LIBRARIES = ["/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib32", "/lib64", "/nix/store", "/gnu/store"];
const PROGRAMS = ["sh", "ip", "ss", "getent", "nsenter", "nft", "iptables-legacy-save", "ip6tables-legacy-save"];
const DEVICES = ["null", "zero", "random", "urandom"];
const COPIES = ["/etc/os-release", "/etc/ld.so.cache"];
const ACCOUNT = "root:x:0:0:root:/root:/bin/sh\n";

/** Where this program stands in it: the same place for everybody, so that no recording tells a user's paths. */
const NODE = "/usr/local/bin/node";
const HOME = "/opt/portlock";

/** A root directory, and the program as it is started in there. */
export interface Root {
  readonly path: string;
  readonly self: Self;
}

/** Builds it in a mount namespace of this process's own. */
export async function buildRoot(self: Self): Promise<Root> {
  const root = PLACES.find((place) => isUsable(place, self)) ?? "/mnt";
  await runTool("mount", "-t", "tmpfs", "-o", "mode=755", "portlock-demo", root);
  for (const folder of ["dev", "etc", "proc", "root", "run", "sys", "tmp", "usr/bin", "usr/local/bin"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  for (const library of LIBRARIES) {
    await bindLibrary(root, library);
  }
  for (const [link, target] of [
    ["bin", "usr/bin"],
    ["sbin", "usr/bin"],
    ["usr/sbin", "bin"],
  ] as const) {
    symlinkSync(target, join(root, link));
  }
  for (const name of PROGRAMS) {
    const path = findProgram(name);
    if (path !== null) {
      await bindFile(path, join(root, "usr/bin", name));
    }
  }
  await bindFolder(self.home, join(root, HOME));
  await bindFile(self.node, join(root, NODE));
  for (const device of DEVICES) {
    await bindFile(join("/dev", device), join(root, "dev", device));
  }
  await runTool("mount", "--rbind", "/proc", join(root, "proc"));
  for (const file of COPIES.filter((path) => existsSync(path))) {
    copyFileSync(file, join(root, file));
  }
  writeFileSync(join(root, "etc/passwd"), ACCOUNT);
  writeFileSync(join(root, "etc/hosts"), "127.0.0.1 localhost\n");
  await runTool("hostname", HOSTNAME).catch(() => "");
  const entry = join(HOME, relative(self.home, self.entry));
  return { path: root, self: { ...self, node: NODE, home: HOME, entry } };
}

function isUsable(place: string, self: Self): boolean {
  return existsSync(place) && !self.node.startsWith(`${place}/`) && !self.home.startsWith(`${place}/`);
}

/** A library folder, or the link that stands in its place. Unit files among the libraries are left out. */
async function bindLibrary(root: string, path: string): Promise<void> {
  if (!existsSync(path)) {
    return;
  }
  if (lstatSync(path).isSymbolicLink()) {
    symlinkSync(readlinkSync(path), join(root, path));
    return;
  }
  await bindFolder(path, join(root, path));
  const units = join(root, path, "systemd");
  if (existsSync(units)) {
    await runTool("mount", "-t", "tmpfs", "-o", "mode=755", "portlock-demo", units);
  }
}

/** Mounts below it come along: a user namespace may not take a folder out from under them. */
async function bindFolder(path: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true });
  await runTool("mount", "--rbind", path, target);
}

async function bindFile(path: string, target: string): Promise<void> {
  writeFileSync(target, "");
  await runTool("mount", "--bind", path, target);
}

function findProgram(name: string): string | null {
  const path = TOOL_PATH.split(":")
    .map((folder) => join(folder, name))
    .find((candidate) => existsSync(candidate));
  return path === undefined ? null : realpathSync(path);
}
