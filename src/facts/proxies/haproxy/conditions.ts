import { isCredentialHeader, matchesPattern, WRONG_CREDENTIAL } from "../credential-names.ts";
import { escapePattern } from "../path-sets.ts";
import type { PathMatch, Protection } from "../proxy.ts";
import { MOST_ALTERNATIVES, negate, type Term, type Test } from "../request-tests.ts";

/** Terms that all hold, or those of another alternative. */
export type Alternatives = readonly (readonly Term[])[];

/** Named ACLs, and by `var(name)` when a variable is there; those of one name are alternatives. */
export type Acls = ReadonlyMap<string, Alternatives>;

const PREDEFINED: Readonly<Record<string, Test>> = {
  TRUE: { kind: "always" },
  FALSE: { kind: "never" },
  HTTP: { kind: "always" },
  LOCALHOST: { kind: "shows", protection: { kind: "sources", allowed: ["127.0.0.1/8", "::1/128"] } },
  METH_CONNECT: { kind: "methods", methods: ["CONNECT"] },
  METH_DELETE: { kind: "methods", methods: ["DELETE"] },
  METH_GET: { kind: "methods", methods: ["GET", "HEAD"] },
  METH_HEAD: { kind: "methods", methods: ["HEAD"] },
  METH_OPTIONS: { kind: "methods", methods: ["OPTIONS"] },
  METH_POST: { kind: "methods", methods: ["POST"] },
  METH_PUT: { kind: "methods", methods: ["PUT"] },
  METH_TRACE: { kind: "methods", methods: ["TRACE"] },
};

/**
 * The condition behind `if` or `unless` as alternatives of terms that all hold: words side by side are meant
 * together, `or` and `||` part them, `!` negates. Null: there is no condition.
 */
export function parseCondition(words: readonly string[], acls: Acls): Alternatives | null {
  const start = words.findIndex((word) => word === "if" || word === "unless");
  if (start < 0) return null;
  const alternatives = splitAlternatives(words.slice(start + 1), acls);
  return words[start] === "if" ? alternatives : negate(alternatives);
}

/** What every request fits that a refusal lets go on, where paths and methods alone decide; else null. */
export function findLeftOver(words: readonly string[], acls: Acls): Alternatives | null {
  const start = words.findIndex((word) => word === "if" || word === "unless");
  if (start < 0) return null;
  const condition = words.slice(start + 1);
  const [first = "", ...others] = condition;
  const isOneNot =
    words[start] === "if" &&
    first.startsWith("!") &&
    (others.length === 0 || others.indexOf("}") === others.length - 1);
  if (words[start] === "if" && !isOneNot) return null;
  const positive = isOneNot ? [first.slice(1), ...others].filter((word) => word !== "") : condition;
  const alternatives = splitAlternatives(positive, acls);
  const isTold = alternatives.every((terms) =>
    terms.every(({ test, negated }) => !negated && (test.kind === "paths" || test.kind === "methods")),
  );
  return isTold ? alternatives : null;
}

function splitAlternatives(words: readonly string[], acls: Acls): Alternatives {
  let alternatives: Alternatives = [];
  let current: Alternatives = [[]];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "or" || word === "||") {
      alternatives = [...alternatives, ...current];
      current = [[]];
      continue;
    }
    const negated = word.startsWith("!");
    const plain = word.replace(/^!/, "");
    let tests: Alternatives;
    if (plain === "{" || (plain === "" && words[at + 1] === "{")) {
      const from = plain === "{" ? at + 1 : at + 2;
      const end = words.indexOf("}", from);
      const inner = words.slice(from, end < 0 ? words.length : end);
      tests = toAlternatives(inner, acls);
      at = end < 0 ? words.length : end;
    } else {
      tests = acls.get(plain) ?? [toTerms(PREDEFINED[plain] ?? { kind: "unclear", text: plain, held: true })];
    }
    current = addTests(current, tests, negated).slice(0, MOST_ALTERNATIVES);
  }
  return [...alternatives, ...current];
}

/** ACLs of one name are alternatives; negated, none of them may hold. */
function addTests(alternatives: Alternatives, tests: Alternatives, negated: boolean): Alternatives {
  const added = negated ? negate(tests) : tests;
  return alternatives.flatMap((terms) => added.map((more) => [...terms, ...more]));
}

/** A test as it stands in an ACL or between braces; that a variable is there means what it was set by. */
export function toAlternatives(words: readonly string[], acls: Acls): Alternatives {
  const [fetch = "", ...rest] = words;
  const isFound = rest.join(" ") === "-m found";
  return (isFound ? acls.get(fetch) : undefined) ?? [toTerms(parseTest(words))];
}

function toTerms(test: Test): readonly Term[] {
  return [{ test, negated: false }];
}

