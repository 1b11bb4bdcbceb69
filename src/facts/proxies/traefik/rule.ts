import { isCredentialHeader, matchesPattern, WRONG_CREDENTIAL } from "../credential-names.ts";
import { MOST_ALTERNATIVES, negate, type Term, type Test } from "../request-tests.ts";

type Alternatives = readonly (readonly Term[])[];

const DEEPEST = 32;
const TOKEN = /\s*(&&|\|\||!|\(|\)|,|`[^`]*`|"(?:[^"\\]|\\.)*"|[A-Za-z]\w*)/y;

/** A rule of a router as alternatives of terms that must all hold. Null: it is not understood. */
export function parseRule(text: string): Alternatives | null {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const trimmed = text.trim();
  while (TOKEN.lastIndex < trimmed.length) {
    const token = TOKEN.exec(trimmed)?.[1];
    if (token === undefined || tokens.length > 1_000) return null;
    tokens.push(token);
  }
  const reader = { tokens, at: 0 };
  const rule = readOr(reader, 0);
  return rule === null || reader.at < tokens.length ? null : rule;
}

interface Reader {
  readonly tokens: readonly string[];
  at: number;
}

function readOr(reader: Reader, depth: number): Alternatives | null {
  let found = readAnd(reader, depth);
  while (found !== null && reader.tokens[reader.at] === "||") {
    reader.at += 1;
    const next = readAnd(reader, depth);
    found = next === null ? null : toFew([...found, ...next]);
  }
  return found;
}

/** A part of a rule may be the one that lets everybody in: one that has too many parts is not understood. */
function toFew(alternatives: Alternatives): Alternatives | null {
  return alternatives.length > MOST_ALTERNATIVES ? null : alternatives;
}

function readAnd(reader: Reader, depth: number): Alternatives | null {
  let found = readNot(reader, depth);
  while (found !== null && reader.tokens[reader.at] === "&&") {
    reader.at += 1;
    const next = readNot(reader, depth);
    found = next === null ? null : toFew(found.flatMap((terms) => next.map((more) => [...terms, ...more])));
  }
  return found;
}

function readNot(reader: Reader, depth: number): Alternatives | null {
  if (depth > DEEPEST) return null;
  const token = reader.tokens[reader.at];
  reader.at += 1;
  if (token === "!") {
    const inner = readNot(reader, depth + 1);
    return inner === null ? null : negate(inner);
  }
  if (token === "(") {
    const inner = readOr(reader, depth + 1);
    if (reader.tokens[reader.at] !== ")") return null;
    reader.at += 1;
    return inner;
  }
  if (token === undefined || !/^[A-Za-z]/.test(token) || reader.tokens[reader.at] !== "(") return null;
  const values: string[] = [];
  for (reader.at += 1; reader.at < reader.tokens.length; reader.at += 1) {
    const value = reader.tokens[reader.at] ?? "";
    if (value === ")") {
      reader.at += 1;
      return [[{ test: toTest(token, values), negated: false }]];
    }
    if (value !== ",") values.push(value.slice(1, -1));
  }
  return null;
}

function toTest(name: string, values: readonly string[]): Test {
  const [first = "", second = ""] = values;
  switch (name.toLowerCase()) {
    case "host":
    case "hostheader":
      return { kind: "hosts", names: values };
    case "hostsni":
      return values.includes("*") ? { kind: "always" } : { kind: "hosts", names: values };
    case "hostregexp":
    case "hostsniregexp":
      return { kind: "hosts", names: values.map((value) => `~${value}`) };
    case "path":
      return { kind: "paths", paths: values.map(toPath) };
    case "pathprefix":
      return {
        kind: "paths",
        paths: values.map((text) =>
          text === "/" ? { kind: "all" } : text.includes("{") ? { kind: "unclear", text } : { kind: "prefix", text },
        ),
      };
    case "pathregexp":
      return { kind: "paths", paths: values.map((text) => ({ kind: "pattern", text })) };
    case "method":
      return { kind: "methods", methods: values };
    case "clientip":
      return {
        kind: "shows",
        protection: {
          kind: "sources",
          allowed: values.map((value) => (value.includes("/") ? value : `${value}/${value.includes(":") ? 128 : 32}`)),
        },
      };
    case "header":
    case "headers":
    case "query":
      // Without a value it only has to be there.
      return toHeaderTest(first, values.length < 2);
    case "headerregexp":
    case "headersregexp":
    case "queryregexp":
      return toHeaderTest(first, matchesPattern(second, WRONG_CREDENTIAL) === true);
    default:
      return { kind: "unclear", text: name.slice(0, 60), held: true };
  }
}

function toPath(text: string): { readonly kind: "exact" | "unclear"; readonly text: string } {
  return { kind: text.includes("{") ? "unclear" : "exact", text };
}

function toHeaderTest(name: string, weak: boolean): Test {
  if (!isCredentialHeader(name)) return { kind: "unclear", text: `header ${name}`.slice(0, 60), held: false };
  return {
    kind: "shows",
    protection: weak ? { kind: "any-credential" } : { kind: "bearer" },
  };
}
