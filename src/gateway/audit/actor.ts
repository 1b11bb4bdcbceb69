import { userInfo } from "node:os";

/**
 * Who runs this process, for the audit log: `alice (uid 1000)`, and behind sudo `root (uid 0), through sudo from alice`.
 * What sudo says is a variable that root could set as he likes; the user himself cannot.
 */
export function toActorName(env: Readonly<Record<string, string | undefined>>): string {
  const uid = process.getuid?.() ?? -1;
  const name = toUserName(uid);
  const through = env["SUDO_USER"];
  const isThroughSudo = uid === 0 && through !== undefined && /^[\w.@-]{1,64}$/.test(through) && through !== "root";
  return `${name} (uid ${uid})${isThroughSudo ? `, through sudo from ${through}` : ""}`;
}

/** A container's user need not be in its list of users. */
function toUserName(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return `user ${uid}`;
  }
}
