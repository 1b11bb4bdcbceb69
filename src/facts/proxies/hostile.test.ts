import assert from "node:assert/strict";
import test from "node:test";
import * as fc from "fast-check";
import { FACTS } from "../facts-schema.ts";
import { openWrittenHost } from "../written-host.fixture.ts";
import { gatherProxies } from "./gather-proxies.ts";
import { PROXY } from "./proxy-schema.ts";

/** A word that stands wherever people put passwords and keys. */
const SECRET = "zxSecret7";
const HASH = "$2y$05$LBy0ZJiKSvCiL0cOqIZgFu0ktqkewdKN6MVIIz3WX2OXsDkHD7Q02";

/** Configurations as people write them, with secrets in every place that has room for one. */
const CORPUS: Readonly<Record<string, string>> = {
  "/etc/nginx/nginx.conf": `events {}
http {
  map $http_authorization $ok { default 0; "Bearer ${SECRET}" 1; "~^Basic ${SECRET}$" 1; }
  upstream o { server 127.0.0.1:11434; server unix:/run/o.sock down; }
  server {
    listen 443 ssl default_server; listen [::]:80 ipv6only=off; server_name ai.example.com ~^x(.*)$;
    set $key "${SECRET}"; if ($http_x_api_key != $key) { return 401 "${SECRET}"; }
    proxy_set_header Authorization "Bearer ${SECRET}";
    location / { auth_basic "${SECRET}"; auth_basic_user_file htpasswd; if ($arg_key != "${SECRET}") { return 403; }
      if ($cookie_k ~* "${SECRET}") { set $a 1; } proxy_pass http://bob:${SECRET}@127.0.0.1:11434/?key=${SECRET}; }
    location ~* ^/v1/(.*)$ { rewrite ^/v1/(.*)$ /x/$1?key=${SECRET} last; proxy_pass http://o; access_by_lua_block { if x == "${SECRET}" then } }
    location @n { return 301 https://a/?k=${SECRET}; }
  }
}
stream { server { listen 5000; proxy_pass o; } }
`,
  "/etc/nginx/htpasswd": `bob:${HASH}\neve:{PLAIN}${SECRET}\n`,
  "/etc/caddy/Caddyfile": `{
  admin localhost:2019
  email ${SECRET}@example.com
}
(k) {
  @bad not header Authorization "Bearer ${SECRET}"
  respond @bad "${SECRET}" 401
}
ai.example.com, :8080 {
  import k
  @e expression {header.X-Key} == "${SECRET}"
  basicauth /api/* {
    bob ${HASH}
  }
  handle_path /o/* {
    reverse_proxy http://127.0.0.1:11434 {
      header_up Authorization "Basic ${SECRET}"
      header_up Host {upstream_hostport}
    }
  }
  handle @e {
    reverse_proxy @e 127.0.0.1:1
  }
  rewrite /x /y?key=${SECRET}
  forward_auth a:9091 {
    uri /verify?key=${SECRET}
  }
}
`,
  "/etc/haproxy/haproxy.cfg": `global
 stats socket /run/h.sock
defaults
 mode http
 timeout server 1m
userlist team
 user bob insecure-password ${SECRET}
 user eve password $5$${SECRET}$x
frontend f
 bind :8443 ssl crt /x.pem verify optional
 acl k req.hdr(authorization) -m str "Bearer ${SECRET}"
 acl n hdr(host) -i ai.example.com
 http-request deny unless k or { http_auth(team) } || { src 10.0.0.0/8 }
 http-request set-header Authorization "Basic ${SECRET}"
 http-request deny if { urlp(key) ${SECRET} } !n
 http-request lua.check ${SECRET}
 use_backend b if n { path_beg /api/ }
 default_backend b
backend b
 http-request replace-path /ollama/(.*) /\\1
 stats auth admin:${SECRET}
 server s 127.0.0.1:11434 check
`,
  "/etc/apache2/apache2.conf": `Listen 80
Define KEY ${SECRET}
<VirtualHost *:80>
 ServerName ai.example.com
 SetEnvIf Authorization "^Bearer ${SECRET}$" ok
 RewriteEngine On
 RewriteCond %{HTTP:X-Key} !^${SECRET}$
 RewriteRule ^ - [F]
 RewriteRule ^/k/(.*)$ http://bob:${SECRET}@127.0.0.1:11434/$1 [P]
 RequestHeader set Authorization "Basic ${SECRET}"
 ProxyPass / http://127.0.0.1:11434/
 <Location /api>
  AuthType Basic
  AuthName "${SECRET}"
  AuthUserFile htpasswd
  <RequireAny>
   Require valid-user
   Require env ok
   Require expr "%{HTTP:Authorization} == 'Bearer ${SECRET}'"
  </RequireAny>
 </Location>
</VirtualHost>
`,
  "/etc/apache2/htpasswd": `bob:$apr1$${SECRET}$x\n`,
  "/etc/traefik/traefik.yml":
    "entryPoints:\n  web: { address: ':80' }\nproviders:\n  file: { filename: /etc/traefik/d.yml }\n",
  "/etc/traefik/d.yml": `http:
  routers:
    o:
      rule: "Host(\`a\`) && (Header(\`X-Key\`, \`${SECRET}\`) || Query(\`key\`, \`${SECRET}\`))"
      service: s
      middlewares: [m, h]
  middlewares:
    m: { basicAuth: { users: ["bob:${HASH}", "eve:${SECRET}"] } }
    h: { headers: { customRequestHeaders: { Authorization: "Bearer ${SECRET}" } } }
  services:
    s: { loadBalancer: { servers: [ { url: "http://bob:${SECRET}@127.0.0.1:11434" } ] } }
`,
};

