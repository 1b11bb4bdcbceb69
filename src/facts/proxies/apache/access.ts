import { matchesPattern, WRONG_CREDENTIAL } from "../credential-names.ts";
import { covers } from "../path-sets.ts";
import type { PathMatch, Protection } from "../proxy.ts";
import type { ApacheDirective } from "./directives.ts";

/** What must be shown. */
export interface Access {
  readonly protections: readonly Protection[];
  readonly satisfy: "all" | "any";
}

const NOTHING: Access = { protections: [], satisfy: "all" };

/** A section of requests: `<Location>`, `<LocationMatch>`, `<Proxy>`. */
export interface RequestSection {
  readonly paths: PathMatch;
  readonly block: readonly ApacheDirective[];
  readonly directive: ApacheDirective;
}

/** The sections of requests of a server, in the order in which they are merged. */
export function findSections(lines: readonly ApacheDirective[]): readonly RequestSection[] {
  const sections = lines.flatMap((directive): readonly RequestSection[] => {
    const { name, values, block } = directive;
    if (block === null) return [];
    const [first = "", second = ""] = values;
    if (name === "proxy" || name === "proxymatch") return [{ paths: { kind: "all" }, block, directive }];
    if (name === "locationmatch") return [{ paths: { kind: "pattern", text: first }, block, directive }];
    if (name !== "location") return [];
    if (first === "~") return [{ paths: { kind: "pattern", text: second }, block, directive }];
    return [{ paths: first === "/" ? { kind: "all" } : { kind: "prefix", text: first }, block, directive }];
  });
  const isProxy = ({ directive }: RequestSection): boolean => directive.name.startsWith("proxy");
  return [...sections.filter(isProxy), ...sections.filter((section) => !isProxy(section))];
}

/** The lines that count for some paths, later ones over earlier ones. */
export function findLines(
  lines: readonly ApacheDirective[],
  sections: readonly RequestSection[],
  paths: PathMatch,
): readonly (readonly ApacheDirective[])[] {
  return [lines, ...sections.filter((section) => covers(section.paths, paths)).map(({ block }) => block)];
}

/** The values of a directive the last time it is said. */
export function findLast(blocks: readonly (readonly ApacheDirective[])[], name: string): readonly string[] | null {
  for (const block of blocks.toReversed()) {
    const found = block.findLast((directive) => directive.name === name);
    if (found !== undefined) return found.values;
  }
  return null;
}

const REQUIREMENTS = /^(?:require|requireall|requireany|requirenone)$/;

/**
 * Who is let in. The requirements of a later section take the place of those of earlier ones.
 *
 * @param within blocks that count besides, as `<LimitExcept>`
 */
export function readAccess(blocks: readonly (readonly ApacheDirective[])[], resolve: (path: string) => string): Access {
  const requirements = blocks.toReversed().find((block) => block.some(({ name }) => REQUIREMENTS.test(name)));
  const own = (requirements ?? []).filter(({ name }) => REQUIREMENTS.test(name));
  const users = toUsers(blocks, resolve);
  const access = own.length === 0 ? NOTHING : combineAny(own.map((each) => readRequirement(each, users, blocks)));
  const old = readOldRules(blocks);
  if (old.protections.length === 0) return access;
  if (findLast(blocks, "satisfy")?.[0]?.toLowerCase() === "any") {
    return {
      protections: [...old.protections, ...access.protections],
      satisfy: access.protections.length > 0 ? "any" : "all",
    };
  }
  return combineAll([old, access]);
}

function toUsers(
  blocks: readonly (readonly ApacheDirective[])[],
  resolve: (path: string) => string,
): Protection | null {
  const type = findLast(blocks, "authtype")?.[0]?.toLowerCase() ?? null;
  if (type === null || type === "none") return null;
  if (type !== "basic") return { kind: "unclear", text: `AuthType ${type}`.slice(0, 60) };
  const file = findLast(blocks, "authuserfile")?.[0];
  return { kind: "basic", hash: null, users: null, file: file === undefined ? null : resolve(file) };
}

function readRequirement(
  directive: ApacheDirective,
  users: Protection | null,
  blocks: readonly (readonly ApacheDirective[])[],
): Access | "open" {
  const { name, values, block } = directive;
  const inner = (block ?? []).filter((each) => REQUIREMENTS.test(each.name));
  if (name === "requireall") {
    const parts = inner.map((each) => readRequirement(each, users, blocks));
    return combineAll(parts.flatMap((part) => (part === "open" ? [] : [part])));
  }
  if (name === "requireany") return combineAny(inner.map((each) => readRequirement(each, users, blocks)));
  if (name === "requirenone" || values[0] === "not") return "open";
  const [what = "", ...rest] = values.map((value, index) => (index === 0 ? value.toLowerCase() : value));
  const single = (protection: Protection): Access => ({ protections: [protection], satisfy: "all" });
  switch (what) {
    case "all":
      return rest[0]?.toLowerCase() === "granted" ? "open" : single({ kind: "refuses" });
    case "valid-user":
    case "user":
    case "group":
      // Without a type there is nobody to ask, and the request fails.
      return single(users ?? { kind: "refuses" });
    case "ip":
      return single(toSources(rest, blocks));
    case "local":
      return single({ kind: "sources", allowed: ["127.0.0.0/8", "::1/128"] });
    case "ssl-verify-client":
      return single({ kind: "client-certificate", required: true });
    case "env":
      return single(readVariable(rest, blocks));
    case "expr":
      return single(readExpression(rest.join(" ")) ?? { kind: "unclear", text: "Require expr" });
    case "method":
      return "open";
    default:
      return single({ kind: "unclear", text: `Require ${what}`.slice(0, 60) });
  }
}

