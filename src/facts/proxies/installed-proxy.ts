import type { HostReader } from "../../host/host.ts";
import type { ReadCommand } from "../../host/read-command.ts";

/** A proxy as its package installs it: its version as it prints it, and whether its service runs. */
export interface InstalledProxy {
  /** Null where the program is not there. */
  readonly version: string | null;
  readonly isActive: boolean;
}

const VERSIONS: Readonly<Record<"nginx" | "caddy" | "haproxy", ReadCommand>> = {
  nginx: ["nginx", "-V"],
  caddy: ["env", "HOME=/dev/null", "caddy", "version"],
  haproxy: ["haproxy", "-v"],
};

/** Asks for the version of a proxy and the state of its service, which all packages name as the program. */
export async function gatherInstalledProxy(
  host: HostReader,
  kind: "nginx" | "caddy" | "haproxy",
): Promise<InstalledProxy> {
  const [printed, shown] = await Promise.all([
    host.run(VERSIONS[kind]),
    host.run(["systemctl", "show", "--no-pager", "--property=ActiveState", "--", `${kind}.service`]),
  ]);
  const isThere = printed.ok && printed.value.exitCode === 0;
  return {
    // nginx prints it where errors go.
    version: isThere ? `${printed.value.stdout}${printed.value.stderr}` : null,
    isActive: shown.ok && /^ActiveState=(?:active|reloading)$/m.test(shown.value.stdout),
  };
}
