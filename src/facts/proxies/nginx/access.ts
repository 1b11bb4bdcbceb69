import type { Protection } from "../proxy.ts";
import { findInherited, findValue, type Scope } from "./scope.ts";

/** What the access phase demands. */
export interface Access {
  readonly protections: readonly Protection[];
  readonly satisfy: "all" | "any";
}

const OTHER_CHECK =
  /^(?:auth_(?!basic|request|delay|http)\w+|access_by_lua\w*|rewrite_by_lua\w*|js_access|perl_access|oidc_\w+)$/;

/**
 * Who is let in by `allow`, `deny`, `auth_basic`, `auth_request` and modules that check callers too.
 *
 * @param passwordFile where a relative `auth_basic_user_file` lies
 * @param serviceOf what an `auth_request` asks
 */
export function readAccess(
  scope: Scope,
  passwordFile: (path: string) => string,
  serviceOf: (path: string) => string,
): Access {
  const protections: Protection[] = [];
  const satisfy = findValue(scope, "satisfy") === "any" ? "any" : "all";
  protections.push(...readSources(scope, satisfy));
  const realm = findValue(scope, "auth_basic");
  if (realm !== null && realm !== "off") {
    const file = findValue(scope, "auth_basic_user_file");
    protections.push(
      realm.startsWith("$") || file?.includes("$") === true
        ? { kind: "unclear", text: "auth_basic", byWhoAsks: true }
        : { kind: "basic", hash: null, users: null, file: file === null ? null : passwordFile(file) },
    );
  }
  const asked = findValue(scope, "auth_request");
  if (asked !== null && asked !== "off") protections.push({ kind: "asks-service", to: serviceOf(asked) });
  for (const name of new Set(scope.flat().map((directive) => directive.name))) {
    if (OTHER_CHECK.test(name) && findValue(scope, name) !== "off") protections.push({ kind: "unclear", text: name });
  }
  return { protections, satisfy: protections.length > 1 ? satisfy : "all" };
}

/**
 * The first rule that fits decides; whom none fits is let in (ngx_http_access_module). Who may write the address that is
 * looked at (ngx_http_realip_module) may write one that is let in.
 */
export function readSources(scope: Scope, satisfy: "all" | "any"): readonly Protection[] {
  const rules = findInherited(scope, "allow", "deny");
  const end = rules.findIndex(({ values }) => values[0] === "all");
  if (rules[end]?.name !== "deny") return [];
  const allowed = rules.slice(0, end).flatMap(({ name, values }) => (name === "allow" ? values.slice(0, 1) : []));
  if (allowed.length === 0 && satisfy === "all") return [{ kind: "refuses" }];
  const writers = findInherited(scope, "set_real_ip_from").flatMap(({ values }) => values.slice(0, 1));
  return [{ kind: "sources", allowed: [...allowed, ...writers].map(toNetwork) }];
}

function toNetwork(text: string): string {
  if (text.includes("/") || text.startsWith("unix")) return text;
  return `${text}/${text.includes(":") ? 128 : 32}`;
}
