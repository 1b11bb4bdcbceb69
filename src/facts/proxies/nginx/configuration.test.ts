import assert from "node:assert/strict";
import test from "node:test";
import type { ProxyConfiguration } from "../proxy.ts";
import { summarize, writeFiles } from "../summary.fixture.ts";
import { readNginx } from "./configuration.ts";

const MAIN = "/etc/nginx/nginx.conf";

async function read(http: string, more: Readonly<Record<string, string>> = {}): Promise<ProxyConfiguration> {
  const files = writeFiles({ [MAIN]: `events {}\nhttp {\n${http}\n}\n`, ...more });
  const configuration = await readNginx(files, { path: MAIN, folder: "/etc/nginx", version: "1.22.1" });
  assert.ok(configuration !== null);
  return configuration;
}

interface Case {
  readonly name: string;
  readonly http: string;
  readonly sites: readonly string[];
}

const server = (body: string): string => `server {\n listen 80;\n server_name ai.example.com;\n${body}\n}`;
const PASS = "proxy_pass http://127.0.0.1:11434;";
const site = (...locations: readonly string[]) => [
  "0.0.0.0#80 ai.example.com default",
  ...locations.map((line) => `  ${line}`),
];

const CASES: readonly Case[] = [
  {
    name: "the FAQ's proxy lets everybody in",
    http: server("location / { proxy_pass http://localhost:11434; proxy_set_header Host localhost:11434; }"),
    sites: site("/ -> localhost#11434"),
  },
  {
    name: "basic auth as the blog has it",
    http: server(`location / { auth_basic "Restricted"; auth_basic_user_file /etc/nginx/.htpasswd; ${PASS} }`),
    sites: site("/ basic(?,?) -> 127.0.0.1#11434"),
  },
  {
    name: "basic auth for the server, and switched off where it matters",
    http: server(
      `auth_basic "x"; auth_basic_user_file htpasswd; location / { ${PASS} } location /api/ { auth_basic off; ${PASS} }`,
    ),
    sites: site("/api/ -> 127.0.0.1#11434", "/ basic(?,?) -> 127.0.0.1#11434", "* basic(?,?)"),
  },
  {
    name: "a bearer key in an if",
    http: server(`location / { if ($http_authorization != "Bearer s3cret") { return 401; } ${PASS} }`),
    sites: site("/ bearer -> 127.0.0.1#11434"),
  },
  {
    name: "a bearer key in a map, keys in a file of their own",
    http: `map $http_authorization $is_authorized { default 0; include keys.conf; }
${server(`location / { if ($is_authorized = 0) { return 401; } ${PASS} }`)}`,
    sites: site("/ bearer -> 127.0.0.1#11434"),
  },
  {
    name: "a map whose default lets in",
    http: `map $http_authorization $allowed { default 1; "Bearer stolen" 0; }
${server(`location / { if ($allowed = 0) { return 401; } ${PASS} }`)}`,
    sites: site("/ -> 127.0.0.1#11434"),
  },
  {
    name: "a key collected in a variable",
    http: server(`set $auth 0; if ($http_x_api_key = "k") { set $auth 1; }
 location / { if ($auth = 0) { return 403; } ${PASS} }`),
    sites: site("/ bearer -> 127.0.0.1#11434"),
  },
  {
    name: "a key that is only asked to be there",
    http: server(`location / { if ($http_authorization = "") { return 401; } ${PASS} }`),
    sites: site("/ any-credential -> 127.0.0.1#11434"),
  },
  {
    name: "preflights are answered, the rest needs a key",
    http: server(`location / { if ($request_method = OPTIONS) { return 204; }
 if ($http_authorization !~ "^Bearer s3cret$") { return 401; } ${PASS} }`),
    sites: site("/ bearer -> 127.0.0.1#11434"),
  },
  {
    name: "only GET and POST are let through",
    http: server(`location / { if ($request_method !~ ^(GET|POST)$) { return 405; } ${PASS} }`),
    sites: site("/ GET+POST -> 127.0.0.1#11434"),
  },
  {
    name: "a browser's name is no key",
    http: server(`location / { if ($http_user_agent ~ curl) { return 403; } ${PASS} }`),
    sites: site("/ -> 127.0.0.1#11434"),
  },
  {
    name: "a redirect to https serves nothing",
    http: `${server("return 301 https://$host$request_uri;")}
server { listen 443 ssl; server_name ai.example.com; location / { ${PASS} } }`,
    sites: [...site("* refuses"), "0.0.0.0#443/tls ai.example.com default", "  / -> 127.0.0.1#11434"],
  },
  {
    name: "certbot's redirect",
    http: server("if ($host = ai.example.com) { return 301 https://$host$request_uri; } return 404;"),
    sites: site("* refuses"),
  },
  {
    name: "one server for both, which sends plain requests to https",
    http: `server { listen 80; listen 443 ssl; if ($scheme = http) { return 301 https://$host$request_uri; } location / { ${PASS} } }`,
    sites: ["0.0.0.0#80 default", "  / refuses", "  * refuses", "0.0.0.0#443/tls default", "  / -> 127.0.0.1#11434"],
  },
  {
    name: "the office only",
    http: server(`location / { allow 10.0.0.0/8; allow 192.168.1.5; deny all; ${PASS} }`),
    sites: site("/ from(10.0.0.0/8,192.168.1.5/32) -> 127.0.0.1#11434"),
  },
  {
    name: "deny behind allow all denies nobody",
    http: server(`location / { allow all; deny all; ${PASS} }`),
    sites: site("/ -> 127.0.0.1#11434"),
  },
  {
    name: "the office, or a password",
    http: server(
      `satisfy any; allow 10.0.0.0/8; deny all; location / { auth_basic x; auth_basic_user_file p; ${PASS} }`,
    ),
    sites: site("/ from(10.0.0.0/8) or basic(?,?) -> 127.0.0.1#11434", "* from(10.0.0.0/8)"),
  },
  {
    name: "a certificate",
    http: `server { listen 443 ssl; ssl_verify_client on; location / { ${PASS} } }`,
    sites: ["0.0.0.0#443/tls default", "  / certificate -> 127.0.0.1#11434", "  * certificate"],
  },
  {
    name: "a certificate that is asked for and looked at in an if",
    http: `server { listen 443 ssl; ssl_verify_client optional; location / { if ($ssl_client_verify != SUCCESS) { return 403; } ${PASS} } }`,
    sites: ["0.0.0.0#443/tls default", "  / certificate -> 127.0.0.1#11434", "  * certificate?"],
  },
  {
    name: "a service is asked",
    http: server(
      `location / { auth_request /auth; ${PASS} } location = /auth { internal; proxy_pass http://127.0.0.1:9091/verify; }`,
    ),
    sites: site("=/auth refuses", "/ asks(127.0.0.1:9091) -> 127.0.0.1#11434"),
  },
  {
    name: "upstream block, one of its servers down, one a socket",
    http: `upstream ollama { server 10.0.0.5:11434 weight=2; server 10.0.0.6:11434 down; server unix:/run/ollama.sock; keepalive 8; }
${server("location / { proxy_pass http://ollama; }")}`,
    sites: site("/ -> 10.0.0.5#11434 unix:/run/ollama.sock"),
  },
  {
    name: "an address in variables, as containers need it",
    http: server(
      "resolver 127.0.0.11; set $upstream_host ollama; set $upstream http://$upstream_host:11434; location / { proxy_pass $upstream; }",
    ),
    sites: site("/ -> ollama#11434"),
  },
  {
    name: "an upstream chosen by a map",
    http: `map $http_host $pool { default 127.0.0.1:3000; ai.example.com 127.0.0.1:11434; }
${server("location / { proxy_pass http://$pool$request_uri; }")}`,
    sites: site("/ -> 127.0.0.1#3000 127.0.0.1#11434"),
  },
  {
    name: "an address that a request names",
    http: server("location ~ ^/o/([^/]+)/(.*)$ { set $node $1; proxy_pass http://$node:11434/$2; }"),
    sites: site("~^/o/([^/]+)/(.*)$ -> ?$node:11434/"),
  },
  {
    name: "below a path, three ways",
    http: server(`location /a/ { proxy_pass http://127.0.0.1:11434/; }
 location /b/ { rewrite ^/b/(.*)$ /$1 break; ${PASS} }
 location ~ ^/c/(.*)$ { proxy_pass http://127.0.0.1:11434/$1; }`),
    sites: site("/c/ -> 127.0.0.1#11434/", "/a/ -> 127.0.0.1#11434/", "/b/ -> 127.0.0.1#11434/"),
  },
  {
    name: "exact, then ^~, then expressions, then the longest prefix",
    http: server(`location / { return 404; } location /api/ { ${PASS} } location ~ \\.php$ { return 403; }
 location ^~ /api/tags { return 403; } location = /api/chat { return 402; }`),
    sites: site("=/api/chat refuses", "/api/tags refuses", "~\\.php$ refuses", "/api/ -> 127.0.0.1#11434", "/ refuses"),
  },
  {
    name: "expressions only come before a longer prefix within ^~",
    http: server(`location ^~ /v1/ { return 403; } location /v1/chat { ${PASS} } location ~* chat { return 405; }`),
    sites: site(
      "~^(?=[\\s\\S]*?(?:(?i:chat)))/v1/chat refuses",
      "/v1/chat -> 127.0.0.1#11434",
      "/v1/ refuses",
      "~(?i:chat) refuses",
    ),
  },
  {
    name: "nested locations",
    http: server(
      `location /ollama/ { auth_basic x; auth_basic_user_file p; location = /ollama/api/tags { auth_basic off; ${PASS} } ${PASS} }`,
    ),
    sites: site("=/ollama/api/tags -> 127.0.0.1#11434", "/ollama/ basic(?,?) -> 127.0.0.1#11434"),
  },
  {
    name: "files first, the rest goes to the server",
    http: server(`location / { root /srv; try_files $uri @ollama; } location @ollama { ${PASS} }`),
    sites: site("/ -> 127.0.0.1#11434"),
  },
  {
    name: "who is refused is handed on all the same",
    http: server(
      `location / { auth_basic x; auth_basic_user_file p; error_page 401 = @open; ${PASS} } location @open { ${PASS} }`,
    ),
    sites: site("/ -> 127.0.0.1#11434"),
  },
  {
    name: "a status of its own as a way to hand on",
    http: server(
      `location / { error_page 418 = @ollama; return 418; } location @ollama { auth_basic x; auth_basic_user_file p; ${PASS} }`,
    ),
    sites: site("/ basic(?,?) -> 127.0.0.1#11434"),
  },
  {
    name: "reading is free, everything else refused",
    http: server(`location / { limit_except GET { deny all; } ${PASS} }`),
    sites: site("/ GET+HEAD -> 127.0.0.1#11434", "/ refuses -> 127.0.0.1#11434"),
  },
  {
    name: "Lua decides",
    http: server(
      `location / { access_by_lua_block { if ngx.var.http_x == "}" then ngx.exit(401) end -- } } ${PASS} }\n`.replace(
        "-- }",
        "--[[ } ]]",
      ),
    ),
    sites: site("/ unclear(access_by_lua_block) -> 127.0.0.1#11434"),
  },
  {
    name: "a network that a geo block knows",
    http: `geo $inside { default 0; 10.0.0.0/8 1; }\n${server(`location / { if ($inside = 0) { return 403; } ${PASS} }`)}`,
    sites: site("/ unclear(a condition on a variable) -> 127.0.0.1#11434"),
  },
  {
    name: "listeners of every form",
    http: `server { listen [::]:8080 ipv6only=off default_server; listen 127.0.0.1; listen localhost:81; listen unix:/run/n.sock; listen 9000-9001;
 listen 443 quic; listen *:444 ssl; location / { ${PASS} } }`,
    sites: [
      "::#8080 0.0.0.0#8080 127.0.0.1#80 127.0.0.1#81 unix:/run/n.sock 0.0.0.0#9000 0.0.0.0#9001 default",
      "  / -> 127.0.0.1#11434",
      "0.0.0.0#444/tls default",
      "  / -> 127.0.0.1#11434",
    ],
  },
  {
    name: "two names on one port: the second is reached by its name only",
    http: `server { listen 80; server_name a.example.com .b.example.com; } server { server_name _; location / { ${PASS} } }`,
    sites: ["0.0.0.0#80 a.example.com b.example.com *.b.example.com default", "0.0.0.0#80 _", "  / -> 127.0.0.1#11434"],
  },
];

