import { BODY_LIMIT_MIB, listAllowed, toExactPattern } from "./allowed-routes.ts";
import {
  CORS_HEADERS,
  CORS_MAX_AGE_SECONDS,
  CORS_METHODS,
  PASSED_HEADERS,
  SECURITY_HEADERS,
  SILENCE_SECONDS,
  toIntroduction,
} from "./shared-texts.ts";
import { isAtLeast, type ProxySite, type ProxyVersion, toAuthority, toHostHeader } from "./site.ts";

/** In a form both of Caddy's expressions and of its placeholders. */
const AUTHORIZATION = "{http.request.header.Authorization}";
const API_KEY = "{http.request.header.X-Api-Key}";
/** Caddy refuses a list of nobody. Of this hash, all zeros, nobody knows a password. */
const OF_NO_PASSWORD = `$2y$14$${".".repeat(53)}`;
const TARGET = "{portlock_target}";
/** What Caddy adds by itself to a request that it hands on. */
const ADDED_HEADERS = ["X-*", "Forwarded", "Via"] as const;

/**
 * The configuration of a site for Caddy, a file that its Caddyfile imports. Its `path` matcher decodes, cleans and
 * ignores case; here the request target is compared as it came, and the model server is asked by a text of this file.
 *
 * Directives: caddyserver.com/docs/caddyfile; `basic_auth` was `basicauth` before 2.8. No `flush_interval -1`: since
 * 2.6.3 it keeps a generation running after its client has left, and a stream without length is flushed anyway.
 */
export function toCaddyConfiguration(site: ProxySite, version: ProxyVersion): string {
  return [
    ...toIntroduction(site),
    `${toAddress(site)} {`,
    ...indent([
      ...(site.listen.address === "::" ? [] : [`bind ${site.listen.address}`]),
      ...(site.tls.kind === "files" ? [`tls ${site.tls.certificate} ${site.tls.key}`] : []),
      ...toLog(),
      "route {",
      ...indent([
        ...toHeaders(site),
        ...toNameCheck(site),
        ...toOrigins(site),
        ...toCredentialCheck(site, version),
        ...toRoutes(site),
        ...toPassedHeaders(),
        ...toForwarding(site),
      ]),
      "}",
    ]),
    "}",
    "",
  ].join("\n");
}

/** Only where Caddy is to get the certificate the name stands in the address: for a name it opens port 80 too. */
function toAddress({ tls, listen, name }: ProxySite): string {
  if (tls.kind === "automatic") return `https://${name}:${listen.port}`;
  return `${tls.kind === "none" ? "http" : "https"}://:${listen.port}`;
}

/** To the journal: a file of its own would belong to whoever checks the configuration first. */
function toLog(): string[] {
  return [
    "log {",
    "\toutput stderr",
    "\tformat filter {",
    "\t\twrap json",
    "\t\tfields {",
    "\t\t\trequest>headers delete",
    '\t\t\trequest>uri regexp [?].* ""',
    "\t\t\tresp_headers delete",
    "\t\t}",
    "\t}",
    "}",
  ];
}

/** To take one away would put the others off until an answer comes, which a refusal is not. */
function toHeaders({ origins }: ProxySite): string[] {
  const headers = origins.length === 0 ? SECURITY_HEADERS : [...SECURITY_HEADERS, ["Vary", "Origin"] as const];
  return ["header {", ...headers.map(([name, value]) => `\t${name} "${value}"`), "}", "header -Server"];
}

function toNameCheck({ tls, name }: ProxySite): string[] {
  if (name === null || tls.kind === "automatic") return [];
  return [`@other_name not host ${name}`, 'respond @other_name "no such site here" 421'];
}

function toOrigins({ origins }: ProxySite): string[] {
  if (origins.length === 0) return [];
  return [
    "# Web pages of these origins may call it.",
    ...origins.flatMap((origin, index) => [
      `@origin_${index} header Origin ${origin}`,
      `header @origin_${index} Access-Control-Allow-Origin ${origin}`,
      `@preflight_${index} {`,
      "\tmethod OPTIONS",
      `\theader Origin ${origin}`,
      "}",
      `header @preflight_${index} {`,
      `\tAccess-Control-Allow-Methods "${CORS_METHODS}"`,
      `\tAccess-Control-Allow-Headers "${CORS_HEADERS}"`,
      `\tAccess-Control-Max-Age ${CORS_MAX_AGE_SECONDS}`,
      "}",
      `respond @preflight_${index} 204`,
    ]),
  ];
}