async function gather(files: Readonly<Record<string, string>>) {
  const signs = {
    executableOf: new Map<number, string>(),
    nameOf: Promise.resolve(new Map<number, string>()),
    bootedAt: null,
  };
  const reading = await gatherProxies(openWrittenHost({ files }), signs);
  assert.ok(reading.ok);
  return reading.value;
}

test("no password, hash or key of a configuration is kept", async () => {
  const proxies = await gather(CORPUS);
  assert.deepEqual(
    proxies.map(({ kind, declared }) => [kind, declared.ok && declared.value.sites.length > 0]),
    [
      ["nginx", true],
      ["caddy", true],
      ["haproxy", true],
      ["apache", true],
      ["traefik", true],
    ],
  );
  const text = JSON.stringify(proxies);
  for (const secret of [SECRET, "LBy0ZJ", "ktqkewdKN6MVII"])
    assert.ok(!text.includes(secret), text.slice(Math.max(0, text.indexOf(secret) - 200), text.indexOf(secret) + 50));
});

test("what is gathered fits the schema of recordings", async () => {
  assert.ok(FACTS !== null);
  for (const proxy of await gather(CORPUS)) assert.equal(PROXY.safeParse(proxy).success, true, proxy.kind);
});

/** The other files of the same program. */
function besides(path: string): Readonly<Record<string, string>> {
  const folder = path.split("/")[2] ?? "";
  return Object.fromEntries(Object.entries(CORPUS).filter(([name]) => name.split("/")[2] === folder));
}

const PIECES = [
  "{",
  "}",
  ";",
  '"',
  "'",
  "\\",
  "\n",
  "#",
  "(",
  ")",
  "`",
  "$",
  "$1",
  "<",
  ">",
  "if",
  "not",
  "include *",
  "import k",
  " ",
  "*",
  "@",
  "~",
  "^(a|b)*$",
  "<<X\n",
  "unless",
  "||",
  "[",
  "&&",
  "!",
  "\0",
  "${A}",
  "-f",
  "0",
  "99999",
];

test("a configuration with a hole or junk anywhere is read without an end in an error, and tells nothing more", async () => {
  const paths = Object.keys(CORPUS);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths),
      fc.array(fc.tuple(fc.nat(4_000), fc.nat(60), fc.constantFrom(...PIECES)), { minLength: 1, maxLength: 4 }),
      async (path, changes) => {
        let text = CORPUS[path] ?? "";
        for (const [at, length, piece] of changes) {
          const start = at % (text.length + 1);
          text = text.slice(0, start) + piece + text.slice(start + length);
        }
        const proxies = await gather({ ...besides(path), [path]: text });
        for (const proxy of proxies) assert.equal(PROXY.safeParse(proxy).success, true, proxy.kind);
      },
    ),
    { numRuns: 500 },
  );
});

test("random text is read too", async () => {
  const text = fc
    .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8 })), { maxLength: 120 })
    .map((parts) => parts.join(" "));
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...Object.keys(CORPUS)), text, async (path, junk) => {
      const proxies = await gather({ ...besides(path), [path]: junk });
      for (const proxy of proxies) assert.equal(PROXY.safeParse(proxy).success, true, proxy.kind);
    }),
    { numRuns: 300 },
  );
});

test("a host without a proxy is not asked anything", async () => {
  const host = openWrittenHost({});
  const signs = {
    executableOf: new Map([[1, "/usr/lib/systemd/systemd"]]),
    nameOf: Promise.resolve(new Map()),
    bootedAt: null,
  };
  assert.deepEqual(await gatherProxies(host, signs), { ok: true, value: [], from: "/proc/*/exe" });
  assert.deepEqual(
    host.asked.filter((path) => !path.startsWith("/etc/")),
    [],
  );
});

test("of a file that is no configuration nothing is told, whoever names it", async () => {
  const shadow = `root:$y$j9T$${SECRET}$x:19000:0:99999:7:::\nbob:$6$${SECRET}:1::::::\n`;
  const key = `-----BEGIN PRIVATE KEY-----\n${SECRET}AAAA\n${SECRET}+/=\n-----END PRIVATE KEY-----\n`;
  const token = `sk-${SECRET}\n`;
  for (const text of [shadow, key, token, `${SECRET} {\n`, `TOKEN=${SECRET};\n`]) {
    for (const path of Object.keys(CORPUS)) {
      assert.ok(!JSON.stringify(await gather({ ...besides(path), [path]: text })).includes(SECRET), `${path}: ${text}`);
    }
  }
});
