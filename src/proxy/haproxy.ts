import { BODY_LIMIT_MIB, listAllowed } from "./allowed-routes.ts";
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
 * The configuration of a site for HAProxy, a file that it is given beside its own; log targets and the user come from
 * the `global` section there. It has its own `defaults`, because what others set there would count for it too.
 *
 * Keywords: docs.haproxy.org/2.6; named `defaults` since 2.4, `http-request return` since 2.2. Without `http-no-delay`
 * the kernel keeps each piece of a stream for some 200 ms. HAProxy can ask nobody about a credential: for `portlock`
 * the gateway is its model server.
 */
export function toHaproxyConfiguration(site: ProxySite, version: ProxyVersion): string {
  const name = toName(site);
  const from = isAtLeast(version, 2, 4) ? ` from ${name}` : "";
  return [
    ...toIntroduction(site),
    `defaults${isAtLeast(version, 2, 4) ? ` ${name}` : ""}`,
    ...indent(toDefaults(version)),
    "",
    `frontend ${name}${from}`,
    ...indent([
      ...toBinds(site),
      ...toLimits(site),
      ...toAnswerHeaders(site),
      ...toFramingCheck(),
      ...toPreflight(site),
      ...toCredentialCheck(site),
      ...toRoutes(site),
      ...toForwarding(site),
    ]),
    "",
    `backend ${name}${from}`,
    ...indent([
      "http-reuse safe",
      "retries 0",
      "http-response del-header ^access-control- -m reg",
      "http-response del-header server",
      `server model ${toServer(site)}`,
    ]),
    "",
  ].join("\n");
}

function toDefaults(version: ProxyVersion): string[] {
  return [
    "mode http",
    "log global",
    "option dontlognull",
    "option http-no-delay",
    ...(isAtLeast(version, 2, 6) ? ["option http-restrict-req-hdr-names delete"] : []),
    "timeout http-request 15s",
    "timeout http-keep-alive 75s",
    "timeout connect 5s",
    `timeout client ${SILENCE_SECONDS}s`,
    `timeout server ${SILENCE_SECONDS}s`,
  ];
}

function toBinds({ listen, tls }: ProxySite): string[] {
  const options =
    tls.kind === "files" ? ` ssl crt ${tls.certificate} alpn h2,http/1.1 ssl-min-ver TLSv1.2 no-tls-tickets` : "";
  const address = listen.address.includes(":") ? `[${listen.address}]` : listen.address;
  return [`bind ${address}:${listen.port}${listen.address === "::" ? " v4v6" : ""}${options}`];
}

function toLimits({ requestsPerMinute }: ProxySite): string[] {
  return [
    // Neither headers nor the query, where some clients put their key.
    'log-format "%ci:%cp %[var(txn.portlock_user)] %HM %[var(txn.portlock_path)] %ST %B %Ta %ts"',
    "stick-table type ipv6 size 100k expire 2m store http_req_rate(1m),conn_cur",
    "tcp-request connection track-sc0 src",
    `tcp-request connection reject if { sc0_conn_cur gt ${CONNECTIONS_PER_ADDRESS} }`,
    "http-request set-var(txn.portlock_path) path",
    ...(requestsPerMinute === null
      ? []
      : [toRefusal(429, "too many requests", `if { sc_http_req_rate(0) gt ${requestsPerMinute} }`)]),
  ];
}

function toAnswerHeaders({ origins }: ProxySite): string[] {
  return [
    ...SECURITY_HEADERS.map(([header, value]) => `http-after-response set-header ${header} "${value}"`),
    ...(origins.length === 0
      ? []
      : [
          "# Web pages of these origins may call it.",
          `http-request set-var(txn.portlock_origin) req.fhdr(origin) if { req.fhdr(origin) -m str ${origins.join(" ")} } { req.fhdr_cnt(origin) eq 1 }`,
          "http-after-response set-header Vary Origin",
          "http-after-response set-header Access-Control-Allow-Origin %[var(txn.portlock_origin)] if { var(txn.portlock_origin) -m found }",
        ]),
  ];
}

/**
 * Bodies whose length another server could read otherwise. HAProxy 2.6 hands on a length past 64 bits, chunks by
 * HTTP/1.0, which Go takes for no body, and `chunked,`.
 */
function toFramingCheck(): string[] {
  const odd = [
    "{ req.fhdr_cnt(content-length) gt 0 } !{ req.fhdr(content-length) -m reg '^[0-9]{1,15}$' }",
    "{ req.fhdr_cnt(transfer-encoding) gt 0 } !{ req.fhdr(transfer-encoding) -m str -i chunked }",
    "{ req.fhdr_cnt(transfer-encoding) gt 1 }",
    "{ req.fhdr_cnt(transfer-encoding) gt 0 } HTTP_1.0",
  ];
  return odd.map((condition) => toRefusal(400, "say how long it is", `if ${condition}`));
}

