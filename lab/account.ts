import { ROOT_ENVIRONMENT } from "./command.ts";

/** A line of passwd(5). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

export const ROOT: Account = { name: "root", uid: 0, gid: 0, home: "/root" };

/** Reads one line of `getent passwd`; throws where it is none. */
export function parseAccount(line: string): Account {
  const [name, , uid, gid, , home] = line.trim().split(":");
  if (name === undefined || uid === undefined || gid === undefined || home === undefined) {
    throw new Error(`lab: no such user: ${line}`);
  }
  return { name, uid: Number(uid), gid: Number(gid), home };
}

/** Arguments that become that user and then run what follows them. */
export function toBecomeArguments(account: Account): readonly string[] {
  if (account.uid === 0) return [];
  return ["setpriv", `--reuid=${account.uid}`, `--regid=${account.gid}`, "--init-groups", "--"];
}

/** The environment of a fresh login. */
export function toLoginEnvironment(account: Account): Readonly<Record<string, string>> {
  return { ...ROOT_ENVIRONMENT, HOME: account.home, USER: account.name, LOGNAME: account.name };
}

/**
 * Arguments that put what follows them into a cgroup of its own before it starts: under systemd the scope of
 * a login session, elsewhere a group beside the host's first process.
 */
export function toSessionArguments(account: Account, session: number, systemd: boolean): readonly string[] {
  if (systemd) {
    const slice = `--slice=user-${account.uid}.slice`;
    return ["systemd-run", "--scope", "--quiet", "--collect", `--unit=session-c${session}.scope`, slice, "--"];
  }
  const script = 'mkdir -p "$1" && echo 0 >"$1/cgroup.procs" && shift && exec "$@"';
  return ["sh", "-c", script, "sh", `/sys/fs/cgroup/session-${session}`];
}
