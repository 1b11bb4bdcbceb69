import { toPrintable } from "../printable.ts";

/** Longest value from a host that a sentence about a finding shows, and how many of a list. */
const LONGEST = 80;
const MOST = 4;

/** A value from the host, safe to print and not too long. */
export function show(value: string): string {
  return toPrintable(value, LONGEST);
}

/** The first few of some values from the host, and how many more there are. */
export function listInEnglish(values: readonly string[]): string {
  const shown = values.slice(0, MOST).map(show);
  const rest = values.length - shown.length;
  return rest > 0 ? `${shown.join(", ")} and ${rest} more` : shown.join(", ");
}

/** The same, as Chinese counts: all of them. */
export function listInChinese(values: readonly string[]): string {
  const shown = values.slice(0, MOST).map(show).join("、");
  return values.length > MOST ? `${shown} 等 ${values.length} 个` : shown;
}

/** Proxies that `portlock proxy` makes sites for. */
export const MADE: ReadonlySet<string> = new Set(["nginx", "caddy", "haproxy"]);

/** A path of a proxy as one would type it: that it is the whole path goes without saying. */
export function toPathText(path: string): string {
  return path.replace(/^= /, "");
}

/** Bytes as a limit is written: whole mebibytes where they are. */
export function toSize(bytes: number): string {
  const mebibyte = 1024 * 1024;
  return bytes >= mebibyte ? `${Math.round(bytes / mebibyte)} MiB` : `${Math.round(bytes / 1024)} KiB`;
}
