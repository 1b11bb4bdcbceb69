import type { Passing, Proxy, ProxyListener, ProxyLocation, ProxySite, Upstream } from "../../facts/proxies/proxy.ts";
import type { Tunnel } from "../../facts/tunnels/tunnel.ts";
import type { ProxyAnswer } from "../../facts/proxies/proxy-answer.ts";
import { aHost, read, type AHost } from "./a-host.ts";

/** What a location of a test hands on to, and how. */
export type LocationOptions = Partial<Omit<ProxyLocation, "passing" | "upstreams">> & {
  readonly passing?: Partial<Passing>;
  readonly to?: string | readonly Upstream[];
};

/** As nginx does where nothing is said. */
const PLAIN: Passing = {
  host: { kind: "upstream" },
  authorization: "passed",
  buffered: false,
  httpVersion: "1.1",
  silenceMs: 3_600_000,
  bodyLimitBytes: null,
  allowsOrigins: null,
};

const FILE = "/etc/nginx/sites-enabled/ollama";

/** A location that takes every path and hands on to Ollama, unless told otherwise. */
export function aLocation(options: LocationOptions = {}): ProxyLocation {
  const { passing = {}, to = "127.0.0.1:11434", ...more } = options;
  return {
    paths: { kind: "all" },
    methods: null,
    upstreams: typeof to === "string" ? [toUpstream(to)] : to,
    replacesPath: null,
    protections: [],
    satisfy: "all",
    source: { file: FILE, line: 4, text: "proxy_pass http://127.0.0.1:11434;" },
    ...more,
    passing: { ...PLAIN, ...passing },
  };
}

function toUpstream(to: string): Upstream {
  if (to.startsWith("unix:")) return { kind: "unix", path: to.slice(5) };
  const colon = to.lastIndexOf(":");
  return { kind: "tcp", host: to.slice(0, colon), port: Number(to.slice(colon + 1)), tls: false };
}

/** A site for every name on port 80. */
export function aSite(locations: readonly ProxyLocation[], more: Partial<ProxySite> = {}): ProxySite {
  return {
    names: [],
    isDefault: true,
    listeners: [aListener("0.0.0.0", 80)],
    locations,
    source: { file: FILE, line: 1, text: "server {" },
    ...more,
  };
}

export function aListener(address: string, port: number, tls = false): ProxyListener {
  return { kind: "tcp", address, port, tls };
}

/** nginx with these sites. */
export function aProxy(sites: readonly ProxySite[], more: Partial<Proxy> = {}): Proxy {
  return {
    kind: "nginx",
    pid: 500,
    version: "1.22.1",
    declared: read({ files: [FILE], sites, unclear: [] }, "/etc/nginx/nginx.conf"),
    running: null,
    changedSinceLoaded: false,
    ...more,
  };
}

/** What a proxy answers to a stranger: a status, with what an Ollama says where it is 200. */
export function aProxyAnswer(status: number, more: Partial<ProxyAnswer> = {}): ProxyAnswer {
  const body = status === 200 ? "Ollama is running" : "";
  return {
    proxy: 0,
    site: 0,
    location: 0,
    address: "127.0.0.1",
    port: 80,
    tls: false,
    name: null,
    question: "GET /",
    path: "/",
    outcome: { kind: "answered", answer: { status, headers: {}, body, truncated: false } },
    ...more,
  };
}

/** A tunnel for everybody that demands nothing, to Ollama. */
export function aTunnel(more: Partial<Tunnel> = {}): Tunnel {
  return {
    kind: "cloudflared",
    pid: 600,
    publicName: "ai.example.com",
    to: { host: "localhost", port: 11_434, tls: false },
    audience: "everybody",
    demandsCredential: null,
    host: { kind: "literal", text: "localhost:11434" },
    source: { file: "/etc/cloudflared/config.yml", line: 4, text: "ai.example.com -> http://localhost:11434" },
    ...more,
  };
}

/** A host with an Ollama on loopback, and these tunnels. */
export function aTunnelledHost(tunnels: readonly Tunnel[]): AHost {
  return aHost()
    .link("eth0", ["192.168.1.10/24"])
    .ollama("127.0.0.1")
    .with({ tunnels: read(tunnels, "/proc/*/exe") });
}

/** A host with an Ollama, on loopback unless told otherwise, and an nginx on port 80 that has these sites; IPv4 only. */
export function aProxiedHost(
  sites: readonly ProxySite[],
  more: Partial<Proxy> & { readonly answers?: readonly ProxyAnswer[]; readonly ollamaOn?: string } = {},
): AHost {
  const { answers = [], ollamaOn = "127.0.0.1", ...proxy } = more;
  return aHost()
    .link("eth0", ["192.168.1.10/24"])
    .ollama(ollamaOn)
    .process(500, {
      name: "nginx",
      executable: "/usr/sbin/nginx",
      arguments: [],
      uid: 0,
      user: "root",
      cgroup: { kind: "session", uid: 0 },
    })
    .listens("0.0.0.0", 80, { pids: [500, 501] })
    .with({ proxies: read([aProxy(sites, proxy)], "/etc/nginx/nginx.conf"), proxyAnswers: answers });
}