for (const { name, http, sites } of CASES) {
  test(name, async () => {
    const configuration = await read(http, { "/etc/nginx/keys.conf": '"Bearer k1" 1;\n"Bearer k2" 1;\n' });
    assert.deepEqual(summarize(configuration), sites);
  });
}

test("a stream hands on bytes, whoever calls", async () => {
  const files = writeFiles({
    [MAIN]: `events {}
stream { upstream o { server 127.0.0.1:11434; }
 server { listen 11435; proxy_pass o; }
 server { listen 11436 ssl; ssl_verify_client on; proxy_pass 127.0.0.1:11434; allow 10.0.0.0/8; deny all; }
 server { listen 53 udp; proxy_pass 127.0.0.1:53; } }`,
  });
  const configuration = await readNginx(files, { path: MAIN, folder: "/etc/nginx", version: null });
  assert.deepEqual(summarize(configuration), [
    "0.0.0.0#11435 default",
    "  * -> 127.0.0.1#11434",
    "0.0.0.0#11436/tls default",
    "  * from(10.0.0.0/8) and certificate -> 127.0.0.1#11434",
  ]);
});

test("includes with patterns, relative to the main file, and what is missing is told", async () => {
  const configuration = await read("include sites-enabled/*; include /opt/gone.conf;", {
    "/etc/nginx/sites-enabled/ollama": server(`location / { include proxy.inc; }`),
    "/etc/nginx/sites-enabled/.hidden": "not { read",
    "/etc/nginx/proxy.inc": PASS,
  });
  assert.deepEqual(summarize(configuration), site("/ -> 127.0.0.1#11434"));
  assert.deepEqual(configuration.files, [MAIN, "/etc/nginx/sites-enabled/ollama", "/etc/nginx/proxy.inc"]);
  assert.deepEqual(configuration.unclear, [{ file: "/opt/gone.conf", line: null, text: "absent" }]);
  const [location] = configuration.sites[0]?.locations ?? [];
  assert.deepEqual(location?.source, { file: "/etc/nginx/sites-enabled/ollama", line: 4, text: "location /" });
});

