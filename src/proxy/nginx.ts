import { BODY_LIMIT_MIB, listAllowed, toExactPattern, UPLOAD_PREFIX } from "./allowed-routes.ts";
import {
  CONNECTIONS_PER_ADDRESS,
  CORS_HEADERS,
  CORS_MAX_AGE_SECONDS,
  CORS_METHODS,
  PASSED_HEADERS,
  SECURITY_HEADERS,
  SILENCE_SECONDS,
  toIntroduction,
} from "./shared-texts.ts";
import { isAtLeast, type ProxySite, type ProxyVersion, toAuthority, toHostHeader } from "./site.ts";

/**
 * The configuration of a site for nginx, a file for its `http` block. A request is looked at as it came, undecoded:
 * `location` would decode it first and merge slashes. What is let through is asked for by a text of this file.
 *
 * Directives: nginx.org/en/docs; `http2 on` since 1.25.1, two Authorization headers are refused by nginx itself.
 */
export function toNginxConfiguration(site: ProxySite, version: ProxyVersion): string {
  return [
    ...toIntroduction(site),
    ...toUpstream(site),
    ...toZones(site),
    ...toRouteMaps(site),
    ...toOriginMaps(site),
    ...toCredentialMaps(site),
    ...toLogFormat(site),
    "server {",
    ...indent([
      ...toListeners(site, version),
      ...toTls(site),
      ...toLimits(site),
      ...toHeaders(site),
      ...toGate(site),
      ...toForwarding(site),
      ...toLocations(site),
    ]),
    "}",
    "",
  ].join("\n");
}

function toUpstream(site: ProxySite): string[] {
  const { upstream } = site;
  const server = upstream.kind === "unix" ? `unix:${upstream.path}` : toAuthority(upstream);
  return [
    `upstream ${toVariable(site)} {`,
    `    server ${server};`,
    "    keepalive 32;",
    "}",
    ...(site.auth.kind === "portlock"
      ? [
          `upstream ${toVariable(site)}_gateway {`,
          `    server ${toAuthority(site.auth.gateway)};`,
          "    keepalive 8;",
          "}",
        ]
      : []),
    "",
  ];
}

function toZones(site: ProxySite): string[] {
  const name = toVariable(site);
  return [
    ...(site.requestsPerMinute === null
      ? []
      : [`limit_req_zone $binary_remote_addr zone=${name}_requests:2m rate=${site.requestsPerMinute}r/m;`]),
    `limit_conn_zone $binary_remote_addr zone=${name}_connections:2m;`,
    "",
  ];
}

/** Strings of a map match in any case, so that every key is a regular expression. */
function toRouteMaps(site: ProxySite): string[] {
  const name = toVariable(site);
  const allowed = listAllowed(site.scopes).flatMap(({ method, exact, patterns }) => [
    ...exact.map((path) => `    "~^${method} ${toExactPattern(path)}(?:\\?|$)" ${path};`),
    ...patterns.map((path) => `    "~^${method} (?<${name}_p>${path})(?:\\?|$)" $${name}_p;`),
  ]);
  return [
    "# What is let through, as it came in; anything else is refused.",
    `map "$request_method $request_uri" $${name}_target {`,
    '    default "";',
    ...allowed,
    "}",
    `map $${name}_target $${name}_place {`,
    "    default forward;",
    '    "" refused;',
    `    "~^${UPLOAD_PREFIX}" upload;`,
    "}",
    "",
  ];
}

function toOriginMaps(site: ProxySite): string[] {
  if (site.origins.length === 0) return [];
  const name = toVariable(site);
  const origins = site.origins.map((origin) => `    "~^${escapePattern(origin)}$" "${origin}";`);
  return [
    "# Web pages of these origins may call it.",
    `map $http_origin $${name}_origin {`,
    '    default "";',
    ...origins,
    "}",
    `map "$request_method $${name}_origin" $${name}_preflight {`,
    '    default "";',
    '    "~^OPTIONS ." 1;',
    "}",
    ...Object.entries({ methods: CORS_METHODS, headers: CORS_HEADERS, age: String(CORS_MAX_AGE_SECONDS) }).flatMap(
      ([what, value]) => [
        `map $${name}_preflight $${name}_cors_${what} {`,
        '    default "";',
        `    1 "${value}";`,
        "}",
      ],
    ),
    "",
  ];
}

