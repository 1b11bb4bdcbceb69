import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { isLeftover, NAMESPACE_DIRECTORY, STATE_DIRECTORY, toPrefix } from "./names.ts";

/*
 * All of this is synchronous on purpose: it also runs from a signal handler and from the `exit` event, where
 * nothing can be awaited. It works from names alone, so the same code ends one host, this run, and what is
 * left of a run that was killed.
 */

const CGROUP_ROOT = "/sys/fs/cgroup";
const NSPAWN_DIRECTORIES = ["/run/systemd/nspawn/propagate", "/run/systemd/nspawn/unix-export"];
const PATIENCE_MS = 2_000;

/** Removes what killed runs have left behind; runs that are alive are not touched. Returns their prefixes. */
export function removeLeftovers(): readonly string[] {
  const names = [STATE_DIRECTORY, NAMESPACE_DIRECTORY, ...cgroupHierarchies()].flatMap(namesIn);
  const prefixes = new Set(names.filter(isLeftover).map(toPrefix));
  const removed = [...prefixes].filter((prefix) => prefix !== null);
  for (const prefix of removed) removeByPrefix(prefix);
  return removed;
}

/** Ends and removes everything whose name begins so: processes, mounts, namespaces, directories, cgroups. */
export function removeByPrefix(prefix: string): void {
  killAll(prefix);
  for (const path of mountsUnder(join(STATE_DIRECTORY, prefix))) unmount(path);
  for (const name of namesWith(NAMESPACE_DIRECTORY, prefix)) spawnSync("ip", ["netns", "delete", name]);
  for (const name of namesWith(STATE_DIRECTORY, prefix)) {
    rmSync(join(STATE_DIRECTORY, name), { recursive: true, force: true });
  }
  for (const directory of NSPAWN_DIRECTORIES) {
    for (const name of namesWith(directory, prefix)) rmSync(join(directory, name), { recursive: true, force: true });
  }
  for (const hierarchy of cgroupHierarchies()) {
    for (const name of namesWith(hierarchy, prefix)) removeCgroup(join(hierarchy, name));
  }
  removeIfEmpty(STATE_DIRECTORY);
}

/**
 * Ends every process in the namespaces of that prefix. A host's first process takes all others of its process
 * namespace with it, containers included, and those outside that watch over one inside (nspawn, nsenter) then
 * end by themselves, having reaped it and removed what they made. They are killed only where they do not:
 * killed earlier, they would leave the reaping to the machine's own init, which may take its time.
 */
function killAll(prefix: string): void {
  const names = namesWith(NAMESPACE_DIRECTORY, prefix);
  const namespaces = new Set(names.map((name) => toNamespaceId(join(NAMESPACE_DIRECTORY, name))));
  namespaces.delete(null);
  const start = Date.now();
  for (;;) {
    const pids = namesIn("/proc").filter((name) => /^\d+$/.test(name));
    const inside = pids.filter((pid) => namespaces.has(toNamespaceId(`/proc/${pid}/ns/net`)));
    const outside = pids.filter((pid) => isWatcher(pid, prefix));
    if (inside.length + outside.length === 0) return;
    const waited = Date.now() - start;
    if (waited > 3 * PATIENCE_MS) throw new Error(`lab: processes ${[...inside, ...outside].join(" ")} do not end`);
    const firsts = inside.filter(isFirst);
    for (const pid of waited > 2 * PATIENCE_MS ? outside : waited > PATIENCE_MS ? inside : firsts) signal(Number(pid));
    pause(10);
  }
}

/** True for the first process of a process namespace that is not the machine's. */
function isFirst(pid: string): boolean {
  return /^NSpid:\t\d+\t.*\b1$/m.test(readOrNothing(`/proc/${pid}/status`));
}

function isWatcher(pid: string, prefix: string): boolean {
  return readOrNothing(`/proc/${pid}/cmdline`).includes(`\0--machine=${prefix}`);
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // ended meanwhile
  }
}

/** What all names of one network namespace have in common; null where it is gone. */
function toNamespaceId(path: string): number | null {
  try {
    return statSync(path).ino;
  } catch {
    return null;
  }
}

function signal(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // ended meanwhile
  }
}

/** Mount points below a path prefix, deepest first. */
function mountsUnder(prefix: string): readonly string[] {
  const mounts = readFileSync("/proc/self/mountinfo", "utf8").split("\n");
  const paths = mounts.map((line) => line.split(" ")[4] ?? "").filter((path) => path.startsWith(prefix));
  return paths.toReversed();
}

/** A mount is busy for a moment after the processes on it were killed; what stays busy is detached. */
function unmount(path: string): void {
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; pause(10)) {
    if (spawnSync("umount", [path]).status === 0) return;
  }
  spawnSync("umount", ["--lazy", path]);
}

/** The unified hierarchy, and on a hybrid machine systemd's own beside it. */
function cgroupHierarchies(): readonly string[] {
  return [CGROUP_ROOT, join(CGROUP_ROOT, "unified"), join(CGROUP_ROOT, "systemd")].filter((path) => existsSync(path));
}

function removeCgroup(path: string): void {
  for (const name of namesIn(path)) {
    // Two labs may remove what the same killed run has left.
    if (isDirectory(join(path, name))) removeCgroup(join(path, name));
  }
  for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; pause(10)) {
    try {
      rmdirSync(path);
      return;
    } catch {
      if (!existsSync(path)) return; // else busy until the last process in it is reaped
    }
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // absent, or another run lives in it
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function namesWith(directory: string, prefix: string): readonly string[] {
  return namesIn(directory).filter((name) => name.startsWith(prefix));
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