test("files that include each other end", async () => {
  const configuration = await read("include a.conf;", {
    "/etc/nginx/a.conf": "include a.conf; include a.conf;",
  });
  assert.equal(configuration.unclear.at(-1)?.text, "too many includes");
});

async function passingOf(body: string, http: string = "", version: string = "1.22.1") {
  const files = writeFiles({ [MAIN]: `http { ${http} server { listen 80; location / { ${PASS} ${body} } } }` });
  const configuration = await readNginx(files, { path: MAIN, folder: "/etc/nginx", version });
  return configuration?.sites[0]?.locations[0]?.passing;
}

test("what becomes of a request when nothing is said", async () => {
  assert.deepEqual(await passingOf(""), {
    host: { kind: "upstream" },
    authorization: "passed",
    buffered: true,
    httpVersion: "1.0",
    silenceMs: 60_000,
    bodyLimitBytes: 1_048_576,
    allowsOrigins: null,
  });
  const later = await passingOf("", "", "1.29.7");
  assert.deepEqual([later?.httpVersion, later?.buffered], ["1.1", false]);
});

test("answers are collected where they come in no pieces", async () => {
  const cases: readonly (readonly [body: string, buffered: boolean])[] = [
    ["", true],
    ["proxy_buffering on;", true],
    ["proxy_buffering off;", false],
    ["proxy_http_version 1.1;", false],
  ];
  for (const [body, buffered] of cases) assert.equal((await passingOf(body))?.buffered, buffered, body);
  assert.equal((await passingOf("", "", ""))?.buffered, null);
});

