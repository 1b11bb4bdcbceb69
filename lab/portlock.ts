import { CHECKOUT_INSIDE, PORTLOCK_ENVIRONMENT } from "./audit.ts";
import type { Output } from "./command.ts";
import type { Host } from "./host.ts";

/** Long enough for a container to be made anew. */
const TIMEOUT_MS = 180_000;

/** Runs this checkout's portlock in a host, as root unless somebody is named, and hands back what it said, whatever its exit code. */
export function runPortlock(host: Host, args: readonly string[], user: string = "root"): Promise<Output> {
  return host.attempt(["sh", `${CHECKOUT_INSIDE}/bin/portlock`, ...args], {
    env: PORTLOCK_ENVIRONMENT,
    timeoutMs: TIMEOUT_MS,
    user,
  });
}
