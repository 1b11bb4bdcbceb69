import { openTarget } from "./open-host.ts";
import type { HostWriter } from "./writer.ts";

/**
 * Opens both halves of the door to a target of `openHost`, and fails as that does. A module of its own: whoever only
 * looks never loads a verb that changes a host.
 */
export async function openWriter(target: string): Promise<HostWriter> {
  return await openTarget(target, {
    local: async () => (await import("./local-writer.ts")).openLocalWriter(),
    ssh: async () => (await import("./ssh-writer.ts")).openSshWriter(target),
  });
}
