import type { HostReader, Reading } from "../../host/host.ts";
import { gatherHaproxy, HAPROXY_FILE } from "./haproxy/gather-haproxy.ts";
import { gatherNginx, NGINX_FILE } from "./nginx/gather-nginx.ts";
import { APACHE_FILES, gatherApache } from "./apache/gather-apache.ts";
import { CADDY_FILE, gatherCaddy } from "./caddy/gather-caddy.ts";
import type { Proxy, ProxyKind } from "./proxy.ts";
import { findRunningProxies, type ProxySigns, type RunningProxy } from "./running.ts";

type Gather = (host: HostReader, running: RunningProxy | null) => Promise<Proxy>;

/** How each kind is read, and the files by which one is installed. */
const KINDS: readonly { readonly kind: ProxyKind; readonly gather: Gather; readonly files: readonly string[] }[] = [
  { kind: "nginx", gather: gatherNginx, files: [NGINX_FILE] },
  { kind: "caddy", gather: gatherCaddy, files: [CADDY_FILE] },
  { kind: "haproxy", gather: gatherHaproxy, files: [HAPROXY_FILE] },
  { kind: "apache", gather: gatherApache, files: APACHE_FILES },
];

const MOST_PROXIES = 16;

/**
 * The reverse proxies that run on a host, and those that are installed with a configuration and do not run. Their
 * files are read through the door; nothing is run where there is none.
 */
export async function gatherProxies(host: HostReader, signs: ProxySigns): Promise<Reading<readonly Proxy[]>> {
  const running = await findRunningProxies(host, signs);
  const found = await Promise.all(
    KINDS.map(async ({ kind, gather, files }) => {
      const ofKind = running.filter((proxy) => proxy.kind === kind).slice(0, MOST_PROXIES);
      if (ofKind.length > 0) return await Promise.all(ofKind.map((proxy) => gather(host, proxy)));
      return (await isInstalled(host, files)) ? [await gather(host, null)] : [];
    }),
  );
  return { ok: true, value: found.flat(), from: "/proc/*/exe" };
}

async function isInstalled(host: HostReader, files: readonly string[]): Promise<boolean> {
  const statuses = await Promise.all(files.map((file) => host.stat(file)));
  return statuses.some((status) => status.ok && status.value.kind === "file");
}
