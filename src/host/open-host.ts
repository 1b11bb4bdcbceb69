import { HostError } from "./host-error.ts";
import type { HostReader } from "./host.ts";
import { openLocalHost } from "./local.ts";

/**
 * Opens the reading half of the door: to this machine for `localhost`, else to `ssh://[user@]host[:port]`.
 * Rejects with a `HostError` of code `bad-target` for any other text. An SSH login that fails is told by the first
 * verb, which then rejects with a `HostError`.
 */
export async function openHost(target: string): Promise<HostReader> {
  return await openTarget(target, {
    local: () => Promise.resolve(openLocalHost()),
    ssh: async () => (await import("./ssh.ts")).openSshHost(target),
  });
}

interface Ways<T> {
  local(): Promise<T>;
  ssh(): Promise<T>;
}

/** What opens the door that a target names. Rejects with a `HostError` of code `bad-target` where it names none. */
export async function openTarget<T>(target: string, ways: Ways<T>): Promise<T> {
  if (target === "localhost") return await ways.local();
  if (target.startsWith("ssh://")) return await ways.ssh();
  throw new HostError(
    "bad-target",
    target,
    `There is no way to this target: ${target}`,
    "Name localhost, or a host behind SSH as ssh://user@host.",
  );
}