/** `SetEnvIf Authorization "^Bearer key$" let_in`, of which `Require env` then asks. */
function readVariable(names: readonly string[], blocks: readonly (readonly ApacheDirective[])[]): Protection {
  const set = blocks
    .flat()
    .find(
      ({ name, values }) =>
        /^setenvif(?:nocase)?$/.test(name) &&
        values.slice(2).some((value) => names.includes(value.split("=", 1)[0] ?? "")),
    );
  const [header = "", pattern = ""] = set?.values ?? [];
  if (/^remote_addr$/i.test(header) || !/authorization|key|token|secret|cookie/i.test(header)) {
    return { kind: "unclear", text: "Require env" };
  }
  return matchesPattern(pattern, WRONG_CREDENTIAL) === true ? ANY_CREDENTIAL : { kind: "bearer" };
}

const ANY_CREDENTIAL: Protection = { kind: "any-credential" };

/** An expression that compares a header: `%{HTTP:Authorization} == 'Bearer key'`. Null: it is another one. */
export function readExpression(text: string): Protection | null {
  const [, header = "", operator = "", operand = ""] =
    /^\s*\(?\s*(?:%\{HTTP:([\w-]+)\}|(?:req|http)\(\s*['"][\w-]+['"]\s*\))\s*([!=]=|[!=]~|-strmatch)\s*(.+?)\)?\s*$/i.exec(
      text,
    ) ?? [];
  if (operator === "" || !/authorization|key|token|secret|^$/i.test(header)) return null;
  const [, pattern] = /^m?[#/|](.*)[#/|]i?$/.exec(operand) ?? [];
  if (pattern === undefined) return { kind: "bearer" };
  return matchesPattern(pattern, WRONG_CREDENTIAL) === true ? ANY_CREDENTIAL : { kind: "bearer" };
}

/** `Order`, `Allow` and `Deny` of older versions, which mod_access_compat still knows. */
function readOldRules(blocks: readonly (readonly ApacheDirective[])[]): Access {
  const block = blocks.toReversed().find((each) => each.some(({ name }) => name === "order" || name === "deny")) ?? [];
  const from = (wanted: string) => block.flatMap(({ name, values }) => (name === wanted ? values.slice(1) : []));
  const order =
    block
      .findLast(({ name }) => name === "order")
      ?.values.join("")
      .toLowerCase() ?? "deny,allow";
  const [allowed, denied] = [from("allow"), from("deny")];
  const isAll = (value: string): boolean => value.toLowerCase() === "all";
  const isClosed =
    order === "allow,deny" ? !allowed.some(isAll) || denied.some(isAll) : denied.some(isAll) && !allowed.some(isAll);
  if (block.length === 0 || !isClosed) return NOTHING;
  if (allowed.length === 0 || (order === "allow,deny" && denied.some(isAll)))
    return { protections: [{ kind: "refuses" }], satisfy: "all" };
  return { protections: [toSources(allowed, blocks)], satisfy: "all" };
}

/** `10.1`, `10.1.0.0/255.255.0.0` and the like as CIDR. */
/** By mod_remoteip the address is one that somebody before may write, or, where none is named, whoever calls. */
function toSources(allowed: readonly string[], blocks: readonly (readonly ApacheDirective[])[]): Protection {
  return findLast(blocks, "remoteipheader") === null
    ? { kind: "sources", allowed: allowed.map(toNetwork) }
    : { kind: "unclear", text: "RemoteIPHeader", byWhoAsks: true };
}

function toNetwork(text: string): string {
  if (text.includes(":")) return text.includes("/") ? text : `${text}/128`;
  const [address = "", mask] = text.split("/", 2);
  const parts = address.split(".").filter((part) => part !== "");
  const full = [...parts, "0", "0", "0", "0"].slice(0, 4).join(".");
  if (mask === undefined) return `${full}/${parts.length * 8}`;
  if (!mask.includes(".")) return `${full}/${mask}`;
  const bits = mask.split(".").map((part) => Number(part).toString(2).replaceAll("0", "").length);
  return `${full}/${bits.reduce((sum, each) => sum + each, 0)}`;
}

function combineAny(parts: readonly (Access | "open")[]): Access {
  if (parts.includes("open")) return NOTHING;
  const told = parts.filter((part) => part !== "open");
  const [only, ...others] = told;
  if (only === undefined) return NOTHING;
  if (others.length === 0) return only;
  const open = told.filter(({ protections }) => !protections.some(({ kind }) => kind === "refuses"));
  return { protections: (open.length === 0 ? told : open).flatMap(({ protections }) => protections), satisfy: "any" };
}

/** Of alternatives besides what must be met anyway only the latter is told. */
export function combineAll(parts: readonly Access[]): Access {
  const [only, ...others] = parts.filter(({ protections }) => protections.length > 0);
  if (only === undefined) return NOTHING;
  if (others.length === 0) return only;
  const all = [only, ...others].flatMap(({ protections, satisfy }) =>
    satisfy === "all" || protections.length === 1 ? protections : [],
  );
  return all.length > 0 ? { protections: all, satisfy: "all" } : only;
}