/** Keys are compared as they are: nginx can hash none. The file that holds them is read as root, and by nobody else. */
function toCredentialMaps(site: ProxySite): string[] {
  const { auth } = site;
  const name = toVariable(site);
  if (auth.kind !== "bearer") return [];
  return [
    `# Each line: "~^(?:[Bb][Ee][Aa][Rr][Ee][Rr] +KEY:|:KEY)$" "NAME"; the second form is that of x-api-key.`,
    `map "$http_authorization:$http_x_api_key" $${name}_user {`,
    '    default "";',
    `    include ${auth.file};`,
    "}",
    `map $status $${name}_challenge {`,
    '    default "";',
    "    401 Bearer;",
    "}",
    "",
  ];
}

/** Neither headers nor the query, where some clients put their key. */
function toLogFormat(site: ProxySite): string[] {
  const name = toVariable(site);
  const user = site.auth.kind === "bearer" ? `$${name}_user` : "$remote_user";
  return [
    `map $request_uri $${name}_path {`,
    `    "~^(?<${name}_u>[^?]*)" $${name}_u;`,
    "}",
    `log_format ${name} escape=json`,
    `    '{"at":"$time_iso8601","from":"$remote_addr","user":"${user}","method":"$request_method",'`,
    `    '"path":"$${name}_path","status":$status,"bytes":$bytes_sent,"seconds":$request_time,'`,
    `    '"upstream":"$upstream_status"}';`,
    "",
  ];
}

function toListeners(site: ProxySite, version: ProxyVersion): string[] {
  const { listen, tls, name } = site;
  const hasTls = tls.kind !== "none";
  const isNew = isAtLeast(version, 1, 25, 1);
  const options = hasTls ? (isNew ? " ssl" : " ssl http2") : "";
  const isAny = listen.address === "::";
  return [
    ...(isAny ? [`listen ${listen.port}${options};`] : []),
    `listen ${toAuthority(listen)}${options};`,
    ...(hasTls && isNew ? ["http2 on;"] : []),
    `server_name ${name ?? "_"};`,
    "",
  ];
}

function toTls({ tls }: ProxySite): string[] {
  if (tls.kind !== "files") return [];
  return [
    `ssl_certificate ${tls.certificate};`,
    `ssl_certificate_key ${tls.key};`,
    "ssl_protocols TLSv1.2 TLSv1.3;",
    "ssl_session_tickets off;",
    "",
  ];
}

function toLimits(site: ProxySite): string[] {
  const name = toVariable(site);
  const { requestsPerMinute } = site;
  return [
    "server_tokens off;",
    `access_log /var/log/nginx/${name}.log ${name};`,
    "# Below this level the log would hold whole request lines, and with them keys that clients put into the query.",
    "error_log /var/log/nginx/error.log crit;",
    "client_header_timeout 15s;",
    "client_body_timeout 60s;",
    `client_max_body_size ${BODY_LIMIT_MIB}m;`,
    "underscores_in_headers off;",
    "ignore_invalid_headers on;",
    ...(requestsPerMinute === null
      ? []
      : [
          `limit_req zone=${name}_requests burst=${Math.max(20, Math.ceil(requestsPerMinute / 10))} nodelay;`,
          "limit_req_status 429;",
        ]),
    `limit_conn ${name}_connections ${CONNECTIONS_PER_ADDRESS};`,
    "limit_conn_status 429;",
    "",
  ];
}

function toHeaders(site: ProxySite): string[] {
  const name = toVariable(site);
  return [
    ...SECURITY_HEADERS.map(([header, value]) => `add_header ${header} "${value}" always;`),
    ...(site.auth.kind === "bearer" ? [`add_header WWW-Authenticate $${name}_challenge always;`] : []),
    ...(site.origins.length === 0
      ? []
      : [
          "add_header Vary Origin always;",
          `add_header Access-Control-Allow-Origin $${name}_origin always;`,
          `add_header Access-Control-Allow-Methods $${name}_cors_methods always;`,
          `add_header Access-Control-Allow-Headers $${name}_cors_headers always;`,
          `add_header Access-Control-Max-Age $${name}_cors_age always;`,
        ]),
    "",
  ];
}

