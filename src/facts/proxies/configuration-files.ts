import type { HostReader, Reading, Why } from "../../host/host.ts";
import { followInside, mayRead, type ProxyUser } from "./inner-path.ts";
import type { SourceLine } from "./proxy.ts";

/** What one proxy's configuration may take: more is told as unclear. */
const MOST_FILES = 400;
const MOST_CHARACTERS = 4 * 1024 * 1024;
const LARGEST_FILE_BYTES = 1024 * 1024;

/** Reads the files that one configuration is made of, and remembers which. */
export interface ConfigurationFiles {
  /** Every file that was read, in order. */
  readonly files: readonly string[];
  /** Files that were named and could not be read, and why. */
  readonly unread: readonly (SourceLine & { readonly text: Why })[];
  /** A file's text; null where it cannot be read, which `unread` then tells. */
  read(path: string): Promise<string | null>;
  /** Paths that match: `*` and `?` stand for any characters of one level, as in glob(7). Sorted as it sorts. */
  match(pattern: string): Promise<readonly string[]>;
  /** Names in a folder, sorted; none where there is no such folder. */
  list(path: string): Promise<readonly string[]>;
}

/** Whose files are read. */
export interface ConfigurationOwner {
  /** Where the proxy's own file system begins, `/proc/PID/root` for one in a container; else empty. */
  readonly root: string;
  /** As whom it runs; null where that is not known, and for one that does not run. */
  readonly user: ProxyUser | null;
}

/** What an installed proxy would read as root. */
export const HOST_ROOT: ConfigurationOwner = { root: "", user: null };

export function openConfigurationFiles(
  host: Pick<HostReader, "readFile" | "listDirectory" | "readLinks" | "stat">,
  { root, user }: ConfigurationOwner,
): ConfigurationFiles {
  const isPlain = root === "" && (user === null || user.uid === 0);
  /** Where a path really lies; null where the proxy itself would not come to it. */
  async function locate(path: string): Promise<string | null> {
    if (isPlain) return path;
    const inner = await followInside(host, root, path);
    if (inner === null || (user !== null && !(await mayRead(host, root, inner, user)))) return null;
    return `${root}${inner}`;
  }
  const files: string[] = [];
  const unread: (SourceLine & { readonly text: Why })[] = [];
  const texts = new Map<string, Promise<string | null>>();
  let characters = 0;
  async function readNew(path: string): Promise<string | null> {
    if (texts.size > MOST_FILES || characters > MOST_CHARACTERS) {
      unread.push({ file: path, line: null, text: "too-large" });
      return null;
    }
    const place = await locate(path);
    const text: Reading<string> =
      place === null ? { ok: false, why: "denied", from: path } : await host.readFile(place, LARGEST_FILE_BYTES);
    if (!text.ok) {
      unread.push({ file: path, line: null, text: text.why });
      return null;
    }
    characters += text.value.length;
    files.push(path);
    return text.value;
  }
  async function list(path: string): Promise<readonly string[]> {
    const folder = isPlain ? path : await followInside(host, root, path);
    if (folder === null) return [];
    const names = await host.listDirectory(`${root}${folder === "" ? "/" : folder}`);
    if (!names.ok && names.why !== "absent") unread.push({ file: path, line: null, text: names.why });
    return names.ok ? names.value : [];
  }
  return {
    files,
    unread,
    list,
    read: (path) => {
      const known = texts.get(path) ?? readNew(path);
      texts.set(path, known);
      return known;
    },
    match: async (pattern) => {
      if (!/[*?[]/.test(pattern)) return [pattern];
      let found: readonly string[] = [""];
      for (const level of pattern.split("/").slice(1)) {
        const next: string[] = [];
        const shape = /[*?[]/.test(level) ? toShape(level) : null;
        for (const folder of found.slice(0, MOST_FILES)) {
          const names = shape === null ? [level] : (await list(folder)).filter((name) => shape.test(name));
          next.push(...names.map((name) => `${folder}/${name}`));
        }
        found = next;
      }
      return found;
    },
  };
}

/** Why a main file could not be read. */
export function toUnread({ unread }: ConfigurationFiles, path: string): Reading<never> {
  const found = unread.find(({ file }) => file === path);
  return { ok: false, why: found?.text ?? "failed", from: path };
}

/** One level of glob(7) as a regular expression; a leading dot is only met by a dot. */
function toShape(level: string): RegExp {
  const parts = level.replaceAll(/\[!/g, "[^").match(/\[[^\]]*\]|[\s\S]/g) ?? [];
  const body = parts
    .map((part) => {
      if (part === "*") return "[^/]*";
      if (part === "?") return "[^/]";
      if (part.length > 1) return part.replaceAll("\\", "\\\\");
      return part.replace(/[$()*+.?[\\\]^{|}]/, String.raw`\$&`);
    })
    .join("");
  try {
    return new RegExp(`^${level.startsWith(".") ? "" : "(?!\\.)"}${body}$`);
  } catch {
    return /^\b$/; // `[z-a]`: matches nothing
  }
}

/** A path as written in a configuration, relative ones from a folder. */
export function resolvePath(path: string, folder: string): string {
  return path.startsWith("/") ? path : `${folder.replace(/\/$/, "")}/${path.replace(/^\.\//, "")}`;
}

/** The folder a path lies in. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}
