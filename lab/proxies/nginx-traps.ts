import { BASIC, LOCAL_HOST, PASS, server } from "./nginx-site.ts";
import { BEARER, KEY, PASSWORD, type ProxyRecipe } from "./recipe.ts";

/** What looks like a way that is closed or open and may be the other: conditions, detours, methods, sites beside each other. */
export const NGINX_TRAPS: readonly ProxyRecipe[] = [
  {
    id: "rewritten-path",
    what: "below a path that a rewrite takes away, with preflights answered",
    site: (port) =>
      server(
        port,
        `location /api/ollama/ { rewrite ^/api/ollama/(.*) /$1 break; if ($request_method = 'OPTIONS') { return 204; } ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/api/ollama/api/version"],
  },
  {
    id: "nested-deny",
    what: "a deny-list in locations within the location that hands on",
    site: (port) =>
      server(
        port,
        `location /ollama/ { proxy_pass http://127.0.0.1:11434/; ${LOCAL_HOST} location ~ ^/ollama/api/(delete|pull|push) { return 403; } }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "key-in-a-variable",
    what: "a key in a variable, compared for the whole site",
    site: (port) =>
      server(
        port,
        `set $portlock_key "${KEY}"; if ($http_authorization != "Bearer $portlock_key") { return 401 '{"error":"unauthorized"}'; } location / { ${PASS} ${LOCAL_HOST} } location /health { proxy_pass http://127.0.0.1:11434/; ${LOCAL_HOST} }`,
      ),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "key-header-in-a-map",
    what: "a key in a header of its own, by a map",
    site: (port) => `map $http_x_api_key $portlock_known_${port} { default ""; "${KEY}" ada; }
${server(port, `location / { if ($portlock_known_${port} = "") { return 403; } ${PASS} ${LOCAL_HOST} }`)}`,
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: ["-H", `X-Api-Key: ${KEY}`],
  },
  {
    id: "key-in-the-query",
    what: "a key in the address",
    site: (port) => server(port, `location / { if ($arg_key != "${KEY}") { return 401; } ${PASS} ${LOCAL_HOST} }`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
  },
  {
    id: "only-chat",
    what: "two prefixes that are handed on, for everybody",
    site: (port) =>
      server(
        port,
        `location /api/version { proxy_pass http://127.0.0.1:11434/api/version; ${LOCAL_HOST} } location /api/chat { proxy_pass http://127.0.0.1:11434/api/chat; ${LOCAL_HOST} } location / { return 404; }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/api/version"],
  },
  {
    id: "password-but-to-get",
    what: "a password by limit_except, which asks nobody who reads",
    site: (port) => server(port, `location / { limit_except GET { ${BASIC} } ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "realm-by-network",
    what: "a password whose realm is off for the LAN",
    site: (port) => `geo $portlock_realm_${port} { default "Restricted"; 10.77.0.0/24 off; }
${server(port, `location / { auth_basic $portlock_realm_${port}; auth_basic_user_file /etc/nginx/portlock.htpasswd; ${PASS} ${LOCAL_HOST} }`)}`,
    verdict: "unknown",
    findings: [],
  },
  {
    id: "referer",
    what: "nobody but pages of one site, by the header that says so",
    site: (port) =>
      server(
        port,
        `valid_referers ai.example.com; if ($invalid_referer) { return 403; } location / { ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-H", "Referer: http://ai.example.com/"],
  },
  {
    id: "user-agent",
    what: "nobody but one program, by the name that it gives itself",
    site: (port) =>
      server(port, `location / { if ($http_user_agent !~ "^ada-client") { return 403; } ${PASS} ${LOCAL_HOST} }`),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
  {
    id: "client-certificate-optional",
    what: "a client certificate that is asked for, and looked at in an `if`",
    site: (port) =>
      `server { listen ${port} ssl; listen [::]:${port} ssl; ssl_certificate /etc/nginx/portlock.pem; ssl_certificate_key /etc/nginx/portlock.key;
 ssl_client_certificate /etc/nginx/portlock.pem; ssl_verify_client optional;
 location / { if ($ssl_client_verify != SUCCESS) { return 403; } ${PASS} ${LOCAL_HOST} } }`,
    verdict: "guarded",
    findings: ["every-user-manages-models"],
    tls: true,
  },
  {
    id: "client-certificate-unread",
    what: "a client certificate that is asked for, and looked at by nobody",
    site: (port) =>
      `server { listen ${port} ssl; listen [::]:${port} ssl; ssl_certificate /etc/nginx/portlock.pem; ssl_certificate_key /etc/nginx/portlock.key;
 ssl_client_certificate /etc/nginx/portlock.pem; ssl_verify_client optional;
 location / { ${PASS} ${LOCAL_HOST} } }`,
    verdict: "open",
    findings: ["proxy-without-auth"],
    tls: true,
  },
  {
    id: "error-page-detour",
    what: "a refusal whose page is the model server",
    site: (port) =>
      server(port, `location / { error_page 403 = @ollama; deny all; } location @ollama { ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "try-files-detour",
    what: "files first, and the model server where there is none",
    site: (port) =>
      server(
        port,
        `root /usr/share/nginx/html; location / { try_files $uri @ollama; } location @ollama { ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "geo-if",
    what: "the LAN, by a geo block and an `if`",
    site: (port) => `geo $portlock_stranger_${port} { default 1; 10.77.0.0/24 0; }
${server(port, `if ($portlock_stranger_${port}) { return 403; } location / { ${PASS} ${LOCAL_HOST} }`)}`,
    verdict: "unknown",
    findings: [],
  },
  {
    id: "geo-if-401",
    what: "the same with a refusal that looks like a demand, and the name that was asked for",
    site: (port) => `geo $portlock_other_${port} { default 1; 10.77.0.0/24 0; }
${server(port, `if ($portlock_other_${port}) { return 401; } location / { ${PASS} proxy_set_header Host $host; }`)}`,
    verdict: "unknown",
    findings: [],
  },
  {
    id: "address-if",
    what: "one address, compared in an `if`",
    site: (port) =>
      server(port, `location / { if ($remote_addr != 10.77.0.20) { return 403; } ${PASS} ${LOCAL_HOST} }`),
    verdict: "unknown",
    findings: [],
  },
  {
    id: "blocked-one",
    what: "one address denied, all others allowed",
    site: (port) => server(port, `location / { deny 192.0.2.1; allow all; ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "password-then-files",
    what: "a password, then files, then the model server in a location that asks for none",
    site: (port) =>
      server(
        port,
        `root /usr/share/nginx/html; location / { ${BASIC} try_files $uri @ollama; } location @ollama { ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "refused-detour",
    what: "a password whose refusal is sent on to the model server",
    site: (port) =>
      server(
        port,
        `location / { ${BASIC} error_page 401 = @ollama; ${PASS} ${LOCAL_HOST} } location @ollama { ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "handed-on-in-an-if",
    what: "handed on within the `if` that knows the key, and refused behind it: nginx refuses everybody",
    site: (port) => server(port, `location / { if ($http_authorization = "Bearer ${KEY}") { ${PASS} } return 401; }`),
    verdict: "closed",
    findings: [],
    strangerSends: BEARER,
  },
  {
    id: "handed-on-in-an-if-for-good",
    what: "the same with a break, so that the key lets in",
    site: (port) =>
      server(port, `location / { if ($http_authorization = "Bearer ${KEY}") { ${PASS} break; } return 401; }`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "handed-on-for-a-word",
    what: "handed on within an `if`, for whoever writes a word that everybody knows",
    site: (port) => server(port, `location / { if ($request_uri ~ "version") { ${PASS} break; } return 404; }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "upstream-variable",
    what: "an upstream in a variable, as people do to have names looked up again",
    site: (port) =>
      server(port, `set $portlock_to 127.0.0.1:11434; location / { proxy_pass http://$portlock_to; ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "regex-before-prefix",
    what: "a password below /api/, and a pattern for what ends in a word, which nginx tries first",
    site: (port) =>
      server(
        port,
        `location /api/ { ${BASIC} ${PASS} ${LOCAL_HOST} } location ~ (version|tags)$ { ${PASS} ${LOCAL_HOST} } location / { return 404; }`,
      ),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
    paths: ["/api/version"],
  },
  {
    id: "deny-list-if",
    what: "what manages models refused in an `if`, the rest for everybody",
    site: (port) =>
      server(
        port,
        `if ($request_uri ~ "^/api/(pull|push|delete|create|copy)") { return 403; } location / { ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "other-site-is-default",
    what: "a guarded site by name, and beside it one for every other name that is not",
    site: (port) =>
      `${server(port, `server_name ai.example.com; location / { ${BASIC} ${PASS} ${LOCAL_HOST} }`)}
server { listen ${port} default_server; listen [::]:${port} default_server; location / { ${PASS} ${LOCAL_HOST} } }`,
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
    names: ["ai.example.com"],
  },
  {
    id: "host-if",
    what: "whoever calls by another name is hung up on",
    site: (port) => server(port, `if ($host != "ai.example.com") { return 444; } location / { ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
    names: ["ai.example.com"],
  },
  {
    id: "named-beside-444",
    what: "one name, and every other is hung up on",
    site: (port) =>
      `${server(port, `server_name ai.example.com; location / { ${PASS} ${LOCAL_HOST} }`)}
server { listen ${port} default_server; listen [::]:${port} default_server; return 444; }`,
    verdict: "open",
    findings: ["proxy-without-auth"],
    names: ["ai.example.com"],
  },
  {
    id: "real-ip-of-anybody",
    what: "the LAN only, by an address that whoever calls may write himself",
    site: (port) =>
      server(
        port,
        `set_real_ip_from 0.0.0.0/0; set_real_ip_from ::/0; real_ip_header X-Forwarded-For; location / { allow 10.77.0.0/24; deny all; ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "real-ip-of-a-proxy",
    what: "the LAN only, by an address that one proxy may write",
    site: (port) =>
      server(
        port,
        `set_real_ip_from 192.0.2.1; real_ip_header X-Forwarded-For; location / { allow 10.77.0.0/24; deny all; ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "limits-only",
    what: "limits of requests and connections, and nothing else",
    site: (port) => `limit_req_zone $binary_remote_addr zone=portlock_${port}:1m rate=50r/s;
${server(port, `limit_req zone=portlock_${port} burst=50 nodelay; location / { ${PASS} ${LOCAL_HOST} }`)}`,
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "other-family",
    what: "a password for IPv4, and a forgotten site for IPv6",
    site: (port) =>
      `server { listen ${port}; location / { ${BASIC} ${PASS} ${LOCAL_HOST} } }
server { listen [::]:${port} ipv6only=on; location / { ${PASS} ${LOCAL_HOST} } }`,
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "allowed-below",
    what: "all denied, and a path below for everybody",
    site: (port) =>
      server(
        port,
        `deny all; location / { ${PASS} ${LOCAL_HOST} } location /api/ { allow all; ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/api/version"],
  },
  {
    id: "posts-refused",
    what: "whoever posts is refused, the rest is for everybody",
    site: (port) => server(port, `location / { if ($request_method = POST) { return 403; } ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "secret-path",
    what: "below a path that only friends know",
    site: (port) =>
      server(
        port,
        `location /s3cr3t/ { rewrite ^/s3cr3t/(.*)$ /$1 break; ${PASS} ${LOCAL_HOST} } location / { return 404; }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/s3cr3t/api/version"],
  },
  {
    id: "by-a-socket",
    what: "a site that hands on to another by a unix socket",
    site: (port) => `server { listen unix:/run/portlock-${port}.sock; location / { ${PASS} ${LOCAL_HOST} } }
${server(port, `location / { proxy_pass http://unix:/run/portlock-${port}.sock; }`)}`,
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
];
