import type { ConfigurationFiles } from "../configuration-files.ts";
import { type OrderedRule, toLocations } from "../ordered-rules.ts";
import { summarizeHashes } from "../passwords.ts";
import type {
  Protection,
  ProxyConfiguration,
  ProxyListener,
  ProxyLocation,
  ProxySite,
  SourceLine,
  Upstream,
} from "../proxy.ts";
import { type Bind, parseBind, parseServer } from "./bind.ts";
import { type Entry, narrow } from "../request-tests.ts";
import { type Acls, type Alternatives, findLeftOver, parseCondition } from "./conditions.ts";
import { type HaproxyLine, parseSections, type Section } from "./sections.ts";
import { findReplacement, readPassing } from "./settings.ts";
import { readAcls } from "./variables.ts";

interface Context {
  readonly sections: readonly Section[];
  readonly unclear: SourceLine[];
}

/** What files of HAProxy hand on to whom; folders among the paths mean their `*.cfg`. Null: no file can be read. */
export async function readHaproxy(
  files: ConfigurationFiles,
  paths: readonly string[],
): Promise<ProxyConfiguration | null> {
  const sections: Section[] = [];
  let wasRead = false;
  for (const path of paths) {
    const inside = path.endsWith(".cfg") ? [] : await files.list(path);
    const named =
      inside.length === 0
        ? [path]
        : inside.filter((name) => /^[^.].*\.cfg$/.test(name)).map((name) => `${path.replace(/\/$/, "")}/${name}`);
    for (const file of named) {
      const text = await files.read(file);
      wasRead ||= text !== null;
      if (text !== null) sections.push(...parseSections(text, file));
    }
  }
  if (!wasRead) return null;
  const context: Context = { sections, unclear: [] };
  const fronts = sections.filter(({ kind }) => kind === "frontend" || kind === "listen");
  const sites = fronts.flatMap((front) => readFrontend(front, context));
  return {
    files: files.files,
    sites,
    unclear: [...new Map(context.unclear.map((line) => [`${line.file} ${line.line}`, line])).values(), ...files.unread],
  };
}

/** The lines of a section behind those of its defaults. */
function withDefaults(section: Section, { sections }: Context): readonly HaproxyLine[] {
  const before = sections.slice(0, sections.indexOf(section)).filter(({ kind }) => kind === "defaults");
  const from = section.head.words[section.head.words.indexOf("from") + 1];
  const named = section.head.words.includes("from") ? before.find(({ name }) => name === from) : undefined;
  return [...((named ?? before.at(-1))?.lines ?? []), ...section.lines];
}

function findMode(lines: readonly HaproxyLine[]): string {
  return lines.findLast(({ words }) => words[0] === "mode")?.words[1] ?? "tcp";
}

function readFrontend(front: Section, context: Context): readonly ProxySite[] {
  const lines = withDefaults(front, context);
  const binds = lines.flatMap(({ words }) => (words[0] === "bind" ? [parseBind(words.slice(1))] : []));
  const groups = Map.groupBy(
    binds,
    ({ listeners, certificate }) => `${listeners.some(isTls)} ${JSON.stringify(certificate)}`,
  );
  const acls = readAcls(lines);
  const names = findMode(lines) === "http" ? findNames(lines, acls) : [];
  return [...groups.values()].flatMap((group) => {
    const listeners = group.flatMap((bind) => bind.listeners);
    if (listeners.length === 0) return [];
    return [...names, []].map((each) =>
      readSite(
        front,
        lines,
        { listeners, certificate: group[0]?.certificate ?? null },
        { tls: listeners.some(isTls), names: each },
        context,
      ),
    );
  });
}

function isTls(listener: ProxyListener): boolean {
  return listener.kind === "tcp" && listener.tls;
}

const MOST_NAMES = 64;

/** The names that conditions tell apart. */
function findNames(lines: readonly HaproxyLine[], acls: Acls): readonly (readonly string[])[] {
  const written = lines.flatMap(({ words }) => parseCondition(words, acls) ?? []);
  const tests = written.flat().flatMap(({ test }) => (test.kind === "hosts" ? [test.names] : []));
  const named = [...new Map(tests.map((names) => [names.join(" "), names])).values()];
  return named.slice(0, MOST_NAMES);
}

function readSite(
  front: Section,
  lines: readonly HaproxyLine[],
  bind: Bind,
  entry: Entry,
  context: Context,
): ProxySite {
  const walk: Walk = { front: lines, entry, context, port: findPort(bind.listeners), source: toSource(front.head) };
  const rules = findMode(lines) === "http" ? walkHttp(front, lines, walk) : walkTcp(front, lines, walk);
  const locations = toLocations(rules);
  return {
    names: entry.names,
    isDefault: entry.names.length === 0,
    listeners: bind.listeners,
    locations: bind.certificate === null ? locations : locations.map((each) => withCertificate(each, bind.certificate)),
    source: walk.source,
  };
}

