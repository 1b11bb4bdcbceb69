import type { FileStatus, Link } from "./host.ts";
import { joinPath } from "./link-pattern.ts";
import type { LinkPattern } from "./link-pattern.ts";

/**
 * How a host's `ls` keeps hostile names on one line: `escape` (-b of GNU and uutils) loses nothing and escapes
 * blanks too; `mask` (-q, and BusyBox always) shows `?` for what cannot be printed.
 */
export type NameStyle = "escape" | "mask";

const LINE =
  /^([-bcdlps])([-rwxsStT]{9})[.+@]? +\d+ +(\d+) +(\d+) +(?:\d+, +)?(\d+) +([A-Z][a-z]{2}) +(\d{1,2}) +(\d{2}:\d{2}|\d{4}) (.*)$/;
const ARROW = " -> ";

/**
 * The links in the output of `ls -ln` (of directories) or `ls -ldn` (of the links themselves) in the C locale.
 * Null where a line is not what `ls` prints, or where this style of names leaves open what a link is called.
 */
export function parseLinkListing(text: string, pattern: LinkPattern, style: NameStyle): readonly Link[] | null {
  // The kernel chooses the names below /proc: no arrow and no masked sign is in them, whatever the target holds.
  const isNameOpen = style === "mask" && !/^\/proc(?:\/|$)/.test(pattern.base);
  const decode = style === "escape" ? decodeEscapes : (name: string): string => name;
  const links: Link[] = [];
  let directory = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("/") && line.endsWith(":")) directory = decode(line.slice(0, -1));
    if (!line.startsWith("l") || line.startsWith("l?")) continue;
    const name = LINE.exec(line)?.[9];
    if (name === undefined) return null;
    const arrow = name.indexOf(ARROW);
    if (arrow === -1) continue; // vanished, or not to be read: then the error stream says so
    if (isNameOpen && (/\?/.test(directory + name) || name.includes(ARROW, arrow + 1))) return null;
    const own = decode(name.slice(0, arrow));
    const path = own.startsWith("/") ? own : joinPath(directory, own);
    if (matches(path, pattern)) links.push({ path, target: decode(name.slice(arrow + ARROW.length)) });
  }
  return links;
}

function matches(path: string, { base, levels }: LinkPattern): boolean {
  const prefix = base === "/" ? "/" : `${base}/`;
  if (!path.startsWith(prefix)) return false;
  const names = path.slice(prefix.length).split("/");
  return (
    names.length === levels.length &&
    names.every((name, at) => (levels[at] === "*" ? !name.startsWith(".") : levels[at] === name))
  );
}

const ESCAPES: Readonly<Record<string, string>> = { a: "\x07", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** Undoes the escapes of `ls -b`: octal bytes, the letters of C, and any other sign after a backslash. */
function decodeEscapes(text: string): string {
  if (!text.includes("\\")) return text;
  const latin1 = Buffer.from(text, "utf8").toString("latin1");
  const bytes = latin1.replace(/\\([0-7]{3}|[^])/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8) & 0xff) : (ESCAPES[code] ?? code),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/**
 * Ownership and mode from what `ls -ldnL` prints of one path with TZ=UTC, for hosts without a `stat` that takes a format.
 * `ls` tells minutes for the last half year and days before; a date without a year is the last such date
 * before `now`.
 */
export function parseStatusListing(text: string, now: Date): FileStatus | null {
  const line = text.split("\n")[0] ?? ""; // the name comes last, and may hold line feeds
  const [, type = "", bits = "", uid, gid, size, month = "", day, clock = ""] = LINE.exec(line) ?? [];
  if (uid === undefined || gid === undefined) return null;
  const modifiedAt = toTime(month, Number(day), clock, now);
  if (modifiedAt === null) return null;
  return {
    kind: type === "-" ? "file" : type === "d" ? "directory" : type === "s" ? "socket" : "other",
    mode: toMode(bits),
    uid: Number(uid),
    gid: Number(gid),
    sizeBytes: /[bc]/.test(type) ? 0 : Number(size), // of a device `ls` tells its numbers instead
    modifiedAt,
  };
}

function toMode(bits: string): number {
  let mode = 0;
  for (const bit of bits) mode = mode * 2 + (/[rwxst]/.test(bit) ? 1 : 0);
  const special = [bits[2], bits[5], bits[8]].map((bit) => (/[sStT]/.test(bit ?? "") ? 1 : 0));
  return special.reduce<number>((sum, bit, at) => sum + bit * (0o4000 >> at), mode);
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_MS = 86_400_000;

function toTime(month: string, day: number, clock: string, now: Date): string | null {
  const at = MONTHS.indexOf(month);
  if (at === -1) return null;
  if (!clock.includes(":")) return new Date(Date.UTC(Number(clock), at, day)).toISOString();
  const [hours, minutes] = clock.split(":").map(Number);
  const inYear = (year: number): Date => new Date(Date.UTC(year, at, day, hours, minutes));
  const thisYear = inYear(now.getUTCFullYear());
  const isPast = thisYear.getTime() <= now.getTime() + DAY_MS;
  return (isPast ? thisYear : inYear(now.getUTCFullYear() - 1)).toISOString();
}
