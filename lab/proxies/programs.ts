import { existsSync } from "node:fs";
import { join } from "node:path";
import { HTPASSWD, type ProxyRecipe } from "./recipe.ts";
import { APACHE_RECIPES } from "./apache-recipes.ts";
import { CADDY_RECIPES } from "./caddy-recipes.ts";
import { HAPROXY_RECIPES } from "./haproxy-recipes.ts";
import { NGINX_RECIPES } from "./nginx-recipes.ts";
import { NGINX_TRAPS } from "./nginx-traps.ts";
import { TRAEFIK_RECIPES } from "./traefik-recipes.ts";

/** A proxy of Debian, with its recipes. */
export interface ProxyProgram {
  readonly kind: string;
  readonly unit: string;
  /** A script that fails where the configuration is wrong. */
  readonly check: string;
  /** Files that recipes use. */
  readonly files: Readonly<Record<string, string>>;
  readonly recipes: readonly ProxyRecipe[];
  /** Where the recipes' sites go, the first of them on `port`, each on the next. */
  readonly join: (sites: readonly string[], port: number) => Readonly<Record<string, string>>;
}

const SELF_SIGNED =
  "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ai.example.com";

export const PROXIES: readonly ProxyProgram[] = [
  {
    kind: "nginx",
    unit: "nginx",
    check: `${SELF_SIGNED} -keyout /etc/nginx/portlock.key -out /etc/nginx/portlock.pem && rm -f /etc/nginx/sites-enabled/default && nginx -t`,
    files: { "/etc/nginx/portlock.htpasswd": HTPASSWD },
    recipes: [...NGINX_RECIPES, ...NGINX_TRAPS],
    join: (sites) => ({ "/etc/nginx/sites-enabled/portlock": sites.join("\n") }),
  },
  {
    kind: "apache",
    unit: "apache2",
    check:
      "a2enmod -q proxy proxy_http headers auth_basic authn_file rewrite access_compat remoteip && a2dissite -q 000-default && a2ensite -q portlock && apache2ctl -t",
    files: { "/etc/apache2/portlock.htpasswd": HTPASSWD },
    recipes: APACHE_RECIPES,
    join: (sites) => ({ "/etc/apache2/sites-available/portlock.conf": `${sites.join("\n")}\n` }),
  },
  {
    kind: "caddy",
    unit: "caddy",
    check: "caddy adapt --config /etc/caddy/Caddyfile > /dev/null",
    files: {},
    recipes: CADDY_RECIPES,
    join: (sites) => ({ "/etc/caddy/Caddyfile": `{\nskip_install_trust\n}\n${sites.join("\n")}\n` }),
  },
  {
    kind: "haproxy",
    unit: "haproxy",
    check: "haproxy -c -f /etc/haproxy/haproxy.cfg",
    files: { "/etc/haproxy/portlock.lst": "10.77.0.0/24\n" },
    recipes: HAPROXY_RECIPES,
    join: (sites) => ({
      "/etc/haproxy/haproxy.cfg": `global\n  log /dev/log local0\n  user haproxy\n  group haproxy\n  daemon\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 50s\n  timeout server 50s\n${sites.join("\n")}\n`,
    }),
  },
  ...findTraefik(),
];

/** Debian has no package of it: it is tried where somebody has put one on PATH. */
function findTraefik(): readonly ProxyProgram[] {
  const folder = (process.env["PATH"] ?? "").split(":").find((each) => existsSync(join(each, "traefik")));
  if (folder === undefined) return [];
  const unit = `[Service]\nExecStart=${join(folder, "traefik")} --configFile=/etc/traefik/traefik.yml\n`;
  return [
    {
      kind: "traefik",
      unit: "traefik",
      check: "systemctl daemon-reload",
      files: { "/etc/systemd/system/traefik.service": unit },
      recipes: TRAEFIK_RECIPES,
      join: (sites, port) => ({
        "/etc/traefik/traefik.yml": [
          "entryPoints:",
          ...sites.map((_, index) => `  p${port + index}: { address: ":${port + index}" }`),
          "providers: { file: { directory: /etc/traefik/sites } }",
          "",
        ].join("\n"),
        ...Object.fromEntries(sites.map((site, index) => [`/etc/traefik/sites/${port + index}.yml`, `${site}\n`])),
      }),
    },
  ];
}