test("what is said for all of it is dropped by one header of a location's own", async () => {
  const http =
    'proxy_set_header Host $host; proxy_set_header Authorization ""; proxy_read_timeout 1h; client_max_body_size 0;';
  const inherited = await passingOf("proxy_buffering off; proxy_http_version 1.1;", http);
  assert.deepEqual([inherited?.host, inherited?.authorization], [{ kind: "client" }, "removed"]);
  assert.deepEqual([inherited?.silenceMs, inherited?.bodyLimitBytes, inherited?.buffered], [3_600_000, null, false]);
  const dropped = await passingOf("proxy_set_header X-Real-IP $remote_addr;", http);
  assert.deepEqual([dropped?.host, dropped?.authorization], [{ kind: "upstream" }, "passed"]);
});

test("origins and hosts as they are written", async () => {
  const passing = await passingOf(
    "proxy_set_header Host localhost:11434; add_header Access-Control-Allow-Origin $http_origin always;",
  );
  assert.deepEqual([passing?.host, passing?.allowsOrigins], [{ kind: "literal", text: "localhost:11434" }, ["*"]]);
  assert.equal((await passingOf('proxy_set_header Authorization "Basic c2VjcmV0";'))?.authorization, "replaced");
});

test("the name of an upstream block is the Host that is sent, unless another is written", async () => {
  const group = "upstream ollama_backend { server 127.0.0.1:11434; }";
  const hostOf = async (body: string) => {
    const files = writeFiles({ [MAIN]: `http { ${group} server { listen 80; location / { ${body} } } }` });
    const configuration = await readNginx(files, { path: MAIN, folder: "/etc/nginx", version: "1.22.1" });
    return configuration?.sites[0]?.locations[0]?.passing.host;
  };
  const named = { kind: "literal", text: "ollama_backend" };
  assert.deepEqual(await hostOf("proxy_pass http://ollama_backend;"), named);
  assert.deepEqual(await hostOf("proxy_pass http://ollama_backend/; proxy_set_header Host $proxy_host;"), named);
  assert.deepEqual(await hostOf("proxy_pass http://ollama_backend; proxy_set_header Host $host;"), { kind: "client" });
  assert.deepEqual(await hostOf("proxy_pass http://127.0.0.1:11434;"), { kind: "upstream" });
});