/** One test: a fetch, flags and patterns, as `path_beg /api`, `req.hdr(authorization) -m str "Bearer x"`. */
function parseTest(words: readonly string[]): Test {
  const [fetch = "", ...rest] = words;
  const { method, ignoresCase, values, isFile } = parseFlags(rest);
  const [, name = "", argument = "", converters = ""] = /^([\w.]+)(?:\(([^)]*)\))?(.*)$/s.exec(fetch) ?? [];
  const matching = /_(?:beg|end|reg|sub|dir|dom|str|len|found)$/.exec(name)?.[0].slice(1) ?? method;
  const base = name.replace(/_(?:beg|end|reg|sub|dir|dom|str|len|found)$/, "");
  if (isFile) return toFileTest(base, argument);
  if (/^(?:path|capture\.req\.uri|url|base|pathq)$/.test(base)) return toPathTest(values, matching, ignoresCase);
  if (base === "method" || base === "capture.req.method") return { kind: "methods", methods: values };
  if (base === "src" || base === "src_ip") return { kind: "shows", protection: toSources(values) };
  if (base === "ssl_fc") return { kind: "tls" };
  if (base === "ssl_c_used" || base === "ssl_c_verify" || base === "ssl_fc_has_crt") {
    return { kind: "shows", protection: { kind: "client-certificate", required: true } };
  }
  if (base === "http_auth" || base === "http_auth_group") return toBasic(argument);
  const [, counted] = /^(?:req\.)?f?hdr_cnt\(([\w-]+)\)$/.exec(fetch) ?? [];
  if (counted !== undefined && isCredentialHeader(counted) && /^(?:gt 0|ge 1)$/.test(values.join(" "))) {
    return { kind: "shows", protection: { kind: "any-credential" } };
  }
  if (/^(?:hdr|req\.hdr|req\.fhdr|fhdr|cook|req\.cook|urlp|url_param)$/.test(base)) {
    return toHeaderTest({ base, argument, values, matching, ignoresCase, converters });
  }
  if (base === "always_true") return { kind: "always" };
  if (base === "always_false") return { kind: "never" };
  if (/^(?:http_auth_bearer|jwt_verify)$/.test(base) || /jwt_verify/.test(converters)) {
    return { kind: "shows", protection: { kind: "bearer" } };
  }
  return { kind: "unclear", text: fetch.slice(0, 60), held: !/hdr|query|req\.ver|ssl_fc_sni|req_ssl/.test(base) };
}

function toBasic(userlist: string): Test {
  return { kind: "shows", protection: { kind: "basic", hash: null, users: null, file: userlist } };
}

function toFileTest(base: string, argument: string): Test {
  if (base.endsWith("hdr") && isCredentialHeader(argument.split(",", 1)[0] ?? "")) {
    return { kind: "shows", protection: { kind: "bearer" } };
  }
  // What stands in the file is not read.
  if (base === "src" || base === "src_ip") {
    return { kind: "shows", protection: { kind: "unclear", text: `${base} -f`, byWhoAsks: true } };
  }
  return { kind: "unclear", text: `${base} -f`, held: false };
}

interface Flags {
  readonly method: string;
  readonly ignoresCase: boolean;
  readonly isFile: boolean;
  readonly values: readonly string[];
}

function parseFlags(words: readonly string[]): Flags {
  let method = "";
  let ignoresCase = false;
  let isFile = false;
  let at = 0;
  for (; at < words.length && words[at]?.startsWith("-") === true; at += 1) {
    const flag = words[at];
    if (flag === "--") {
      at += 1;
      break;
    }
    if (flag === "-i") ignoresCase = true;
    if (flag === "-m") method = words[(at += 1)] ?? "";
    if (flag === "-f" || flag === "-M") {
      isFile = true;
      if (flag === "-f") at += 1;
    }
    if (flag === "-u") at += 1;
  }
  return { method, ignoresCase, isFile, values: words.slice(at) };
}

function toPathTest(values: readonly string[], matching: string, ignoresCase: boolean): Test {
  const paths = values.map((value): PathMatch => {
    const escaped = escapePattern(value);
    const pattern = (text: string): PathMatch => ({ kind: "pattern", text: ignoresCase ? `(?i:${text})` : text });
    switch (matching) {
      case "beg":
        return ignoresCase ? pattern(`^${escaped}`) : { kind: "prefix", text: value };
      case "end":
        return pattern(`${escaped}$`);
      case "reg":
        return pattern(value);
      case "sub":
        return pattern(escaped);
      case "dir":
      case "dom":
        return pattern(`(?:^|/)${escaped}(?:/|$)`);
      case "found":
        return { kind: "all" };
      default:
        return ignoresCase ? pattern(`^${escaped}$`) : { kind: "exact", text: value };
    }
  });
  return { kind: "paths", paths };
}

interface HeaderTest {
  readonly base: string;
  readonly argument: string;
  readonly values: readonly string[];
  readonly matching: string;
  readonly ignoresCase: boolean;
  readonly converters: string;
}

function toHeaderTest({ base, argument, values, matching, ignoresCase, converters }: HeaderTest): Test {
  const name = argument.split(",", 1)[0]?.trim() ?? "";
  if (base.endsWith("hdr") && /^host$/i.test(name)) {
    const isExact = matching === "" || matching === "str";
    const isEnd = matching === "end" && values.every((value) => value.startsWith("."));
    if (isExact) return { kind: "hosts", names: values };
    return isEnd
      ? { kind: "hosts", names: values.map((value) => `*${value}`) }
      : { kind: "unclear", text: `${base}(host)`, held: false };
  }
  if (base.endsWith("hdr") && !isCredentialHeader(name))
    return { kind: "unclear", text: `${base}(${name})`.slice(0, 60), held: false };
  const weak =
    matching === "found" ||
    converters.includes(",length") ||
    values.some((value) => isWeak(value, matching, ignoresCase));
  const protection: Protection = weak ? { kind: "any-credential" } : { kind: "bearer" };
  return { kind: "shows", protection };
}

function isWeak(value: string, matching: string, ignoresCase: boolean): boolean {
  if (matching === "beg" || matching === "sub") return /^(?:bearer|basic)?\s*$/i.test(value);
  return matching === "reg" && matchesPattern(value, WRONG_CREDENTIAL, ignoresCase) === true;
}

function toSources(values: readonly string[]): Protection {
  const networks = values.map((value) => (value.includes("/") ? value : `${value}/${value.includes(":") ? 128 : 32}`));
  return { kind: "sources", allowed: networks };
}
