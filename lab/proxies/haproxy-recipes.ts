import { BEARER, KEY, PASSWORD, type ProxyRecipe } from "./recipe.ts";

function server(port: number, rules: readonly string[], backend: readonly string[] = []): string {
  return [
    `frontend f${port}`,
    `  bind :::${port} v4v6`,
    ...rules.map((rule) => `  ${rule}`),
    `  default_backend b${port}`,
    `backend b${port}`,
    ...backend.map((rule) => `  ${rule}`),
    "  server ollama 127.0.0.1:11434",
  ].join("\n");
}

const LOCAL_HOST = "http-request set-header Host localhost";
const KEYED = `http-request deny deny_status 401 unless { req.hdr(authorization) -m str "Bearer ${KEY}" }`;
const FORGOTTEN = "http-request del-header authorization";

export const HAPROXY_RECIPES: readonly ProxyRecipe[] = [
  {
    id: "plain",
    what: "a frontend and a backend",
    site: (port) => server(port, []),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "host-header",
    what: "with the Host that Ollama accepts",
    site: (port) => server(port, [], [LOCAL_HOST]),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "bearer",
    what: "a key in an ACL",
    site: (port) => server(port, [KEYED, LOCAL_HOST]),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "exact-paths",
    what: "exactly two paths, with a key, removed on the way",
    site: (port) =>
      server(port, [KEYED, "http-request deny unless { path /api/chat /api/version }", FORGOTTEN, LOCAL_HOST]),
    verdict: "guarded",
    findings: ["proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "basic",
    what: "basic auth from a list of users",
    site: (port) =>
      `userlist u${port}\n  user ada insecure-password pass-word\n${server(port, [`http-request auth unless { http_auth(u${port}) }`, LOCAL_HOST])}`,
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "lan-only",
    what: "the LAN only",
    site: (port) => server(port, ["http-request deny unless { src 10.77.0.0/24 127.0.0.1 }", LOCAL_HOST]),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "deny-list",
    what: "what manages models is denied, the rest is for everybody",
    site: (port) => server(port, ["http-request deny if { path /api/pull /api/delete /api/create }", LOCAL_HOST]),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "any-key",
    what: "wants an Authorization to be there and takes any",
    site: (port) =>
      server(port, ["http-request deny deny_status 401 unless { req.hdr(authorization) -m found }", LOCAL_HOST]),
    verdict: "open",
    findings: ["proxy-without-auth"],
    strangerSends: ["-H", "Authorization: Bearer anything"],
  },
  {
    id: "bytes",
    what: "mode tcp",
    site: (port) => `listen t${port}\n  mode tcp\n  bind :::${port} v4v6\n  server ollama 127.0.0.1:11434`,
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "lan-backend",
    what: "a backend for the LAN, and one that refuses for the rest",
    site: (port) =>
      [
        `frontend f${port}`,
        `  bind :::${port} v4v6`,
        "  acl lan src 10.77.0.0/24 127.0.0.1",
        `  use_backend b${port} if lan`,
        `  default_backend n${port}`,
        `backend n${port}`,
        "  http-request deny",
        `backend b${port}`,
        `  ${LOCAL_HOST}`,
        "  server ollama 127.0.0.1:11434",
      ].join("\n"),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "preflights-free",
    what: "a password, but for preflights of browsers",
    site: (port) =>
      `userlist u${port}\n  user ada insecure-password pass-word\n${server(port, [`http-request auth realm Ollama unless { http_auth(u${port}) } || METH_OPTIONS`, LOCAL_HOST])}`,
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "key-for-posts",
    what: "a key for whoever posts, all else for everybody",
    site: (port) =>
      server(port, [
        `http-request deny deny_status 401 if METH_POST !{ req.hdr(authorization) -m str "Bearer ${KEY}" }`,
        LOCAL_HOST,
      ]),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "below-a-path",
    what: "below /ollama/, which a rewrite takes away",
    site: (port) =>
      [
        `frontend f${port}`,
        `  bind :::${port} v4v6`,
        `  use_backend b${port} if { path_beg /ollama/ }`,
        `backend b${port}`,
        `  ${LOCAL_HOST}`,
        "  http-request replace-path /ollama/(.*) /\\1",
        "  server ollama 127.0.0.1:11434",
      ].join("\n"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "named-defaults",
    what: "one `listen` section with a key by an ACL of its own name",
    site: (port) =>
      [
        `listen l${port}`,
        `  bind :::${port} v4v6`,
        `  acl has_key req.hdr(Authorization) -m str "Bearer ${KEY}"`,
        "  http-request return status 401 unless has_key",
        `  ${LOCAL_HOST}`,
        "  server ollama 127.0.0.1:11434",
      ].join("\n"),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "forwarded-for",
    what: "the LAN, as the header of somebody says that comes before",
    site: (port) =>
      server(port, ["http-request deny unless { req.hdr_ip(X-Forwarded-For) -m ip 10.77.0.0/24 }", LOCAL_HOST]),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "lan-file",
    what: "the networks of a file",
    site: (port) => server(port, ["http-request deny unless { src -f /etc/haproxy/portlock.lst }", LOCAL_HOST]),
    verdict: "unknown",
    findings: [],
  },
  {
    id: "tags-allowed-before",
    what: "a list of models allowed before the key is asked for",
    site: (port) =>
      server(port, ["http-request allow if { path_beg /api/tags /api/ps /api/version }", KEYED], [LOCAL_HOST]),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "connections-from-the-lan",
    what: "connections from elsewhere rejected before a request is read",
    site: (port) => server(port, ["tcp-request connection reject unless { src 10.77.0.0/24 127.0.0.1 }"], [LOCAL_HOST]),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "asked-in-the-backend",
    what: "a key asked for in the backend",
    site: (port) => server(port, [], [KEYED, LOCAL_HOST]),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "by-name",
    what: "a backend for one name alone",
    site: (port) =>
      [
        `frontend f${port}`,
        `  bind :::${port} v4v6`,
        `  use_backend b${port} if { hdr(host) -i ai.example.com:${port} }`,
        `backend b${port}`,
        `  ${LOCAL_HOST}`,
        "  server ollama 127.0.0.1:11434",
      ].join("\n"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    names: ["ai.example.com"],
  },
  {
    id: "source-by-header",
    what: "the LAN only, by an address that whoever calls may write himself",
    site: (port) =>
      server(port, [
        "http-request set-src req.hdr(x-forwarded-for)",
        "http-request deny unless { src 10.77.0.0/24 }",
        LOCAL_HOST,
      ]),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "lan-or-password",
    what: "a password, but for the LAN",
    site: (port) =>
      `userlist u${port}\n  user ada insecure-password pass-word\n${server(port, ["acl lan src 10.77.0.0/24", `http-request auth unless lan or { http_auth(u${port}) }`, LOCAL_HOST])}`,
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
    friend: PASSWORD,
  },
  {
    id: "user-agent",
    what: "nobody but one program, by the name that it gives itself",
    site: (port) => server(port, ["http-request deny unless { req.hdr(user-agent) -m beg ada-client }", LOCAL_HOST]),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
];
