import { BEARER, KEY, PASSWORD, type ProxyRecipe } from "./recipe.ts";

function server(port: number, body: string): string {
  return `Listen ${port}\n<VirtualHost *:${port}>\n${body}\n</VirtualHost>`;
}

const PASS = "ProxyPass / http://127.0.0.1:11434/";
const BASIC = 'AuthType Basic\nAuthName "Restricted"\nAuthUserFile /etc/apache2/portlock.htpasswd\nRequire valid-user';

export const APACHE_RECIPES: readonly ProxyRecipe[] = [
  {
    id: "plain",
    what: "ProxyPass, which calls Ollama by its own address",
    site: (port) => server(port, `ProxyPreserveHost Off\n${PASS}\nProxyPassReverse / http://127.0.0.1:11434/`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "host-passed-on",
    what: "with ProxyPreserveHost On, which Ollama answers 403 for the site's own name, not for others",
    site: (port) => server(port, `ServerName ai.example.com\nProxyPreserveHost On\n${PASS}`),
    verdict: "open",
    findings: ["proxy-without-auth"],
    names: ["ai.example.com"],
  },
  {
    id: "basic",
    what: "basic auth over plain HTTP",
    site: (port) => server(port, `<Location />\n${BASIC}\n</Location>\n${PASS}`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "basic-off-below",
    what: "basic auth for the site, and Require all granted below /api/",
    site: (port) =>
      server(port, `<Location />\n${BASIC}\n</Location>\n<Location /api/>\nRequire all granted\n</Location>\n${PASS}`),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "lan-only",
    what: "the LAN only",
    site: (port) => server(port, `<Location />\nRequire ip 10.77.0.0/24 127.0.0.1\n</Location>\n${PASS}`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "bearer",
    what: "a key in an expression, removed on the way",
    site: (port) =>
      server(
        port,
        `<Location />\nRequire expr "%{HTTP:Authorization} == 'Bearer ${KEY}'"\n</Location>\nRequestHeader unset Authorization\n${PASS}`,
      ),
    verdict: "guarded",
    findings: ["every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "below-a-path",
    what: "below /ollama/",
    site: (port) => server(port, "ProxyPass /ollama/ http://127.0.0.1:11434/"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "nothing",
    what: "a site that hands on nothing",
    site: (port) => server(port, "DocumentRoot /var/www/html"),
    verdict: "closed",
    findings: [],
  },
  {
    id: "limit-post",
    what: "a password by <Limit POST>, which asks nobody who reads",
    site: (port) =>
      server(
        port,
        `<Location />\nAuthType Basic\nAuthName "Restricted"\nAuthUserFile /etc/apache2/portlock.htpasswd\n<Limit POST>\nRequire valid-user\n</Limit>\n</Location>\n${PASS}`,
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
    id: "rewrite-proxy",
    what: "below /ollama/, by a RewriteRule that hands on",
    site: (port) => server(port, "RewriteEngine On\nRewriteRule ^/ollama/(.*)$ http://127.0.0.1:11434/$1 [P,L]"),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/ollama/api/version"],
  },
  {
    id: "rewrite-key",
    what: "a key in a RewriteCond, everybody else refused",
    site: (port) =>
      server(
        port,
        `RewriteEngine On\nRewriteCond %{HTTP:Authorization} "!=Bearer ${KEY}"\nRewriteRule ^ - [F]\n${PASS}`,
      ),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "setenvif-key",
    what: "a key that sets a variable, which is required",
    site: (port) =>
      server(
        port,
        `SetEnvIf Authorization "^Bearer ${KEY}$" has_key\n<Location />\nRequire env has_key\n</Location>\n${PASS}`,
      ),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "location-match",
    what: "a password for what ends as an API's path does, in a pattern that the rest slips past",
    site: (port) => server(port, `<LocationMatch "^/api/(generate|chat)$">\n${BASIC}\n</LocationMatch>\n${PASS}`),
    verdict: "open",
    findings: [
      "credential-forwarded-upstream",
      "every-user-manages-models",
      "proxy-auth-without-tls",
      "proxy-without-auth",
    ],
  },
  {
    id: "proxy-section",
    what: "a password in a <Proxy> section",
    site: (port) => server(port, `<Proxy "http://127.0.0.1:11434/*">\n${BASIC}\n</Proxy>\n${PASS}`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: PASSWORD,
  },
  {
    id: "not-one",
    what: "everybody but one address",
    site: (port) =>
      server(
        port,
        `<Location />\n<RequireAll>\nRequire all granted\nRequire not ip 192.0.2.1\n</RequireAll>\n</Location>\n${PASS}`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "any-of-two",
    what: "the LAN or a password, by RequireAny",
    site: (port) =>
      server(
        port,
        `<Location />\nAuthType Basic\nAuthName "Restricted"\nAuthUserFile /etc/apache2/portlock.htpasswd\n<RequireAny>\nRequire ip 10.77.0.0/24\nRequire valid-user\n</RequireAny>\n</Location>\n${PASS}`,
      ),
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
    id: "directory-password",
    what: "a password for a <Directory>, which is none of a proxy's",
    site: (port) =>
      server(port, `DocumentRoot /var/www/html\n<Directory /var/www/html>\n${BASIC}\n</Directory>\n${PASS}`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "old-allow",
    what: "the LAN only, in the words of Apache 2.2",
    site: (port) =>
      server(
        port,
        `<Location />\nOrder deny,allow\nDeny from all\nAllow from 10.77.0.0/24 127.0.0.1\n</Location>\n${PASS}`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "old-satisfy",
    what: "the LAN without a password, by Satisfy Any",
    site: (port) =>
      server(
        port,
        `<Location />\n${BASIC}\nOrder deny,allow\nDeny from all\nAllow from 10.77.0.0/24\nSatisfy Any\n</Location>\n${PASS}`,
      ),
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
    id: "excluded",
    what: "a path that is not handed on, in front of all the rest",
    site: (port) => server(port, `ProxyPass /api/delete !\n${PASS}`),
    verdict: "open",
    findings: ["proxy-without-auth"],
  },
  {
    id: "remote-ip-of-anybody",
    what: "the LAN only, by an address that whoever calls may write himself",
    site: (port) =>
      server(port, `RemoteIPHeader X-Forwarded-For\n<Location />\nRequire ip 10.77.0.0/24\n</Location>\n${PASS}`),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "user-agent-expression",
    what: "nobody but one program, by the name that it gives itself, in an expression",
    site: (port) =>
      server(port, `<Location />\nRequire expr "%{HTTP_USER_AGENT} =~ /^ada-client/"\n</Location>\n${PASS}`),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
  {
    id: "forwarded-for-expression",
    what: "one address, as the header of somebody says that comes before",
    site: (port) =>
      server(port, `<Location />\nRequire expr "%{HTTP:X-Forwarded-For} == '10.77.0.7'"\n</Location>\n${PASS}`),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-H", "X-Forwarded-For: 10.77.0.7"],
  },
  {
    id: "user-agent-variable",
    what: "the same by a variable",
    site: (port) =>
      server(port, `SetEnvIf User-Agent "^ada-client" is_ada\n<Location />\nRequire env is_ada\n</Location>\n${PASS}`),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
  {
    id: "rewrite-address",
    what: "the LAN only, in a RewriteCond",
    site: (port) =>
      server(port, `RewriteEngine On\nRewriteCond %{REMOTE_ADDR} !^10\\.77\\.\nRewriteRule ^ - [F]\n${PASS}`),
    verdict: "unknown",
    findings: [],
  },
  {
    id: "rewrite-user-agent",
    what: "one program, in a RewriteCond",
    site: (port) =>
      server(port, `RewriteEngine On\nRewriteCond %{HTTP_USER_AGENT} !^ada-client\nRewriteRule ^ - [F]\n${PASS}`),
    verdict: "unknown",
    findings: [],
    strangerSends: ["-A", "ada-client/1.0"],
  },
  {
    id: "if-section",
    what: "a section for whoever has not the key",
    site: (port) => server(port, `<If "%{HTTP:Authorization} != 'Bearer ${KEY}'">\nRequire all denied\n</If>\n${PASS}`),
    verdict: "guarded",
    findings: ["credential-forwarded-upstream", "every-user-manages-models", "proxy-auth-without-tls"],
    friend: BEARER,
  },
  {
    id: "granted-below",
    what: "all denied, and a path below for everybody",
    site: (port) =>
      server(
        port,
        `<Location />\nRequire all denied\n</Location>\n<Location /api/>\nRequire all granted\n</Location>\n${PASS}`,
      ),
    verdict: "open",
    findings: ["proxy-without-auth"],
    paths: ["/api/version"],
  },
];
