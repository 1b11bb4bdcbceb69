import { type ProxyKind, type SiteUpstream, toAuthority } from "../../src/proxy/site.ts";
import type { Person } from "./attack.ts";

/** Where a recipe's proxy listens, whom it asks, and who is let in. */
export interface Place {
  readonly port: number;
  readonly upstream: SiteUpstream;
  /** File with one line a person, in the form of that proxy. */
  readonly people: string;
  readonly person: Person;
}

/** A configuration as people post it, put into our words: the same directives, the same order. */
export interface Recipe {
  readonly proxy: ProxyKind;
  readonly auth: "basic" | "bearer" | "x-api-key";
  readonly name: { readonly en: string; readonly zh: string };
  /** Where it, or its pattern, is given. */
  readonly source: string;
  readonly write: (place: Place) => string;
}

const MANAGED = ["pull", "push", "create", "copy", "delete", "blobs"] as const;

const UNIX: Readonly<Record<ProxyKind, string>> = { nginx: "unix:", caddy: "unix/", haproxy: "unix@" };

function toServer(proxy: ProxyKind, { upstream }: Place): string {
  return upstream.kind === "unix" ? `${UNIX[proxy]}${upstream.path}` : toAuthority(upstream);
}

function toNginx(place: Place, before: readonly string[], within: readonly string[]): string {
  return [
    "upstream ollama {",
    `    server ${toServer("nginx", place)};`,
    "}",
    ...before,
    "server {",
    `    listen 127.0.0.1:${place.port};`,
    ...within.map((line) => `    ${line}`),
    "}",
    "",
  ].join("\n");
}

const FORWARD = [
  "proxy_pass http://ollama;",
  "proxy_set_header Host $host;",
  "proxy_set_header X-Real-IP $remote_addr;",
  "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
  "proxy_set_header X-Forwarded-Proto $scheme;",
] as const;

function toBasic({ people }: Place): readonly string[] {
  return ['auth_basic "Ollama";', `auth_basic_user_file ${people};`];
}

const NGINX: readonly Recipe[] = [
  {
    proxy: "nginx",
    auth: "basic",
    name: { en: "nginx, basic auth in front of everything", zh: "nginx，全部加 basic 认证" },
    source: "https://ollaman.com/docs/features/authentication",
    write: (place) =>
      toNginx(
        place,
        [],
        [
          "location / {",
          ...toBasic(place),
          ...FORWARD,
          "proxy_http_version 1.1;",
          "proxy_set_header Upgrade $http_upgrade;",
          'proxy_set_header Connection "upgrade";',
          "}",
        ],
      ),
  },
  {
    proxy: "nginx",
    auth: "bearer",
    name: { en: "nginx, a bearer key compared by map", zh: "nginx，用 map 比较 bearer 密钥" },
    source: "https://github.com/kesor/ollama-proxy/blob/main/nginx-default.conf.template",
    write: (place) =>
      toNginx(
        place,
        [
          "map_hash_bucket_size 128;",
          `map $http_authorization $known { default 0; "${place.person.value}" 1; }`,
          "map $request_method$known $refused { default 1; ~^OPTIONS0 0; ~^.*1 0; }",
        ],
        [
          "if ($refused) { return 401; }",
          "location / {",
          "if ($request_method = OPTIONS) { return 204; }",
          "proxy_pass http://ollama;",
          "proxy_set_header Host $host;",
          "}",
        ],
      ),
  },
  {
    proxy: "nginx",
    auth: "x-api-key",
    name: { en: "nginx, an x-api-key compared by map", zh: "nginx，用 map 比较 x-api-key" },
    source: "https://github.com/ollama/ollama/issues/9488",
    write: (place) =>
      toNginx(
        place,
        ["map_hash_bucket_size 128;", `map $http_x_api_key $valid_key { default 0; "${place.person.value}" 1; }`],
        ["location / {", "if ($valid_key = 0) { return 401; }", "proxy_pass http://ollama;", "}"],
      ),
  },
  {
    proxy: "nginx",
    auth: "basic",
    name: { en: "nginx, basic auth, management denied by location", zh: "nginx，basic 认证，用 location 拒绝管理路由" },
    source: "https://nginx.org/en/docs/http/ngx_http_core_module.html#location",
    write: (place) =>
      toNginx(
        place,
        [],
        [
          ...toBasic(place),
          ...MANAGED.map((name) => `location = /api/${name} { return 403; }`),
          "location / {",
          ...FORWARD,
          "}",
        ],
      ),
  },
  {
    proxy: "nginx",
    auth: "basic",
    name: { en: "nginx, basic auth, management denied by if", zh: "nginx，basic 认证，用 if 拒绝管理路由" },
    source: "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#if",
    write: (place) =>
      toNginx(
        place,
        [],
        [
          ...toBasic(place),
          `if ($request_uri ~* "^/api/(${MANAGED.join("|")})") { return 403; }`,
          "location / {",
          ...FORWARD,
          "}",
        ],
      ),
  },
];