function toPreflight({ origins }: ProxySite): string[] {
  if (origins.length === 0) return [];
  const headers = [
    `hdr Access-Control-Allow-Methods "${CORS_METHODS}"`,
    `hdr Access-Control-Allow-Headers "${CORS_HEADERS}"`,
    `hdr Access-Control-Max-Age ${CORS_MAX_AGE_SECONDS}`,
  ];
  return [
    `http-request return status 204 ${headers.join(" ")} if { method OPTIONS } { var(txn.portlock_origin) -m found }`,
  ];
}

/** Whoever is let in stands in a file by the SHA-256 of what he shows: what is shown is long and by chance. */
function toCredentialCheck({ auth }: ProxySite): string[] {
  const once = [
    toRefusal(400, "one credential, please", "if { req.fhdr_cnt(authorization) gt 1 }"),
    toRefusal(400, "one credential, please", "if { req.fhdr_cnt(x-api-key) gt 1 }"),
    toRefusal(
      400,
      "one credential, please",
      "if { req.fhdr_cnt(x-api-key) gt 0 } { req.fhdr_cnt(authorization) gt 0 }",
    ),
  ];
  // The gateway says who it is; whoever shows nothing is not handed on.
  if (auth.kind === "portlock") {
    return [
      ...once,
      `${toChallenge("Bearer")} if !{ req.fhdr_cnt(authorization) gt 0 } !{ req.fhdr_cnt(x-api-key) gt 0 }`,
    ];
  }
  const scheme = auth.kind === "basic" ? "Basic" : "Bearer";
  const challenge = auth.kind === "basic" ? 'Basic realm=\\"Portlock\\"' : "Bearer";
  return [
    ...once,
    ...(auth.kind === "bearer"
      ? ['http-request set-header Authorization "Bearer %[req.fhdr(x-api-key)]" if { req.fhdr_cnt(x-api-key) eq 1 }']
      : []),
    `http-request set-var(txn.portlock_user) req.fhdr(authorization),regsub('^${scheme} +',,i),sha2(256),hex,map_str(${auth.file}) if { req.fhdr(authorization) -m reg -i '^${scheme} +[^ ]+$' }`,
    `${toChallenge(challenge)} unless { var(txn.portlock_user) -m found }`,
  ];
}

function toChallenge(challenge: string): string {
  return `http-request return status 401 content-type text/plain string "show who you are" hdr WWW-Authenticate "${challenge}"`;
}

function toRoutes({ scopes }: ProxySite): string[] {
  const allowed = listAllowed(scopes).flatMap(({ method, exact, patterns }) =>
    [...exact.map((path) => `-m str ${path}`), ...patterns.map((pattern) => `-m reg '^${pattern}$'`)].map(
      (match) => `http-request set-var(txn.portlock_allowed) bool(true) if { method ${method} } { path ${match} }`,
    ),
  );
  return [
    "# What is let through, as it came in; anything else is refused.",
    ...allowed,
    toRefusal(403, "not let through", "unless { var(txn.portlock_allowed) -m found }"),
    toRefusal(
      413,
      "too large",
      `if { req.hdr_val(content-length) gt ${BODY_LIMIT_MIB * 1024 * 1024} } !{ path_beg /api/blobs/ }`,
    ),
  ];
}

function toForwarding(site: ProxySite): string[] {
  const credential = site.auth.kind === "portlock" ? ["Authorization", "X-Api-Key"] : [];
  const passed = ["Host", "Content-Length", "Transfer-Encoding", ...PASSED_HEADERS, ...credential];
  return [
    "http-request set-uri %[path]",
    `http-request del-header '^(?!(?:${passed.join("|").toLowerCase()})$)' -m reg`,
    `http-request set-header Host ${toHost(site)}`,
    `default_backend ${toName(site)}`,
  ];
}

function toHost(site: ProxySite): string {
  return site.auth.kind === "portlock" ? toAuthority(site.auth.gateway) : toHostHeader(site);
}

function toServer({ auth, upstream }: ProxySite): string {
  if (auth.kind === "portlock") return toAuthority(auth.gateway);
  return upstream.kind === "unix" ? `unix@${upstream.path}` : toAuthority(upstream);
}

function toRefusal(status: number, text: string, condition: string): string {
  return `http-request return status ${status} content-type text/plain string "${text}" ${condition}`;
}

function toName({ id }: ProxySite): string {
  return `portlock_${id}`;
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `    ${line}`);
}
