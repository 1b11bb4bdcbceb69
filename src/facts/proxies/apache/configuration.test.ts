import assert from "node:assert/strict";
import test from "node:test";
import { summarize, writeFiles } from "../summary.fixture.ts";
import { withPasswordFiles } from "../passwords.ts";
import { readApache } from "./configuration.ts";
import { parseEnvironmentVariables } from "./load.ts";

const MAIN = "/etc/apache2/apache2.conf";
/** As Debian has it. */
const DEBIAN = `DefaultRuntimeDir \${APACHE_RUN_DIR}
Timeout 300
<Directory />
  Options FollowSymLinks
  AllowOverride None
  Require all denied
</Directory>
IncludeOptional mods-enabled/*.load
Include ports.conf
IncludeOptional sites-enabled/*.conf
`;
const PORTS =
  "Listen 80\n<IfModule ssl_module>\n\tListen 443\n</IfModule>\n<IfModule mod_gnutls.c>\n\tListen 8443\n</IfModule>\n";

async function read(site: string, more: Readonly<Record<string, string>> = {}) {
  const files = writeFiles({
    [MAIN]: DEBIAN,
    "/etc/apache2/ports.conf": PORTS,
    "/etc/apache2/mods-enabled/ssl.load": "LoadModule ssl_module /usr/lib/apache2/modules/mod_ssl.so",
    "/etc/apache2/sites-enabled/ollama.conf": site,
    ...more,
  });
  const start = {
    path: MAIN,
    root: "/etc/apache2",
    variables: new Map([["APACHE_RUN_DIR", "/run/apache2"]]),
    version: "2.4.62",
  };
  const configuration = await readApache(files, start);
  assert.ok(configuration !== null);
  return withPasswordFiles(configuration, files);
}

const host = (body: string): string => `<VirtualHost *:80>\n ServerName ai.example.com\n${body}\n</VirtualHost>`;
const PASS = " ProxyPass / http://127.0.0.1:11434/\n ProxyPassReverse / http://127.0.0.1:11434/";
const AUTH = "AuthType Basic\n AuthName x\n AuthUserFile htpasswd\n Require valid-user";

interface Case {
  readonly name: string;
  readonly site: string;
  readonly locations: readonly string[];
}

const CASES: readonly Case[] = [
  { name: "everybody is let in", site: host(PASS), locations: ["* -> 127.0.0.1#11434/"] },
  {
    name: "a password for everything",
    site: host(`${PASS}\n <Location />\n ${AUTH}\n </Location>`),
    locations: ["* basic(apr1,1) -> 127.0.0.1#11434/"],
  },
  {
    name: "a password in <Proxy *>",
    site: host(`${PASS}\n <Proxy *>\n ${AUTH}\n </Proxy>`),
    locations: ["* basic(apr1,1) -> 127.0.0.1#11434/"],
  },
  {
    name: "a part is let in again",
    site: host(
      `${PASS}\n <Location />\n ${AUTH}\n </Location>\n <Location /api/tags>\n Require all granted\n </Location>`,
    ),
    locations: ["/api/tags -> 127.0.0.1#11434/api/tags", "* basic(apr1,1) -> 127.0.0.1#11434/"],
  },
  {
    name: "a password in a folder's section is none for what is handed on",
    site: host(`${PASS}\n <Directory />\n ${AUTH}\n </Directory>`),
    locations: ["* -> 127.0.0.1#11434/"],
  },
  {
    name: "the office, or a password",
    site: host(
      `${PASS}\n <Location />\n AuthType Basic\n AuthUserFile htpasswd\n <RequireAny>\n Require ip 10.0.0.0/8 192.168.1\n Require valid-user\n </RequireAny>\n </Location>`,
    ),
    locations: ["* from(10.0.0.0/8,192.168.1.0/24) or basic(apr1,1) -> 127.0.0.1#11434/"],
  },
  {
    name: "the office, and a password",
    site: host(
      `${PASS}\n <Location />\n AuthType Basic\n AuthUserFile htpasswd\n <RequireAll>\n Require ip 10.0.0.0/255.0.0.0\n Require user bob\n </RequireAll>\n </Location>`,
    ),
    locations: ["* from(10.0.0.0/8) and basic(apr1,1) -> 127.0.0.1#11434/"],
  },
  {
    name: "as version 2.2 had it",
    site: host(`${PASS}\n <Location />\n Order deny,allow\n Deny from all\n Allow from 10.0.0.0/8\n </Location>`),
    locations: ["* from(10.0.0.0/8) -> 127.0.0.1#11434/"],
  },
  {
    name: "a key in a condition of rewriting",
    site: host(
      ` RewriteEngine On\n RewriteCond %{HTTP:Authorization} !^Bearer\\ s3cret$\n RewriteRule ^ - [F,L]\n${PASS}`,
    ),
    locations: ["* bearer -> 127.0.0.1#11434/"],
  },
  {
    name: "a key in an expression",
    site: host(`${PASS}\n <Location />\n Require expr "%{HTTP:Authorization} == 'Bearer s3cret'"\n </Location>`),
    locations: ["* bearer -> 127.0.0.1#11434/"],
  },
  {
    name: "a key in a variable",
    site: host(
      `${PASS}\n SetEnvIf Authorization "^Bearer s3cret$" let_in\n <Location />\n Require env let_in\n </Location>`,
    ),
    locations: ["* bearer -> 127.0.0.1#11434/"],
  },
  {
    name: "only some methods need a password",
    site: host(
      `${PASS}\n <Location />\n AuthType Basic\n AuthUserFile htpasswd\n <LimitExcept GET>\n Require valid-user\n </LimitExcept>\n </Location>`,
    ),
    locations: ["* GET+HEAD -> 127.0.0.1#11434/", "* basic(apr1,1) -> 127.0.0.1#11434/"],
  },
  {
    name: "below a path, another part not handed on",
    site: host(
      ` ProxyPass /ollama/api/pull !\n ProxyPass /ollama/ http://127.0.0.1:11434/ timeout=600\n ProxyPass /ui unix:/run/ui.sock|http://localhost/`,
    ),
    locations: ["/ollama/api/pull refuses", "/ollama/ -> 127.0.0.1#11434/", "/ui -> unix:/run/ui.sock/"],
  },
  {
    name: "by rewriting, through a balancer, with an expression",
    site: host(
      ` <Proxy balancer://pool>\n BalancerMember http://10.0.0.5:11434\n BalancerMember http://10.0.0.6:11434\n </Proxy>\n RewriteEngine On\n RewriteRule ^/a/(.*)$ http://127.0.0.1:11434/$1 [P,L]\n ProxyPassMatch ^/b/(.*)$ http://127.0.0.1:11435/$1\n ProxyPass /c balancer://pool/`,
    ),
    locations: ["/a/ -> 127.0.0.1#11434/", "/b/ -> 127.0.0.1#11435/", "/c -> 10.0.0.5#11434 10.0.0.6#11434/"],
  },
  {
    name: "plain requests are sent to https",
    site: host(
      ` RewriteEngine On\n RewriteCond %{HTTPS} off\n RewriteRule (.*) https://%{HTTP_HOST}%{REQUEST_URI} [R=301,L]\n${PASS}`,
    ),
    locations: ["* refuses"],
  },
];