function withCertificate(location: ProxyLocation, certificate: Protection | null): ProxyLocation {
  if (certificate === null || location.protections.some(({ kind }) => kind === "client-certificate")) return location;
  if (location.satisfy === "any") return { ...location, satisfy: "all", protections: [certificate] };
  return { ...location, protections: [certificate, ...location.protections] };
}

function findPort(listeners: readonly ProxyListener[]): number {
  return listeners.find((listener) => listener.kind === "tcp")?.port ?? 0;
}

interface Walk {
  readonly front: readonly HaproxyLine[];
  readonly entry: Entry;
  readonly context: Context;
  readonly port: number;
  readonly source: SourceLine;
}

/** Bytes are handed on, whatever is asked; only who calls may be looked at. */
function walkTcp(front: Section, lines: readonly HaproxyLine[], walk: Walk): readonly OrderedRule[] {
  const { rules: refusals } = walkRequests(lines, [[]], walk);
  const named = lines.filter(({ words }) => words[0] === "use_backend" || words[0] === "default_backend");
  const backends = named.flatMap(({ words }) => findBackend(words[1] ?? "", walk.context) ?? []);
  return [
    ...refusals,
    ...(backends.length > 0 ? backends : [front]).flatMap((backend) => toHanded(backend, [[]], walk)),
  ];
}

function walkHttp(front: Section, lines: readonly HaproxyLine[], walk: Walk): readonly OrderedRule[] {
  const acls = readAcls(lines);
  const { rules: refusals, left, end } = walkRequests(lines, [[]], walk);
  const rules: OrderedRule[] = [...refusals];
  for (const line of lines.filter(({ words }) => words[0] === "use_backend")) {
    const { words } = line;
    const terms = combine(left, parseCondition(words, acls) ?? [[]]);
    const backend = findBackend(words[1] ?? "", walk.context);
    if (backend !== null) rules.push(...walkBackend(backend, terms, { ...walk, source: toSource(line) }));
    else rules.push(...toRules(terms, walk, { ends: "handed", upstreams: [{ kind: "unclear", text: "use_backend" }] }));
  }
  const last = lines.findLast(({ words }) => words[0] === "default_backend");
  const named = last === undefined ? null : findBackend(last.words[1] ?? "", walk.context);
  const backend = last === undefined && front.kind === "listen" ? front : named;
  const source = last === undefined ? walk.source : toSource(last);
  if (backend === front) rules.push(...toHanded(front, left, walk));
  else if (backend !== null) rules.push(...walkBackend(backend, left, { ...walk, source }));
  return [...rules, ...toRefusedRest([[]], end, walk)];
}

/** What no list of what is let through names. */
function toRefusedRest(terms: Alternatives, end: HaproxyLine | null, walk: Walk): readonly OrderedRule[] {
  return end === null ? [] : toRules(terms, { ...walk, source: toSource(end) }, { ends: "refused", upstreams: [] });
}

/** What fits an alternative of both. */
function combine(first: Alternatives, second: Alternatives): Alternatives {
  return first.flatMap((one) => second.map((two) => [...one, ...two])).slice(0, MOST_COMBINED);
}

const MOST_COMBINED = 256;

function findBackend(name: string, { sections }: Context): Section | null {
  return (
    sections.find((section) => (section.kind === "backend" || section.kind === "listen") && section.name === name) ??
    null
  );
}

function walkBackend(backend: Section, terms: Alternatives, walk: Walk): readonly OrderedRule[] {
  const { rules, left, end } = walkRequests(withDefaults(backend, walk.context), terms, walk);
  return [...rules, ...toHanded(backend, combine(terms, left), walk), ...toRefusedRest(terms, end, walk)];
}

const REFUSES: ReadonlySet<string> = new Set([
  "deny",
  "tarpit",
  "reject",
  "auth",
  "return",
  "redirect",
  "silent-drop",
  "use-service",
]);

interface Requests {
  readonly rules: readonly OrderedRule[];
  /** What goes on: a list of what is let through leaves nothing else. */
  readonly left: Alternatives;
  /** The line that refuses the rest; null where there is no such list. */
  readonly end: HaproxyLine | null;
}

