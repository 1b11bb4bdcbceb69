import { lstatSync, readFileSync, readlinkSync } from "node:fs";

/**
 * File systems that answer from this machine's own memory and disks. Every other may hang for ever, because somebody
 * else answers for it: a file server that is gone, a process of a user (FUSE), an automounter.
 */
const OWN: ReadonlySet<string> = new Set(
  (
    "bcachefs binfmt_misc bpf btrfs cgroup cgroup2 configfs debugfs devpts devtmpfs efivarfs erofs exfat " +
    "ext2 ext3 ext4 f2fs fusectl hfsplus hugetlbfs iso9660 jfs mqueue msdos nilfs2 nsfs ntfs3 overlay proc pstore " +
    "ramfs reiserfs rpc_pipefs securityfs selinuxfs squashfs sysfs tmpfs tracefs udf vfat xfs zfs"
  ).split(" "),
);
const LINK_LIMIT = 40;

/** Mount points under which a look may hang; the root is none, for without it nothing runs anyway. */
export function readSlowMounts(): ReadonlySet<string> {
  try {
    return parseSlowMounts(readFileSync("/proc/self/mountinfo", "utf8"));
  } catch {
    return new Set();
  }
}

/** Reads proc_pid_mountinfo(5). Of several mounts on one point the last counts. */
export function parseSlowMounts(text: string): ReadonlySet<string> {
  const slow = new Set<string>();
  for (const line of text.split("\n")) {
    const [, point, type] = /^\d+ \d+ \S+ \S+ (\S+) .*? - (\S+) /.exec(line) ?? [];
    if (point === undefined || type === undefined) continue;
    const path = point.replace(/\\([0-7]{3})/g, (_whole, octal: string) => String.fromCharCode(parseInt(octal, 8)));
    if (OWN.has(type) || path === "/" || /^\/(?:proc|sys)(?:\/|$)/.test(path)) slow.delete(path);
    else slow.add(path);
  }
  return slow;
}

/**
 * The slow mount that a path leads to, or null. Goes there step by step, follows links itself, and touches nothing
 * that lies on such a mount.
 */
export function findSlowMount(path: string, mounts: ReadonlySet<string>): string | null {
  if (!path.startsWith("/")) return null;
  let steps = path.split("/");
  let at = "";
  for (let links = 0; steps.length > 0;) {
    const [step = "", ...rest] = steps;
    steps = rest;
    if (step === "" || step === ".") continue;
    if (step === "..") {
      at = at.slice(0, Math.max(0, at.lastIndexOf("/")));
      continue;
    }
    const next = `${at}/${step}`;
    if (mounts.has(next)) return next;
    const target = readLink(next);
    if (target === null) {
      at = next;
      continue;
    }
    links += 1;
    if (links > LINK_LIMIT) return null;
    if (target.startsWith("/")) at = "";
    steps = [...target.split("/"), ...steps];
  }
  return null;
}

function readLink(path: string): string | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true ? readlinkSync(path) : null;
  } catch {
    return null; // the reading itself will say why
  }
}
