import type { HostReader, Reading } from "../../host/host.ts";
import { type ConfigurationFiles, HOST_ROOT, openConfigurationFiles } from "../proxies/configuration-files.ts";
import type { SourceLine } from "../proxies/proxy.ts";
import type { RunningTunnel } from "./running.ts";
import { readSshWords, toSshTunnels } from "./ssh-forward.ts";
import type { Tunnel } from "./tunnel.ts";

const SYSTEM_FOLDER = "/etc/ssh";
/** As ssh_config(5) has it. */
const DEEPEST = 16;
const MOST_LINES = 20_000;

type Unread = Extract<Reading<unknown>, { ok: false }>;

/**
 * The ports that an ssh which runs makes reachable at the other machine: those of its command line, and the
 * `RemoteForward` lines of the files it reads (ssh_config(5)): its user's and the system's, or the one that `-F` names.
 * A block that depends on more than the name that was called (`Match exec`) is taken to hold.
 */
export async function gatherSshForwards(
  host: Pick<HostReader, "readFile" | "listDirectory" | "readLinks" | "stat">,
  { words, pid, home }: RunningTunnel,
): Promise<{ readonly tunnels: readonly Tunnel[]; readonly unread: Unread | null }> {
  const { forwards, destination, file, clears } = readSshWords(words.slice(1));
  if (clears) return { tunnels: [], unread: null };
  const ofLine = { file: `/proc/${pid}/cmdline`, line: null };
  const named = (name: string | null): readonly Tunnel[] =>
    forwards.flatMap((text) => toSshTunnels(text, name, pid, { ...ofLine, text: `ssh -R ${text.slice(0, 200)}` }));
  if (destination === null || file === "none") return { tunnels: named(destination), unread: null };
  if (home === null && (file === null || !file.startsWith("/"))) {
    return { tunnels: named(destination), unread: { ok: false, why: "denied", from: `/proc/${pid}/environ` } };
  }
  const files = openConfigurationFiles(host, HOST_ROOT);
  const search: Search = { files, destination, home, found: [], name: null, clears: false, lines: 0 };
  const own = `${home}/.ssh`;
  if (file === null) {
    await readInto(search, { path: `${own}/config`, folder: own, applies: true, depth: 0 });
    await readInto(search, { path: `${SYSTEM_FOLDER}/ssh_config`, folder: SYSTEM_FOLDER, applies: true, depth: 0 });
  } else {
    await readInto(search, { path: toPath(file, own, home), folder: own, applies: true, depth: 0 });
  }
  if (search.clears) return { tunnels: [], unread: null };
  const name = search.name ?? destination;
  const told = search.found.flatMap(({ forward, source }) => toSshTunnels(forward, name, pid, source));
  const failed = files.unread.find(({ text }) => text !== "absent");
  return {
    tunnels: [...named(name), ...told],
    unread: failed === undefined ? null : { ok: false, why: failed.text, from: failed.file },
  };
}

interface Search {
  readonly files: ConfigurationFiles;
  /** The name as it was called. */
  readonly destination: string;
  readonly home: string | null;
  readonly found: { readonly forward: string; readonly source: SourceLine }[];
  /** `HostName`, the first that holds. */
  name: string | null;
  clears: boolean;
  lines: number;
}

interface Place {
  readonly path: string;
  /** What relative names begin at. */
  readonly folder: string;
  /** Whether the block that it is included in holds. */
  readonly applies: boolean;
  readonly depth: number;
}

async function readInto(search: Search, { path, folder, applies, depth }: Place): Promise<void> {
  const text = depth > DEEPEST ? null : await search.files.read(path);
  if (text === null) return;
  let holds = applies;
  for (const [index, line] of text.split("\n").entries()) {
    search.lines += 1;
    if (search.lines > MOST_LINES) return;
    const [, keyword = "", rest = ""] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
    const value = rest.replaceAll('"', "");
    const key = keyword.toLowerCase();
    if (key === "host") holds = applies && matchesAny(value.split(/\s+/), search.destination);
    else if (key === "match") holds = applies && mayMatch(value, search.destination);
    else if (!holds) continue;
    else if (key === "hostname") search.name ??= value.replaceAll("%h", search.destination);
    else if (key === "clearallforwardings") search.clears ||= value.toLowerCase() === "yes";
    else if (key === "remoteforward") {
      const forward = value.replace(/\s+/, ":");
      const source = { file: path, line: index + 1, text: `RemoteForward ${value.slice(0, 200)}` };
      search.found.push({ forward, source });
    } else if (key === "include") {
      for (const pattern of value.split(/\s+/)) {
        const paths = await search.files.match(toPath(pattern, folder, search.home));
        for (const each of paths) await readInto(search, { path: each, folder, applies: holds, depth: depth + 1 });
      }
    }
  }
}

/** Patterns of ssh_config(5): `*`, `?`, and `!` for those that are not meant. */
function matchesAny(patterns: readonly string[], name: string): boolean {
  const isMet = (pattern: string): boolean => isMatch(pattern.toLowerCase(), name.toLowerCase());
  const excluded = patterns.some((each) => each.startsWith("!") && isMet(each.slice(1)));
  return !excluded && patterns.some((each) => !each.startsWith("!") && isMet(each));
}

/** Without a regular expression: many `*` would make one take for ever. */
function isMatch(pattern: string, name: string): boolean {
  let [at, star, retry] = [0, -1, 0];
  for (let index = 0; index < name.length;) {
    if (pattern[at] === "*") {
      [star, retry] = [at, index];
      at += 1;
    } else if (pattern[at] === "?" || pattern[at] === name[index]) {
      [at, index] = [at + 1, index + 1];
    } else if (star >= 0) {
      retry += 1;
      [at, index] = [star + 1, retry];
    } else return false;
  }
  return /^\**$/.test(pattern.slice(at));
}

/** Of several conditions only the name is looked at: what else they ask for may be so. */
function mayMatch(value: string, name: string): boolean {
  const [, patterns] = /(?:^|\s)(?:original)?host[\s=]+(\S+)/i.exec(value) ?? [];
  return patterns === undefined || matchesAny(patterns.split(","), name);
}

function toPath(path: string, folder: string, home: string | null): string {
  if (path.startsWith("~/")) return `${home ?? ""}/${path.slice(2)}`;
  return path.startsWith("/") ? path : `${folder}/${path}`;
}
