import { HostError } from "./host-error.ts";
import type { HostReader } from "./host.ts";
import { openLocalHost } from "./local.ts";

/**
 * Opens the reading half of the door: to this machine for `localhost`, else to `ssh://[user@]host[:port]`.
 * Rejects with a `HostError` of code `bad-target` for any other text. An SSH login that fails is told by the first
 * verb, which then rejects with a `HostError`.
 */
export async function openHost(target: string): Promise<HostReader> {
  if (target === "localhost") return openLocalHost();
  if (target.startsWith("ssh://")) return (await import("./ssh.ts")).openSshHost(target);
  throw new HostError(
    "bad-target",
    target,
    `There is no way to this target: ${target}`,
    "Name localhost, or a host behind SSH as ssh://user@host.",
  );
}
