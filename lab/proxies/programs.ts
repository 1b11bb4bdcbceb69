import { HTPASSWD, type ProxyRecipe } from "./recipe.ts";
import { NGINX_RECIPES } from "./nginx-recipes.ts";

/** A proxy of Debian, with its recipes. */
export interface ProxyProgram {
  readonly kind: string;
  readonly unit: string;
  /** A script that fails where the configuration is wrong. */
  readonly check: string;
  /** Files that recipes use. */
  readonly files: Readonly<Record<string, string>>;
  readonly recipes: readonly ProxyRecipe[];
  /** Where the recipes' sites go. */
  readonly join: (sites: readonly string[]) => Readonly<Record<string, string>>;
}

const SELF_SIGNED =
  "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=ai.example.com";

export const PROXIES: readonly ProxyProgram[] = [
  {
    kind: "nginx",
    unit: "nginx",
    check: `${SELF_SIGNED} -keyout /etc/nginx/portlock.key -out /etc/nginx/portlock.pem && rm -f /etc/nginx/sites-enabled/default && nginx -t`,
    files: { "/etc/nginx/portlock.htpasswd": HTPASSWD },
    recipes: NGINX_RECIPES,
    join: (sites) => ({ "/etc/nginx/sites-enabled/portlock": sites.join("\n") }),
  },
];
