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
];
