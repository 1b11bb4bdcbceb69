import { isAbsolute, join, resolve } from "node:path";

/** Where keys, usage and the audit log lie. */
export type DataPlace =
  | { readonly kind: "folder"; readonly path: string }
  /** `url` is without a password, which comes from PGPASSWORD or ~/.pgpass; `pepperFile` is what its replicas share. */
  | { readonly kind: "postgres"; readonly url: string; readonly pepperFile: string | null; readonly folder: string };

export type DataPlaceReading =
  | { readonly ok: true; readonly place: DataPlace }
  /** A password on a command line is in the list of processes, and in the shell's history. */
  | { readonly ok: false; readonly why: "password-in-url" | "not-understood" };

/** What decides where data lies besides `--data`. */
export interface DataSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly isRoot: boolean;
  readonly home: string;
}

const ROOT_FOLDER = "/var/lib/portlock-gateway";

/**
 * Reads `--data`: a folder, or `postgres://user@host/database`. Left out it is /var/lib/portlock-gateway for root and
 * $XDG_DATA_HOME/portlock/gateway (~/.local/share/…) for anybody else. The pepper of a PostgreSQL store lies in the file
 * that PORTLOCK_PEPPER_FILE names, else in the folder.
 */
export function readDataPlace(text: string | undefined, surroundings: DataSurroundings): DataPlaceReading {
  const folder = toDefaultFolder(surroundings);
  if (text === undefined) return { ok: true, place: { kind: "folder", path: folder } };
  if (!/^postgres(ql)?:/i.test(text)) {
    if (text === "" || /^[a-z][a-z+]*:\/\//i.test(text)) return { ok: false, why: "not-understood" };
    return { ok: true, place: { kind: "folder", path: resolve(text) } };
  }
  const url = URL.parse(text);
  if (url === null || !/^postgres(ql)?:\/\//i.test(text)) return { ok: false, why: "not-understood" };
  if (url.password !== "" || url.searchParams.has("password")) return { ok: false, why: "password-in-url" };
  const pepperFile = surroundings.env["PORTLOCK_PEPPER_FILE"] ?? null;
  return { ok: true, place: { kind: "postgres", url: text, pepperFile, folder } };
}

function toDefaultFolder({ env, isRoot, home }: DataSurroundings): string {
  if (isRoot) return ROOT_FOLDER;
  const base = env["XDG_DATA_HOME"] ?? "";
  return join(isAbsolute(base) ? base : join(home, ".local/share"), "portlock/gateway");
}
