/**
 * Where systemd looks for unit files and drop-ins, best first (systemd.unit(5), "Unit File Load Path"). On a
 * host whose /lib is a link to /usr/lib both names lead to the same files; the first one is what systemd shows.
 */
export const SYSTEM_UNIT_DIRECTORIES: readonly string[] = [
  "/etc/systemd/system.control",
  "/run/systemd/system.control",
  "/run/systemd/transient",
  "/run/systemd/generator.early",
  "/etc/systemd/system",
  "/etc/systemd/system.attached",
  "/run/systemd/system",
  "/run/systemd/system.attached",
  "/run/systemd/generator",
  "/usr/local/lib/systemd/system",
  "/lib/systemd/system",
  "/usr/lib/systemd/system",
  "/run/systemd/generator.late",
];

/** The same for the manager of one user; `home` is null where the account is not known. */
export function userUnitDirectories(uid: number, home: string | null): readonly string[] {
  const runtime = `/run/user/${String(uid)}/systemd`;
  const own = (path: string): readonly string[] => (home === null ? [] : [`${home}/${path}`]);
  return [
    ...own(".config/systemd/user.control"),
    `${runtime}/user.control`,
    `${runtime}/transient`,
    `${runtime}/generator.early`,
    ...own(".config/systemd/user"),
    "/etc/systemd/user",
    `${runtime}/user`,
    "/run/systemd/user",
    `${runtime}/generator`,
    ...own(".local/share/systemd/user"),
    "/usr/local/share/systemd/user",
    "/usr/share/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/lib/systemd/user",
    `${runtime}/generator.late`,
  ];
}

/** A unit name as systemd.unit(5) has it: it may begin with a dash, but stands behind `--`; no pattern, no path. */
export function isServiceName(name: string): boolean {
  return /^[A-Za-z0-9:_.\\-][A-Za-z0-9:_.\\@-]{0,246}\.service$/.test(name);
}

/** Names under which the main file may stand: the unit's own, and its template's for an instance `a@b.service`. */
export function mainFileNames(unit: string): readonly string[] {
  const template = toTemplate(unit);
  return template === null ? [unit] : [unit, template];
}

/**
 * Names of the drop-in folders of a unit within one directory of the load path, best first: its own, its
 * template's, then those of its name cut at each dash (`foo-bar.service`, `foo-.service`).
 *
 * @param names the unit's name and its aliases
 */
export function dropInFolders(names: readonly string[]): readonly string[] {
  const folders = names.flatMap((name) => {
    const found: string[] = [];
    for (let current: string | null = name; current !== null; current = cutAtDash(current)) {
      found.push(`${current}.d`);
      const template = toTemplate(current);
      if (template !== null) found.push(`${template}.d`);
    }
    return found;
  });
  return [...new Set(folders)];
}

/** The folder of drop-ins for every service, which comes after all others. */
export const TYPE_DROP_IN_FOLDER = "service.d";

function toTemplate(name: string): string | null {
  const at = name.indexOf("@");
  const dot = name.lastIndexOf(".");
  return at < 1 || at + 1 >= dot ? null : `${name.slice(0, at + 1)}${name.slice(dot)}`;
}

function cutAtDash(name: string): string | null {
  const dot = name.lastIndexOf(".");
  const at = name.indexOf("@");
  const prefix = name.slice(0, at < 0 ? dot : at);
  const dash = prefix.replace(/-+$/, "").lastIndexOf("-");
  return dash < 1 ? null : `${prefix.slice(0, dash + 1)}${name.slice(prefix.length)}`;
}

/**
 * The drop-ins systemd applies, in its order: by file name, and of files of one name only the first found.
 *
 * @param folders folders in the order of `dropInFolders` within each directory, type-level ones last
 */
export function selectDropIns(
  folders: readonly { readonly path: string; readonly names: readonly string[] }[],
): readonly string[] {
  const chosen = new Map<string, string>();
  for (const { path, names } of folders) {
    for (const name of names) {
      const counts = name.endsWith(".conf") && !name.startsWith(".");
      if (counts && !chosen.has(name)) chosen.set(name, `${path}/${name}`);
    }
  }
  return [...chosen.keys()].toSorted(byBytes).flatMap((name) => chosen.get(name) ?? []);
}

/** Order of strcmp: systemd sorts by bytes, not by a language's alphabet. */
function byBytes(first: string, second: string): number {
  return first < second ? -1 : first > second ? 1 : 0;
}
