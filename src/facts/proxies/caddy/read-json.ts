import { z } from "zod";
import type { Protection, ProxyListener, SourceLine } from "../proxy.ts";
import { type HandlerJson, toHandlers } from "./handlers-json.ts";
import { type MatcherJson, toConditions } from "./matchers-json.ts";
import type { CaddySite, Route } from "./model.ts";
import { toListeners } from "./names.ts";
import { toRedirects } from "./redirects.ts";

const Texts = z.array(z.string()).nullish();
const RouteJson = z.looseObject({
  group: z.string().nullish(),
  match: z.array(z.record(z.string(), z.unknown())).nullish(),
  handle: z.array(z.looseObject({ handler: z.string() })).nullish(),
});
type RouteJson = z.infer<typeof RouteJson>;
const PolicyJson = z.looseObject({
  match: z.looseObject({ sni: Texts }).nullish(),
  client_authentication: z.looseObject({ mode: z.string().nullish() }).nullish(),
});
const ServerJson = z.looseObject({
  listen: Texts,
  routes: z.array(RouteJson).nullish(),
  tls_connection_policies: z.array(PolicyJson).nullish(),
  automatic_https: z
    .looseObject({ disable: z.boolean().nullish(), disable_redirects: z.boolean().nullish(), skip: Texts })
    .nullish(),
});
type ServerJson = z.infer<typeof ServerJson>;
const ConfigJson = z.looseObject({
  apps: z
    .looseObject({
      http: z
        .looseObject({
          http_port: z.number().nullish(),
          https_port: z.number().nullish(),
          servers: z.record(z.string(), ServerJson).nullish(),
        })
        .nullish(),
    })
    .nullish(),
});

export interface CaddyJson {
  readonly sites: readonly CaddySite[];
  readonly unclear: readonly SourceLine[];
}

const DEEPEST = 24;

/**
 * Reads Caddy's own configuration in JSON. Null: it is none. Accounts are counted, their hashes are not kept.
 *
 * @param file what the lines of it are told to come from
 */
export function readCaddyJson(value: unknown, file: string): CaddyJson | null {
  const parsed = ConfigJson.nullable().safeParse(value);
  if (!parsed.success) return null;
  const apps = parsed.data?.apps ?? {};
  const http = apps.http ?? {};
  const ports = { http: http.http_port ?? 80, https: http.https_port ?? 443 };
  const sites = Object.entries(http.servers ?? {}).flatMap(([name, server]) =>
    readServer(server, ports, { file, line: null, text: `servers.${name}` }),
  );
  const hasRedirects = !Object.values(http.servers ?? {}).some(
    (server) => server.automatic_https?.disable_redirects === true,
  );
  const others = Object.keys(apps).filter((name) => name === "layer4");
  return {
    sites: hasRedirects ? [...sites, ...toRedirects(sites, ports.http)] : sites,
    unclear: others.map((name) => ({ file, line: null, text: `apps.${name}` })),
  };
}

interface Ports {
  readonly http: number;
  readonly https: number;
}

function readServer(server: ServerJson, ports: Ports, source: SourceLine): readonly CaddySite[] {
  const routes = server.routes ?? [];
  const groups = new Map<string, readonly string[]>();
  for (const route of routes) {
    const names = toNames(route);
    if (names !== null) groups.set(names.join(" "), names);
  }
  const sets = [
    ...groups.values(),
    ...(routes.some((route) => toNames(route) === null) || groups.size === 0 ? [[]] : []),
  ];
  return sets.map((names) => ({
    names,
    listeners: (server.listen ?? []).flatMap((listen) => toServerListeners(listen, names, server, ports)),
    certificate: toCertificate(server, names),
    routes: routes
      .filter((route) => toNames(route) === null || toNames(route)?.join(" ") === names.join(" "))
      .map((route) => readRoute(route, source, 0)),
    source: { ...source, text: [source.text, ...names].join(" ") },
  }));
}

/** The hosts a route is for; null: every one. */
function toNames({ match }: RouteJson): readonly string[] | null {
  const hosts = (match ?? []).map(({ host }) =>
    Array.isArray(host) ? host.filter((name) => typeof name === "string") : [],
  );
  return hosts.length === 0 || hosts.some((names) => names.length === 0) ? null : hosts.flat();
}

function toServerListeners(
  listen: string,
  names: readonly string[],
  server: ServerJson,
  ports: Ports,
): readonly ProxyListener[] {
  const automatic = server.automatic_https;
  return toListeners(listen, false).map((listener): ProxyListener => {
    if (listener.kind === "unix" || listener.port === ports.http) return listener;
    const isAutomatic =
      automatic?.disable !== true &&
      names.length > 0 &&
      !names.every((name) => automatic?.skip?.includes(name) === true);
    return { ...listener, tls: (server.tls_connection_policies ?? []).length > 0 || isAutomatic };
  });
}

function toCertificate({ tls_connection_policies: policies }: ServerJson, names: readonly string[]): Protection | null {
  const policy = (policies ?? []).find(
    ({ match }) => match?.sni === undefined || match.sni === null || match.sni.some((name) => names.includes(name)),
  );
  const asked = policy?.client_authentication;
  if (asked === undefined || asked === null) return null;
  return toCertificateProtection(asked.mode ?? "require_and_verify");
}

/** `require` takes any certificate, whoever made it. */
export function toCertificateProtection(mode: string): Protection {
  if (mode === "require") return { kind: "unclear", text: "any certificate is enough" };
  return { kind: "client-certificate", required: mode === "require_and_verify" };
}

function readRoute(route: RouteJson, source: SourceLine, depth: number): Route {
  const sets = (route.match ?? []).map((set: MatcherJson) => toConditions(depth === 0 ? withoutHost(set) : set, 0));
  const inner = (value: unknown): readonly Route[] => {
    const parsed = z.array(RouteJson).safeParse(value);
    return parsed.success && depth < DEEPEST ? parsed.data.map((each) => readRoute(each, source, depth + 1)) : [];
  };
  const handlers = (route.handle ?? []).flatMap((handler: HandlerJson) => toHandlers(handler, inner));
  return {
    matchers: sets.some((set) => set.length === 0) ? [] : sets,
    handlers,
    group: route.group ?? null,
    source,
  };
}

function withoutHost({ host: _host, ...rest }: MatcherJson): MatcherJson {
  return rest;
}