for (const { name, site, locations } of CASES) {
  test(name, async () => {
    const configuration = await read(site, { "/etc/apache2/htpasswd": "bob:$apr1$abc$s3cretHash\n" });
    assert.deepEqual(
      summarize(configuration).filter((line) => line.startsWith("  ")),
      locations.map((line) => `  ${line}`),
    );
    assert.deepEqual(configuration.unclear, []);
    assert.ok(!JSON.stringify(configuration).includes("s3cret"));
  });
}

test("which servers listen where", async () => {
  const configuration = await read(
    `<VirtualHost *:80>\nServerName a.example.com:80\nServerAlias *.a.example.com\n</VirtualHost>
<VirtualHost _default_:443>\nServerName b.example.com\nSSLEngine on\nSSLVerifyClient require\n${PASS}\n</VirtualHost>
<VirtualHost *:80>\nServerName c.example.com\n${PASS}\n</VirtualHost>\n`,
    { "/etc/apache2/sites-enabled/zz.conf": "Listen 127.0.0.1:8080\n" },
  );
  assert.deepEqual(summarize(configuration), [
    "0.0.0.0#80 ::#80 a.example.com *.a.example.com default",
    "0.0.0.0#443/tls ::#443/tls b.example.com default",
    "  * certificate -> 127.0.0.1#11434/",
    "0.0.0.0#80 ::#80 c.example.com",
    "  * -> 127.0.0.1#11434/",
    "127.0.0.1#8080 default",
  ]);
});

test("what becomes of a request", async () => {
  const plain = await read(host(PASS));
  assert.deepEqual(plain.sites[0]?.locations[0]?.passing, {
    host: { kind: "upstream" },
    authorization: "passed",
    buffered: false,
    httpVersion: "1.1",
    silenceMs: 300_000,
    bodyLimitBytes: 1_073_741_824,
    allowsOrigins: null,
  });
  const set = await read(
    host(
      `${PASS}\n ProxyPreserveHost On\n ProxyTimeout 900\n RequestHeader unset Authorization\n LimitRequestBody 0\n Header always set Access-Control-Allow-Origin "*"`,
    ),
  );
  const passing = set.sites[0]?.locations[0]?.passing;
  assert.deepEqual(
    [passing?.host, passing?.authorization, passing?.silenceMs],
    [{ kind: "client" }, "removed", 900_000],
  );
  assert.deepEqual([passing?.bodyLimitBytes, passing?.allowsOrigins], [null, ["*"]]);
});

test("Debian's envvars", () => {
  const text =
    'SUFFIX=""\nexport APACHE_RUN_USER=www-data\nexport APACHE_RUN_DIR=/var/run/apache2$SUFFIX\nexport LANG\nexport X=$(id)\n';
  assert.deepEqual(
    [...parseEnvironmentVariables(text)],
    [
      ["SUFFIX", ""],
      ["APACHE_RUN_USER", "www-data"],
      ["APACHE_RUN_DIR", "/var/run/apache2"],
    ],
  );
});