/**
 * A key is the base64 text of a name and a secret, so that Caddy can compare it by a hash as it does with a password.
 * No credential has a comma in it: one stands there only where the header came twice, which is refused.
 */
function toCredentialCheck(site: ProxySite, version: ProxyVersion): string[] {
  const { auth } = site;
  const twice = [`${AUTHORIZATION}.contains(",")`, `${API_KEY}.contains(",")`];
  const both = `${AUTHORIZATION} != "" && ${API_KEY} != ""`;
  return [
    `@twice expression \`${twice.join(" || ")} || (${both})\``,
    'respond @twice "one credential, please" 400',
    ...(auth.kind === "portlock"
      ? [
          `forward_auth ${toAuthority(auth.gateway)} {`,
          "\turi /portlock/verify?",
          `\theader_up Host ${toAuthority(auth.gateway)}`,
          "\theader_up -X-Original-*",
          "}",
        ]
      : [
          ...(auth.kind === "bearer" ? toBearer() : []),
          `${isAtLeast(version, 2, 8) ? "basic_auth" : "basicauth"} bcrypt Portlock {`,
          `\tnobody ${OF_NO_PASSWORD}`,
          `\timport ${auth.file}`,
          "}",
        ]),
  ];
}

function toBearer(): string[] {
  return [
    "@api_key header X-Api-Key *",
    `request_header @api_key Authorization "Bearer ${API_KEY}"`,
    "@basic header_regexp Authorization ^(?i:basic)",
    "request_header @basic -Authorization",
    'request_header Authorization "^(?i:bearer) +([A-Za-z0-9+/=]+)$" "Basic $1"',
  ];
}

function toRoutes({ scopes }: ProxySite): string[] {
  return [
    "# What is let through, as it came in; anything else is refused.",
    `map "{http.request.method} {http.request.orig_uri}" ${TARGET} {`,
    ...listAllowed(scopes).flatMap(({ method, exact, patterns }) => [
      ...exact.map((path) => `\t"~^${method} ${toExactPattern(path)}(?:[?].*)?$" ${path}`),
      ...patterns.map((path) => `\t"~^${method} (${path})(?:[?].*)?$" "$\{1}"`),
    ]),
    "\tdefault refused",
    "}",
    `@refused expression \`${TARGET} == "refused"\``,
    'respond @refused "not let through" 403',
    `@small expression \`!${TARGET}.startsWith("/api/blobs/")\``,
    "request_body @small {",
    `\tmax_size ${BODY_LIMIT_MIB}MiB`,
    "}",
    `rewrite * ${TARGET}?`,
  ];
}

/**
 * Every header is taken away, and those that the model server is handed are put back. `-**` is "every name that holds
 * nothing": `-*` makes 2.6 drop the connection, and what is put back in the same place as it would be taken away too.
 */
function toPassedHeaders(): string[] {
  const kept = PASSED_HEADERS.map((header) => {
    const name = header.toLowerCase().replaceAll("-", "_");
    return { header, matcher: `@has_${name}`, variable: `portlock_${name}` };
  });
  return [
    "vars {",
    ...kept.map(({ header, variable }) => `\t${variable} {http.request.header.${header}}`),
    "}",
    "request_header -**",
    ...kept.flatMap(({ header, matcher, variable }) => [
      `${matcher} expression \`{vars.${variable}} != ""\``,
      `request_header ${matcher} ${header} {vars.${variable}}`,
    ]),
  ];
}

function toForwarding(site: ProxySite): string[] {
  const { upstream } = site;
  const to = upstream.kind === "unix" ? `unix/${upstream.path}` : toAuthority(upstream);
  return [
    `reverse_proxy ${to} {`,
    ...indent([
      `header_up Host ${toHostHeader(site)}`,
      ...ADDED_HEADERS.map((header) => `header_up -${header}`),
      "header_down -Access-Control-*",
      "header_down -Server",
      "transport http {",
      "\tversions 1.1",
      "\tcompression off",
      "\tdial_timeout 5s",
      `\tresponse_header_timeout ${SILENCE_SECONDS}s`,
      "}",
    ]),
    "}",
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `\t${line}`));
}