/** The refusals of `http-request` and `tcp-request`, in their order; `allow` ends them for whom it fits. */
function walkRequests(lines: readonly HaproxyLine[], outer: Alternatives, walk: Walk): Requests {
  const acls = readAcls(lines, walk.front);
  let allowed: Alternatives = [[]];
  let left: Alternatives = [[]];
  let end: HaproxyLine | null = null;
  const rules: OrderedRule[] = [];
  for (const line of lines) {
    const action = toAction(line.words);
    if (action === null) continue;
    const isForAll = allowed.length === 1 && allowed[0]?.length === 0;
    const leftOver = REFUSES.has(action) && isForAll ? findLeftOver(line.words, acls) : null;
    if (leftOver !== null) {
      left = combine(left, leftOver);
      end = line;
      continue;
    }
    const terms = parseCondition(line.words, acls);
    if (action === "allow" || action === "accept") {
      const single =
        terms === null ? [] : terms.map((each) => each.map(({ test, negated }) => ({ test, negated: !negated })));
      // Not (a and b) is not a, or not b.
      allowed =
        terms === null
          ? []
          : single
              .reduce((before, each) => before.flatMap((one) => each.map((term) => [...one, term])), allowed)
              .slice(0, 64);
    } else if (REFUSES.has(action)) {
      const all = outer.flatMap((one) =>
        allowed.flatMap((two) => (terms ?? [[]]).map((three) => [...one, ...two, ...three])),
      );
      rules.push(...toRules(all, { ...walk, source: toSource(line) }, { ends: "refused", upstreams: [] }));
    } else if (action.startsWith("lua.")) walk.context.unclear.push(toSource(line));
  }
  return { rules, left, end };
}

function toAction(words: readonly string[]): string | null {
  const [keyword, first = "", second = ""] = words;
  if (keyword === "http-request") return first;
  if (keyword === "redirect") return "redirect";
  if (keyword === "block") return "deny";
  return keyword === "tcp-request" && /^(?:connection|content|session)$/.test(first) ? second : null;
}

function toHanded(backend: Section, terms: Alternatives, walk: Walk): readonly OrderedRule[] {
  const lines = withDefaults(backend, walk.context);
  const defaults = lines.flatMap(({ words }) => (words[0] === "default-server" ? words : []));
  const upstreams = lines.flatMap(({ words }): readonly Upstream[] => {
    const [keyword, , ...rest] = words;
    if (keyword !== "server" && keyword !== "server-template") return [];
    const server = parseServer(keyword === "server" ? rest : rest.slice(1), walk.port, defaults);
    return server === null ? [] : [server];
  });
  const replaced = findReplacement([...walk.front, ...lines]);
  if (replaced === undefined) walk.context.unclear.push({ ...toSource(backend.head), text: "set-path" });
  if (upstreams.length === 0) return [];
  const isHttp = findMode(walk.front) === "http";
  const passing = readPassing(walk.front, lines);
  return toRules(terms, walk, {
    ends: "handed",
    upstreams,
    replacesPath: replaced ?? null,
    passing: isHttp ? passing : { ...passing, buffered: false, httpVersion: null },
  });
}

type Outcome = Pick<OrderedRule, "ends" | "upstreams"> & Partial<OrderedRule>;

function toRules(alternatives: Alternatives, walk: Walk, outcome: Outcome): readonly OrderedRule[] {
  return alternatives.slice(0, 256).flatMap((terms): readonly OrderedRule[] => {
    const narrowed = narrow(terms, walk.entry);
    if (narrowed === null) return [];
    const { methods, except } = narrowed;
    const toKnown = (each: Protection): Protection => withWriter(withUsers(each, walk.context), walk.front);
    const showing = narrowed.showing.map(toKnown);
    const lacking = narrowed.lacking.map((each) => each.map(toKnown));
    const passing = outcome.passing ?? readPassing(walk.front, []);
    return narrowed.paths.map((paths) => ({
      replacesPath: null,
      source: walk.source,
      ...outcome,
      passing,
      paths,
      methods,
      except,
      showing,
      lacking,
    }));
  });
}

/** By `set-src` the address that is looked at is one that a header says. */
function withWriter(protection: Protection, front: readonly HaproxyLine[]): Protection {
  const isWritten = protection.kind === "sources" && front.some(({ words }) => words[1] === "set-src");
  return isWritten ? { kind: "unclear", text: "set-src", byWhoAsks: true } : protection;
}

/** A list of users by its name, with what it tells. */
function withUsers(protection: Protection, { sections }: Context): Protection {
  if (protection.kind !== "basic" || protection.file === null) return protection;
  const list = sections.find(({ kind, name }) => kind === "userlist" && name === protection.file);
  const hashes = (list?.lines ?? []).flatMap(({ words }) => {
    if (words[0] !== "user") return [];
    const at = words.findIndex((word) => word === "password" || word === "insecure-password");
    return at < 0 ? [] : [words[at] === "password" ? (words[at + 1] ?? "") : "{PLAIN}"];
  });
  return { kind: "basic", ...summarizeHashes(hashes), file: null };
}

/** Where a line stands; its words only as far as they are no place for a credential. */
function toSource({ words, file, line }: HaproxyLine): SourceLine {
  const [keyword = "", first = ""] = words;
  const shown = /^(?:frontend|backend|listen|http-request|tcp-request|use_backend|default_backend)$/.test(keyword)
    ? ` ${first}`
    : "";
  return { file, line, text: `${keyword}${shown}`.slice(0, 200) };
}
