import type { HostReader, Reading } from "../../host/host.ts";
import type { Proxy, ProxyKind } from "./proxy.ts";
import { findRunningProxies, type ProxySigns, type RunningProxy } from "./running.ts";

type Gather = (host: HostReader, running: RunningProxy | null) => Promise<Proxy>;

interface Kind {
  readonly kind: ProxyKind;
  /** Files by which one is installed. */
  readonly files: readonly string[];
  /** Only loaded where there is one: most hosts have none. */
  readonly load: () => Promise<Gather>;
}

const KINDS: readonly Kind[] = [
  {
    kind: "nginx",
    files: ["/etc/nginx/nginx.conf"],
    load: async () => (await import("./nginx/gather-nginx.ts")).gatherNginx,
  },
  {
    kind: "caddy",
    files: ["/etc/caddy/Caddyfile"],
    load: async () => (await import("./caddy/gather-caddy.ts")).gatherCaddy,
  },
  {
    kind: "haproxy",
    files: ["/etc/haproxy/haproxy.cfg"],
    load: async () => (await import("./haproxy/gather-haproxy.ts")).gatherHaproxy,
  },
  {
    kind: "apache",
    files: ["/etc/apache2/apache2.conf", "/etc/httpd/conf/httpd.conf"],
    load: async () => (await import("./apache/gather-apache.ts")).gatherApache,
  },
  {
    kind: "traefik",
    files: ["/etc/traefik/traefik.yml", "/etc/traefik/traefik.yaml", "/etc/traefik/traefik.toml"],
    load: async () => (await import("./traefik/gather-traefik.ts")).gatherTraefik,
  },
  {
    kind: "portlock",
    files: [],
    load: async () => (await import("./portlock/gather-gateway.ts")).gatherGateway,
  },
];

const MOST_PROXIES = 16;

/**
 * The reverse proxies that run on a host, and those that are installed with a configuration and do not run. Their
 * files are read through the door; nothing is run where there is none.
 */
export async function gatherProxies(host: HostReader, signs: ProxySigns): Promise<Reading<readonly Proxy[]>> {
  const running = await findRunningProxies(host, signs);
  const found = await Promise.all(
    KINDS.map(async ({ kind, files, load }) => {
      const ofKind = running.filter((proxy) => proxy.kind === kind).slice(0, MOST_PROXIES);
      const chosen = ofKind.length === 0 && (await isInstalled(host, files)) ? [null] : ofKind;
      if (chosen.length === 0) return [];
      const gather = await load();
      return Promise.all(chosen.map((proxy) => gather(host, proxy)));
    }),
  );
  return { ok: true, value: found.flat(), from: "/proc/*/exe" };
}

async function isInstalled(host: HostReader, files: readonly string[]): Promise<boolean> {
  const statuses = await Promise.all(files.map((file) => host.stat(file)));
  return statuses.some((status) => status.ok && status.value.kind === "file");
}