/** Who asks first, then what for: without a credential every route answers 401, also those that are not there. */
function toGate(site: ProxySite): string[] {
  const { auth } = site;
  const name = toVariable(site);
  const choose = `rewrite ^ /portlock/$${name}_place? last;`;
  return [
    ...(site.origins.length === 0 ? [] : [`if ($${name}_preflight) { return 204; }`]),
    ...(auth.kind === "basic" ? ['auth_basic "Portlock";', `auth_basic_user_file ${auth.file};`] : []),
    ...(auth.kind === "bearer" ? [`if ($${name}_user = "") { return 401; }`] : []),
    // A question to the gateway passes here a second time.
    ...(auth.kind === "portlock"
      ? ["auth_request /portlock/verify;", `if ($uri != /portlock/verify) { ${choose} }`]
      : [choose]),
    "",
  ];
}

/** Set here and nowhere below: one such line in a location would drop all of these. */
function toForwarding(site: ProxySite): string[] {
  return [
    "proxy_http_version 1.1;",
    "proxy_pass_request_headers off;",
    `proxy_set_header Host ${toHostHeader(site)};`,
    'proxy_set_header Connection "";',
    ...PASSED_HEADERS.map((header) => `proxy_set_header ${header} $http_${header.toLowerCase().replaceAll("-", "_")};`),
    "proxy_buffering off;",
    "proxy_cache off;",
    "gzip off;",
    "proxy_connect_timeout 5s;",
    `proxy_read_timeout ${SILENCE_SECONDS}s;`,
    `proxy_send_timeout ${SILENCE_SECONDS}s;`,
    "proxy_next_upstream off;",
    "proxy_redirect off;",
    "proxy_intercept_errors off;",
    "proxy_ignore_headers X-Accel-Redirect X-Accel-Expires X-Accel-Limit-Rate X-Accel-Buffering X-Accel-Charset;",
    ...["Origin", "Methods", "Headers", "Credentials"].map((what) => `proxy_hide_header Access-Control-Allow-${what};`),
    "proxy_hide_header Access-Control-Expose-Headers;",
    "proxy_hide_header Access-Control-Max-Age;",
    "",
  ];
}

function toLocations(site: ProxySite): string[] {
  const name = toVariable(site);
  const pass = `    proxy_pass http://${name}$${name}_target;`;
  return [
    "location = /portlock/forward {",
    pass,
    "}",
    "# A model that is uploaded goes on as it comes, whatever its size.",
    "location = /portlock/upload {",
    pass,
    "    client_max_body_size 0;",
    "    proxy_request_buffering off;",
    "}",
    "# Not `return`, which would answer before it is known who asks.",
    "location / {",
    "    try_files /portlock/nothing =403;",
    "}",
    ...toVerifier(site),
  ];
}

function toVerifier(site: ProxySite): string[] {
  if (site.auth.kind !== "portlock") return [];
  return [
    "location = /portlock/verify {",
    "    internal;",
    "    # Whoever calls it from outside is answered as for any other path.",
    "    error_page 404 = /portlock/refused;",
    "    auth_request off;",
    `    proxy_pass http://${toVariable(site)}_gateway/portlock/verify;`,
    "    proxy_pass_request_body off;",
    `    proxy_set_header Host ${toAuthority(site.auth.gateway)};`,
    '    proxy_set_header Connection "";',
    '    proxy_set_header Content-Length "";',
    "    proxy_set_header Authorization $http_authorization;",
    "    proxy_set_header X-Api-Key $http_x_api_key;",
    "    proxy_set_header X-Original-Method $request_method;",
    "    proxy_set_header X-Original-URI $request_uri;",
    "    proxy_read_timeout 10s;",
    "}",
  ];
}

function toVariable({ id }: ProxySite): string {
  return `portlock_${id}`;
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, (letter) => `\\${letter}`);
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `    ${line}`));
}
