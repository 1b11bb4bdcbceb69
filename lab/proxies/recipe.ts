import type { RuleId } from "../../src/judge/finding.ts";
import type { RouteVerdict } from "../../src/judge/route.ts";

/**
 * One way people put a proxy in front of Ollama, as it is posted, on a port of its own. The table is judged by one
 * audit of a host that runs all of a proxy's recipes at once.
 */
export interface ProxyRecipe {
  readonly id: string;
  /** What somebody did, in that person's words. */
  readonly what: string;
  /** What goes into the proxy's configuration. */
  readonly site: (port: number) => string;
  /** The worst that anybody outside finds. */
  readonly verdict: RouteVerdict;
  /** Rules that found something about this site, besides those about streaming, which most recipes break. */
  readonly findings: readonly RuleId[];
  /** Names that somebody may call it by; also tried are the address and `localhost`. */
  readonly names?: readonly string[];
  /** Names that alone are tried. */
  readonly onlyNames?: readonly string[];
  /** Paths at which the server would answer. Default: its own. */
  readonly paths?: readonly string[];
  readonly tls?: boolean;
  /** Arguments for curl(1) that a stranger thinks of. */
  readonly strangerSends?: readonly string[];
  /** Arguments for curl(1) that let a friend in; only where the verdict is `guarded`. */
  readonly friend?: readonly string[];
}

export const KEY = "k3y-0f-0ne-friend";
export const BEARER: readonly string[] = ["-H", `Authorization: Bearer ${KEY}`];
export const PASSWORD: readonly string[] = ["-u", "ada:pass-word"];
/** Made by `openssl passwd -apr1` of that password. */
export const HTPASSWD = "ada:$apr1$portlock$1KCJOirnyHeiZ3bAUT9Re/\n";
