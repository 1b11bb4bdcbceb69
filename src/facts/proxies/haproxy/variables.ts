import { isCredentialHeader } from "../credential-names.ts";
import type { Protection } from "../proxy.ts";
import { MOST_ALTERNATIVES, type Term } from "../request-tests.ts";
import { type Acls, type Alternatives, parseCondition, toAlternatives } from "./conditions.ts";
import type { HaproxyLine } from "./sections.ts";

/**
 * The ACLs of a section, and for each variable that its lines set when it is there.
 *
 * @param before lines whose variables hold too: those of the frontend for a backend
 */
export function readAcls(lines: readonly HaproxyLine[], before: readonly HaproxyLine[] = []): Acls {
  const acls = new Map<string, Alternatives>();
  const add = (name: string, alternatives: Alternatives): void => {
    acls.set(name, [...(acls.get(name) ?? []), ...alternatives].slice(0, MOST_ALTERNATIVES));
  };
  for (const { words } of lines) {
    const [keyword, name = "", ...test] = words;
    if (keyword === "acl") add(name, toAlternatives(test, acls));
  }
  for (const { words } of new Set([...before, ...lines])) {
    const [keyword, action = "", expression = "", ...rest] = words;
    const [, name] = /^set-var\(([\w.]+)\)$/.exec(action) ?? [];
    if (keyword === "http-request" && name !== undefined) add(`var(${name})`, toFound(name, expression, rest, acls));
  }
  return acls;
}

/** When an expression comes to something, under the condition behind it. */
function toFound(name: string, expression: string, rest: readonly string[], acls: Acls): Alternatives {
  const condition = parseCondition(rest, acls) ?? [[]];
  if (/^(?:bool|str|int|path|method|src|url|base)(?:\([^()]*\))?$/.test(expression)) return condition;
  const [, header = ""] = /^(?:req\.)?f?hdr\(([\w-]+)(?:,-?\d+)?\)/.exec(expression) ?? [];
  if (header === "" || !isCredentialHeader(header)) return withTerm(condition, toUnclear(name));
  const isLookedUp = /,map(?:_str)?\([^(),]+\)$/.test(expression);
  const isBasic = /basic/i.test(`${expression} ${rest.join(" ")}`);
  if (isLookedUp) return [[toShown(isBasic ? BASIC : { kind: "bearer" })]];
  // Whatever stands in the header is taken as it is.
  const isAny = expression.endsWith(")") && !expression.includes("),");
  return isAny ? [[toShown({ kind: "any-credential" })]] : withTerm(condition, toUnclear(name));
}

const BASIC: Protection = { kind: "basic", hash: null, users: null, file: null };

function withTerm(alternatives: Alternatives, term: Term): Alternatives {
  return alternatives.map((terms) => [...terms, term]);
}

function toShown(protection: Protection): Term {
  return { test: { kind: "shows", protection }, negated: false };
}

function toUnclear(name: string): Term {
  return { test: { kind: "unclear", text: `var(${name})`, held: true }, negated: false };
}
