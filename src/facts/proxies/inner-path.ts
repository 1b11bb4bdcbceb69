import type { FileStatus, HostReader } from "../../host/host.ts";

/** As whom a proxy runs. */
export interface ProxyUser {
  readonly uid: number;
  readonly gids: readonly number[];
}

type Door = Pick<HostReader, "readLinks" | "stat">;

const MOST_LINKS = 16;

/**
 * A path with every symbolic link followed as the proxy itself would follow it, within its own file system. Null:
 * there are too many.
 */
export async function followInside(host: Door, root: string, path: string): Promise<string | null> {
  let left = path.split("/").filter((part) => part !== "");
  let done: readonly string[] = [];
  for (let links = 0; left.length > 0;) {
    const [part = "", ...rest] = left;
    left = rest;
    if (part === "." || part === "..") {
      if (part === "..") done = done.slice(0, -1);
      continue;
    }
    const inner = `/${[...done, part].join("/")}`;
    // A star would stand for any name.
    const found = inner.includes("*") ? null : await host.readLinks(`${root}${inner}`);
    const target = found?.ok === true ? found.value.links[0]?.target : undefined;
    if (target === undefined) {
      done = [...done, part];
      continue;
    }
    links += 1;
    if (links > MOST_LINKS) return null;
    if (target.startsWith("/")) done = [];
    left = [...target.split("/").filter((each) => each !== ""), ...left];
  }
  return `/${done.join("/")}`;
}

/**
 * Whether a user can read a file: what he cannot, a proxy of his was not started with, whatever its command line says.
 *
 * @param path without symbolic links
 */
export async function mayRead(host: Door, root: string, path: string, user: ProxyUser): Promise<boolean> {
  const parts = path.split("/").slice(1);
  for (let count = 0; count <= parts.length; count += 1) {
    const isFile = count === parts.length;
    const status = await host.stat(`${root}/${parts.slice(0, count).join("/")}`);
    if (!status.ok || !isAllowed(status.value, user, isFile ? 4 : 1)) return false;
  }
  return true;
}

function isAllowed({ mode, uid, gid }: FileStatus, user: ProxyUser, bit: number): boolean {
  if (user.uid === 0) return true;
  const shift = uid === user.uid ? 6 : user.gids.includes(gid) ? 3 : 0;
  return (mode & (bit << shift)) !== 0;
}
