import type { HostReader, Reading } from "../host/host.ts";

/** Which machine this is and with which rights it was read. */
export interface Identity {
  readonly hostname: string;
  /** PRETTY_NAME of os-release(5), or null where the file has none. */
  readonly os: string | null;
  /** Kernel release, for example `6.1.0-18-amd64`. */
  readonly kernel: string;
  /** ISO 8601, UTC; from `btime` of proc_stat(5). */
  readonly bootedAt: string | null;
  /** User the reader ran as; 0 is root. */
  readonly readerUid: number;
  /** Network namespace of the reader, for example `net:[4026531840]`. */
  readonly namespace: string | null;
  /** True where the unified cgroup hierarchy holds the services: the systemd IP filter needs it. */
  readonly unifiedCgroups: boolean | null;
  /** Accounts by uid, from passwd(5): name and home directory only. */
  readonly accounts: readonly Account[];
}

export interface Account {
  readonly uid: number;
  readonly name: string;
  readonly home: string;
}

/**
 * Who this machine is: hostname and kernel from /proc/sys/kernel, os-release(5), the boot time of
 * proc_stat(5), the reader's user from /proc/self/status, accounts from passwd(5). Accounts that only a
 * directory service knows are not asked for: that would be traffic to a third party. Fails only where the
 * reader's own rights cannot be told, since every other reading is judged by them.
 */
export async function gatherIdentity(host: HostReader): Promise<Reading<Identity>> {
  const [status, hostname, kernel, os, stat, passwd, namespace, cgroups] = await Promise.all([
    host.readFile("/proc/self/status"),
    host.readFile("/proc/sys/kernel/hostname"),
    host.readFile("/proc/sys/kernel/osrelease"),
    gatherOsRelease(host),
    host.readFile("/proc/stat", STAT_LIMIT_BYTES),
    host.readFile("/etc/passwd", PASSWD_LIMIT_BYTES),
    host.readLinks("/proc/self/ns/net"),
    host.stat("/sys/fs/cgroup/cgroup.controllers"),
  ]);
  if (!status.ok) return status;
  const readerUid = parseEffectiveUid(status.value);
  if (readerUid === null) return { ok: false, why: "unparsed", from: status.from };
  const value: Identity = {
    hostname: toLine(hostname) ?? "unknown",
    os: os.ok ? parseOsRelease(os.value) : null,
    kernel: toLine(kernel) ?? "unknown",
    bootedAt: stat.ok ? parseBootTime(stat.value) : null,
    readerUid,
    namespace: namespace.ok ? (namespace.value.links[0]?.target ?? null) : null,
    unifiedCgroups: cgroups.ok ? true : cgroups.why === "absent" ? false : null,
    accounts: passwd.ok ? parsePasswd(passwd.value) : [],
  };
  return { ok: true, value, from: status.from };
}

/** A line for each processor and one number for each interrupt: large machines exceed the door's default. */
const STAT_LIMIT_BYTES = 4 * 1024 * 1024;
const PASSWD_LIMIT_BYTES = 4 * 1024 * 1024;
const NAME_LIMIT = 256;

async function gatherOsRelease(host: HostReader): Promise<Reading<string>> {
  const file = await host.readFile("/etc/os-release");
  return file.ok ? file : host.readFile("/usr/lib/os-release");
}

function toLine(reading: Reading<string>): string | null {
  const line = reading.ok ? reading.value.split("\n", 1)[0]?.trim() : undefined;
  return line === undefined || line === "" ? null : line.slice(0, NAME_LIMIT);
}

/** Effective user id out of /proc/PID/status (proc_pid_status(5)); null where the text has none. */
export function parseEffectiveUid(text: string): number | null {
  const uid = /^Uid:\t\d{1,10}\t(\d{1,10})\t/m.exec(text)?.[1];
  return uid === undefined ? null : Number(uid);
}

/** PRETTY_NAME of os-release(5), without its quotes and escapes. */
export function parseOsRelease(text: string): string | null {
  const value = /^PRETTY_NAME=(.*)$/m.exec(text)?.[1]?.trim();
  if (value === undefined) return null;
  const bare = /^(["'])(.*)\1$/.exec(value)?.[2] ?? value;
  const name = bare.replace(/\\(["'$`\\])/g, "$1").slice(0, NAME_LIMIT);
  return name === "" ? null : name;
}

/** `btime` of proc_stat(5) as ISO 8601; null where the text has none. */
export function parseBootTime(text: string): string | null {
  const seconds = /^btime (\d{1,11})$/m.exec(text)?.[1];
  return seconds === undefined ? null : new Date(Number(seconds) * 1000).toISOString();
}

/** Accounts of passwd(5); lines that are none (comments, NIS markers) are left out, of a uid the first counts. */
export function parsePasswd(text: string): readonly Account[] {
  const accounts = new Map<number, Account>();
  for (const line of text.split("\n")) {
    const [name, , uid, , , home] = line.split(":");
    if (name === undefined || uid === undefined || home === undefined) continue;
    if (name === "" || !/^\d{1,10}$/.test(uid) || accounts.has(Number(uid))) continue;
    accounts.set(Number(uid), { uid: Number(uid), name: name.slice(0, NAME_LIMIT), home: home.slice(0, 4096) });
  }
  return [...accounts.values()];
}
