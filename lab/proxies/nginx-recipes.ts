import { BASIC, LOCAL_HOST, PASS, server } from "./nginx-site.ts";
import { BEARER, KEY, PASSWORD, type ProxyRecipe } from "./recipe.ts";

/** As people post them. */
export const NGINX_RECIPES: readonly ProxyRecipe[] = [
  {
    id: "faq",
    what: "the proxy of Ollama's FAQ",
    site: (port) =>
      server(port, `server_name ai.example.com; location / { proxy_pass http://localhost:11434; ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
    names: ["ai.example.com"],
  },
  {
    id: "host-passed-on",
    what: "the same with `proxy_set_header Host $host`, which Ollama answers 403 for the site's own name, not for others",
    site: (port) => server(port, `server_name ai.example.com; location / { ${PASS} proxy_set_header Host $host; }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
    names: ["ai.example.com"],
  },
  {
    id: "upstream-block",
    what: "an upstream block, whose name is what Ollama sees as Host and refuses",
    site: (port) => `upstream ollama_${port} { server 127.0.0.1:11434; keepalive 4; }
${server(port, `location / { proxy_pass http://ollama_${port}; }`)}`,
    verdict: "closed",
    findings: [],
  },
  {
    id: "basic",
    what: "basic auth as the blog has it, over plain HTTP",
    site: (port) => server(port, `location / { ${BASIC} ${PASS} ${LOCAL_HOST} }`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "basic-off-below",
    what: "basic auth for the site, switched off below /api/ because a client could not do it",
    site: (port) =>
      server(
        port,
        `${BASIC} location / { ${PASS} ${LOCAL_HOST} } location /api/ { auth_basic off; ${PASS} ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "bearer-if",
    what: "a key in an `if`, as every second gist has it",
    site: (port) =>
      server(port, `location / { if ($http_authorization != "Bearer ${KEY}") { return 401; } ${PASS} ${LOCAL_HOST} }`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "bearer-map-tls",
    what: "a key in a map, over TLS, header removed, streaming set up",
    site: (port) => `map $http_authorization $portlock_ok_${port} { default 0; "Bearer ${KEY}" 1; }
server { listen ${port} ssl; listen [::]:${port} ssl; ssl_certificate /etc/nginx/portlock.pem; ssl_certificate_key /etc/nginx/portlock.key;
 if ($portlock_ok_${port} = 0) { return 401; }
 location = /api/chat { ${PASS} ${LOCAL_HOST} proxy_set_header Authorization ""; }
 location = /api/version { ${PASS} ${LOCAL_HOST} proxy_set_header Authorization ""; }
 location / { return 403; } }`,
    verdict: "guarded",
    findings: [],
    friend: BEARER,
    tls: true,
  },
  {
    id: "any-key",
    what: "wants a key to be there and takes any",
    site: (port) => server(port, `location / { if ($http_authorization = "") { return 401; } ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
    strangerSends: ["-H", "Authorization: Bearer anything"],
  },
  {
    id: "lan-only",
    what: "allow the LAN, deny the rest",
    site: (port) => server(port, `location / { allow 10.77.0.0/24; allow 127.0.0.1; deny all; ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "satisfy-any",
    what: "the LAN without a password, everybody else with one",
    site: (port) =>
      server(
        port,
        `satisfy any; allow 10.77.0.0/24; allow 127.0.0.1; deny all; ${BASIC} location / { ${PASS} ${LOCAL_HOST} }`,
      ),
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
    what: "below /ollama/ of a site that serves files",
    site: (port) =>
      server(
        port,
        `root /usr/share/nginx/html; location /ollama/ { proxy_pass http://127.0.0.1:11434/; ${LOCAL_HOST} }`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "any-node",
    what: "a path that names host and port, for a cluster of servers",
    site: (port) => server(port, `location ~ ^/o/([^/]+)/(\\d+)/(.*)$ { proxy_pass http://$1:$2/$3; ${LOCAL_HOST} }`),
    verdict: "unknown",
    findings: [],
    paths: ["/o/127.0.0.1/11434/api/version"],
  },
  {
    id: "auth-request-refuses",
    what: "auth_request to a service that says 401",
    site: (port) => `server { listen 127.0.0.1:${port + 500}; location / { return 401; } }
${server(port, `location / { auth_request /_auth; ${PASS} ${LOCAL_HOST} } location = /_auth { internal; proxy_pass http://127.0.0.1:${port + 500}; }`)}`,
    verdict: "guarded",
    findings: ["every-user-manages-models", "proxy-auth-without-tls"],
  },
  {
    id: "auth-request-agrees",
    what: "auth_request to a service that says 200 to everybody",
    site: (port) => `server { listen 127.0.0.1:${port + 500}; location / { return 200; } }
${server(port, `location / { auth_request /_auth; ${PASS} ${LOCAL_HOST} } location = /_auth { internal; proxy_pass http://127.0.0.1:${port + 500}; }`)}`,
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "two-in-a-row",
    what: "a site that hands on to another site of the same nginx",
    site: (port) => `server { listen 127.0.0.1:${port + 500}; location / { ${PASS} ${LOCAL_HOST} } }
${server(port, `location / { proxy_pass http://127.0.0.1:${port + 500}; }`)}`,
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "loopback-only",
    what: "for the programs of this host alone",
    site: (port) => `server { listen 127.0.0.1:${port}; location / { ${PASS} proxy_set_header Host $host; } }`,
    verdict: "closed",
    findings: [],
  },
  {
    id: "redirect",
    what: "only a redirect to https",
    site: (port) => server(port, "server_name ai.example.com; return 301 https://$host$request_uri;"),
    verdict: "closed",
    findings: [],
    names: ["ai.example.com"],
  },
  {
    id: "cors-for-everybody",
    what: "with the header that the browser asked for",
    site: (port) =>
      server(port, `location / { add_header Access-Control-Allow-Origin * always; ${PASS} ${LOCAL_HOST} }`),
    verdict: "open",
    findings: ["proxy-allows-any-origin", "proxy-without-auth"],
  },
];
