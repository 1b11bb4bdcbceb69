/** `podman run` as somebody typed it: each option by its long name, the image, and the words behind it. */
export interface PodmanCommand {
  readonly said: readonly Said[];
  readonly words: readonly string[];
}

export interface Said {
  readonly name: string;
  /** Null for an option that takes none. */
  readonly value: string | null;
}

/** Options of `podman run` that take a value; those that are not here are not understood. */
const TAKE_VALUE: ReadonlySet<string> = new Set([
  "add-host",
  "annotation",
  "blkio-weight",
  "cap-add",
  "cap-drop",
  "cgroup-parent",
  "cgroupns",
  "cgroups",
  "cpu-period",
  "cpu-quota",
  "cpu-shares",
  "cpus",
  "cpuset-cpus",
  "cpuset-mems",
  "device",
  "device-cgroup-rule",
  "dns",
  "dns-option",
  "dns-search",
  "entrypoint",
  "env",
  "env-file",
  "expose",
  "gpus",
  "group-add",
  "health-cmd",
  "health-interval",
  "health-retries",
  "health-start-period",
  "health-timeout",
  "hostname",
  "image-volume",
  "ip",
  "ip6",
  "ipc",
  "label",
  "label-file",
  "log-driver",
  "log-opt",
  "mac-address",
  "memory",
  "memory-reservation",
  "memory-swap",
  "memory-swappiness",
  "name",
  "network",
  "network-alias",
  "oom-score-adj",
  "pid",
  "pids-limit",
  "publish",
  "pull",
  "restart",
  "sdnotify",
  "secret",
  "security-opt",
  "shm-size",
  "stop-signal",
  "stop-timeout",
  "sysctl",
  "tmpfs",
  "tz",
  "ulimit",
  "umask",
  "user",
  "userns",
  "uts",
  "volume",
  "volumes-from",
  "workdir",
]);
const STAND_ALONE: ReadonlySet<string> = new Set([
  "detach",
  "init",
  "interactive",
  "no-healthcheck",
  "no-hosts",
  "oom-kill-disable",
  "privileged",
  "quiet",
  "read-only",
  "replace",
  "tty",
]);
const SHORT: Readonly<Record<string, string>> = {
  c: "cpu-shares",
  d: "detach",
  e: "env",
  h: "hostname",
  i: "interactive",
  l: "label",
  m: "memory",
  p: "publish",
  q: "quiet",
  t: "tty",
  u: "user",
  v: "volume",
  w: "workdir",
};
/** Reads the words that Podman keeps of how a container was made. Null: an option is not known, or there is no image. */
export function readPodmanCommand(words: readonly string[]): PodmanCommand | null {
  const verb = words.findIndex((word) => word === "run" || word === "create");
  if (verb < 1 || words.slice(1, verb).some((word) => word !== "container")) return null;
  const said: Said[] = [];
  for (let index = verb + 1; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (word === "--") return words.length > index + 1 ? { said, words: words.slice(index + 2) } : null;
    if (!word.startsWith("-")) return { said, words: words.slice(index + 1) };
    const read = word.startsWith("--") ? readLong(word) : readShort(word);
    if (read === null) return null;
    said.push(...read.said);
    if (read.waiting === null) continue;
    index += 1;
    const value = words[index];
    if (value === undefined) return null;
    said.push({ name: read.waiting, value });
  }
  return null;
}

/** What one word says; `waiting`: an option that takes the next word. */
interface Read {
  readonly said: readonly Said[];
  readonly waiting: string | null;
}

function readLong(word: string): Read | null {
  const at = word.indexOf("=");
  const name = word.slice(2, at < 0 ? word.length : at);
  const value = at < 0 ? null : word.slice(at + 1);
  if (TAKE_VALUE.has(name))
    return value === null ? { said: [], waiting: name } : { said: [{ name, value }], waiting: null };
  if (!STAND_ALONE.has(name) || (value !== null && value !== "true")) return null;
  return { said: [{ name, value: null }], waiting: null };
}

/** `-dit`, `-p 80:80`, `-p80:80`, `-p=80:80`. */
function readShort(word: string): Read | null {
  const said: Said[] = [];
  for (let index = 1; index < word.length; index += 1) {
    const name = SHORT[word[index] ?? ""];
    if (name === undefined) return null;
    if (STAND_ALONE.has(name)) {
      said.push({ name, value: null });
      continue;
    }
    const value = word.slice(index + 1).replace(/^=/, "");
    return value === "" ? { said, waiting: name } : { said: [...said, { name, value }], waiting: null };
  }
  return { said, waiting: null };
}