function toHaproxy(place: Place, rules: readonly string[]): string {
  return [
    "defaults",
    "    mode http",
    "    timeout connect 60s",
    "    timeout client 60s",
    "    timeout server 60s",
    "frontend ft_ollama",
    `    bind 127.0.0.1:${place.port}`,
    ...rules.map((line) => `    ${line}`),
    "    default_backend be_ollama",
    "backend be_ollama",
    "    option forwardfor",
    "    http-request set-header X-Real-IP %[src]",
    `    server ollama1 ${toServer("haproxy", place)}`,
    "",
  ].join("\n");
}

function toHaproxyKey({ person }: Place): string {
  return `http-request deny deny_status 401 unless { req.hdr(authorization) -m str "${person.value}" }`;
}

const HAPROXY: readonly Recipe[] = [
  {
    proxy: "haproxy",
    auth: "bearer",
    name: { en: "HAProxy, a bearer key", zh: "HAProxy，bearer 密钥" },
    source: "https://blog.linux-ng.de/?p=1680",
    write: (place) => toHaproxy(place, [toHaproxyKey(place)]),
  },
  {
    proxy: "haproxy",
    auth: "bearer",
    name: { en: "HAProxy, a bearer key, management denied by path", zh: "HAProxy，bearer 密钥，按 path 拒绝管理路由" },
    source: "https://docs.haproxy.org/2.6/configuration.html#4.2-http-request%20deny",
    write: (place) =>
      toHaproxy(place, [
        toHaproxyKey(place),
        `http-request deny if { path ${MANAGED.map((name) => `/api/${name}`).join(" ")} }`,
      ]),
  },
  {
    proxy: "haproxy",
    auth: "bearer",
    name: { en: "HAProxy, a bearer key, allowed by prefix", zh: "HAProxy，bearer 密钥，按前缀允许" },
    source: "https://docs.haproxy.org/2.6/configuration.html#7.3.6-path",
    write: (place) =>
      toHaproxy(place, [
        toHaproxyKey(place),
        "http-request deny unless { path /api/chat /api/generate /api/embed } or { path_beg /v1/ }",
      ]),
  },
];

function toCaddy(place: Place, directives: readonly string[]): string {
  return [
    `http://:${place.port} {`,
    "\tbind 127.0.0.1",
    ...directives.map((line) => `\t${line}`),
    `\treverse_proxy ${toServer("caddy", place)}`,
    "}",
    "",
  ].join("\n");
}

const CADDY: readonly Recipe[] = [
  {
    proxy: "caddy",
    auth: "basic",
    name: { en: "Caddy, basicauth", zh: "Caddy，basicauth" },
    source: "https://caddyserver.com/docs/caddyfile/directives/basic_auth",
    write: (place) => toCaddy(place, ["basicauth {", `\timport ${place.people}`, "}"]),
  },
  {
    proxy: "caddy",
    auth: "basic",
    name: { en: "Caddy, basicauth for /api/* alone", zh: "Caddy，仅对 /api/* 加 basicauth" },
    source: "https://adhdecode-articles-3.pages.dev/articles/ollama/ollama-proxy-authentication-security/",
    write: (place) => toCaddy(place, ["basicauth /api/* {", `\timport ${place.people}`, "}"]),
  },
  {
    proxy: "caddy",
    auth: "x-api-key",
    name: { en: "Caddy, an x-api-key by matcher", zh: "Caddy，用匹配器检查 x-api-key" },
    source: "https://bric.pe.kr/blog/securing-ollama-api-key-caddy-reverse-proxy",
    write: (place) =>
      toCaddy(place, [`@unknown not header X-API-Key ${place.person.value}`, 'respond @unknown "Unauthorized" 401']),
  },
  {
    proxy: "caddy",
    auth: "basic",
    name: { en: "Caddy, basicauth, management denied by path", zh: "Caddy，basicauth，按 path 拒绝管理路由" },
    source: "https://caddyserver.com/docs/caddyfile/matchers#path",
    write: (place) =>
      toCaddy(place, [
        "basicauth {",
        `\timport ${place.people}`,
        "}",
        `@managed path ${MANAGED.map((name) => `/api/${name}`).join(" ")}`,
        "respond @managed 403",
      ]),
  },
];

export const RECIPES: readonly Recipe[] = [...NGINX, ...HAPROXY, ...CADDY];
