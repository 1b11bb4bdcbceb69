import { BEARER, KEY, PASSWORD, type ProxyRecipe } from "./recipe.ts";

/** Made by `htpasswd -nbB -C 5` of the password. */
const HASH = "$2y$05$uAZLwHo3/odNkiVIru1xp.wCns2bLSHc7ZJQVEFjzZTZ4IehHug4O";
const LOCAL_HOST = "header_up Host localhost:11434";

function server(port: number, body: string): string {
  return `http://:${port} {\n${body}\n}`;
}

export const CADDY_RECIPES: readonly ProxyRecipe[] = [
  {
    id: "one-line",
    what: "one line, which passes on whatever name is asked for",
    site: (port) => server(port, "reverse_proxy localhost:11434"),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "host-header",
    what: "with the Host that Ollama accepts",
    site: (port) => server(port, `reverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "named",
    what: "under one name, which Ollama refuses",
    site: (port) => `http://ai.example.com:${port} {\nreverse_proxy localhost:11434\n}`,
    verdict: "closed",
    findings: [],
    names: ["ai.example.com"],
  },
  {
    id: "basic",
    what: "basicauth from the documentation, over plain HTTP",
    site: (port) => server(port, `basicauth {\nada ${HASH}\n}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "bearer",
    what: "a key in a matcher, removed on the way",
    site: (port) =>
      server(
        port,
        `@stranger not header Authorization "Bearer ${KEY}"\nrespond @stranger 401\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\nheader_up -Authorization\n}`,
      ),
    verdict: "guarded",
    findings: ["every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "exact-paths",
    what: "exactly two paths, with a key",
    site: (port) =>
      server(
        port,
        `@ok {\npath /api/chat /api/version\nheader Authorization "Bearer ${KEY}"\n}\nhandle @ok {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\nheader_up -Authorization\n}\n}\nhandle {\nrespond 403\n}`,
      ),
    verdict: "guarded",
    findings: ["proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "lan-only",
    what: "the LAN only",
    site: (port) =>
      server(
        port,
        `@out not remote_ip 10.77.0.0/24 127.0.0.1\nrespond @out 403\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "below-a-path",
    what: "below /ollama",
    site: (port) =>
      server(port, `handle_path /ollama/* {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\nrespond 404`),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "forward-auth",
    what: "forward_auth to a service that refuses",
    site: (port) =>
      `http://:${port + 500} {\nrespond 401\n}\n${server(port, `forward_auth 127.0.0.1:${port + 500} {\nuri /verify\n}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`)}`,
    verdict: "guarded",
    findings: ["every-user-manages-models", "proxy-auth-without-tls"],
  },
  {
    id: "forward-auth-by-address",
    what: "forward_auth to a site written as one on loopback, which is a name: it knows nobody else's and lets them in",
    site: (port) =>
      `http://127.0.0.1:${port + 500} {\nrespond 401\n}\n${server(port, `forward_auth 127.0.0.1:${port + 500} {\nuri /verify\n}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`)}`,
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "own-tls",
    what: "Caddy's own certificates, and nothing else",
    site: (port) =>
      `https://ai.example.com:${port} {\ntls internal\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}`,
    verdict: "open",
    findings: ["proxy-without-auth"],
    names: ["ai.example.com"],
    tls: true,
  },
  {
    id: "handle-authorized",
    what: "a key in a matcher's block, everybody else in a handle of his own",
    site: (port) =>
      server(
        port,
        `@authorized {\nheader Authorization "Bearer ${KEY}"\n}\nhandle @authorized {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\nhandle {\nrespond 401\n}`,
      ),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "respond-unless",
    what: "a refusal for whoever has not the key",
    site: (port) =>
      server(
        port,
        `@noauth not header Authorization "Bearer ${KEY}"\nrespond @noauth 401\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`,
      ),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "route-too-late",
    what: "a route whose password comes after the proxy",
    site: (port) =>
      server(port, `route {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\nbasicauth {\nada ${HASH}\n}\n}`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "strip-prefix",
    what: "below /ollama/, which is taken away",
    site: (port) =>
      server(
        port,
        `handle /ollama/* {\nuri strip_prefix /ollama\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\nrespond 404`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "origin-taken-away",
    what: "a header for one page's origin, and none of it passed on",
    site: (port) =>
      server(
        port,
        `header Access-Control-Allow-Origin "https://pages.example.com"\nreverse_proxy localhost:11434 {\nheader_up -Origin\n${LOCAL_HOST}\n}`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "lan-handle",
    what: "the LAN in a handle, the rest refused",
    site: (port) =>
      server(
        port,
        `@lan remote_ip 10.77.0.0/24 127.0.0.1\nhandle @lan {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\nrespond 403`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "forwarded-for",
    what: "the LAN, as the header of somebody says that comes before",
    site: (port) =>
      server(
        port,
        `@lan header X-Forwarded-For 10.77.0.*\nhandle @lan {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\nrespond 403`,
      ),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "password-for-posts",
    what: "a password for whoever posts",
    site: (port) =>
      server(
        port,
        `@posts method POST\nbasicauth @posts {\nada ${HASH}\n}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`,
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
    id: "private-ranges",
    what: "everybody with a private address",
    site: (port) =>
      server(
        port,
        `@outside not remote_ip private_ranges\nrespond @outside 403\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "password-below-a-path",
    what: "a password below /api/generate and none for the rest",
    site: (port) =>
      server(port, `basicauth /api/generate* {\nada ${HASH}\n}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "snippet",
    what: "a password in a snippet that the site imports",
    site: (port) =>
      `(guard_${port}) {\nbasicauth {\nada ${HASH}\n}\n}\n${server(port, `import guard_${port}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`)}`,
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "two-names",
    what: "a guarded site by name, and beside it one for every other name that is not",
    site: (port) =>
      `http://ai.example.com:${port} {\nbasicauth {\nada ${HASH}\n}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\n${server(port, `reverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`)}`,
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
    id: "certificate-requested",
    what: "a client certificate that is asked for and not looked at",
    site: (port) =>
      `https://:${port} {\ntls internal {\non_demand\nclient_auth {\nmode request\n}\n}\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}`,
    verdict: "open",
    findings: ["proxy-without-auth"],
    tls: true,
  },
  {
    id: "forwarded-by-anybody",
    what: "the LAN only, also where a header says so",
    site: (port) =>
      server(
        port,
        `@lan remote_ip forwarded 10.77.0.0/24\nhandle @lan {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\nrespond 403`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "user-agent",
    what: "nobody but one program, by the name that it gives itself",
    site: (port) =>
      server(
        port,
        `@others not header User-Agent ada-client*\nrespond @others 403\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}`,
      ),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
  {
    id: "user-agent-expression",
    what: "the same by an expression",
    site: (port) =>
      server(
        port,
        `@ada expression {http.request.header.User-Agent}.startsWith('ada-client')\nhandle @ada {\nreverse_proxy localhost:11434 {\n${LOCAL_HOST}\n}\n}\nrespond 403`,
      ),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
];
