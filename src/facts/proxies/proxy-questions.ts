import type { Question } from "../answers.ts";
import { isInSubnet } from "../subnet.ts";
import type { PathMatch, Proxy, ProxyConfiguration, ProxyLocation, ProxySite, Upstream } from "./proxy.ts";
import type { ProxyAnswer } from "./proxy-answer.ts";

/** One request that is put through a proxy, before it is known what comes back. */
export type ProxyQuestion = Omit<ProxyAnswer, "outcome"> & { readonly method: "GET" | "HEAD" };

/** What decides what is asked. */
export interface QuestionContext {
  /** What every listener is asked. */
  readonly questions: readonly Question[];
  /** Names and addresses that are this host's or its containers'. */
  readonly local: ReadonlySet<string>;
  /** Ports that somebody listens on in the reader's own namespace. */
  readonly ports: ReadonlySet<number>;
  /** An address by which others call this host; null where none is known. */
  readonly ownAddress: string | null;
}

const MOST_QUESTIONS = 96;
/** Questions for one location: what tells a model server. */
const MOST_OF_A_LOCATION = 3;
/** Paths of the known APIs, of which a GET changes nothing. */
const API_PATH = /^\/(?:api|v1)\/[a-z/_-]{1,64}$/;

/** What a proxy runs with as far as it tells, else what its files say; null where neither was read. */
function toConfiguration({ running, declared }: Proxy): ProxyConfiguration | null {
  if (running?.ok === true) return running.value;
  return declared.ok ? declared.value : null;
}

/**
 * What is asked of the proxies of a host: for every site and location that hands on to this host or its containers (a
 * request must never reach a third party) the questions for every listener, by the path under which that location takes
 * them. At most 96 in all, every location first with one.
 */
export function chooseProxyQuestions(proxies: readonly Proxy[], context: QuestionContext): readonly ProxyQuestion[] {
  const byLocation = proxies.flatMap((proxy, index) => {
    if (proxy.pid === null) return [];
    return (toConfiguration(proxy)?.sites ?? []).flatMap((site, siteIndex) =>
      site.locations.flatMap((location, locationIndex) => {
        if (!isAskable(location, context) && !speaksForOthers(site, location, context)) return [];
        const at = { proxy: index, site: siteIndex, location: locationIndex };
        return [...toDoors(site, context), ...toStrangersDoors(site, location, context)].map((door) =>
          toPaths(site, location, context).map((asked): ProxyQuestion => ({ ...at, ...door, ...asked })),
        );
      }),
    );
  });
  const turns = Array.from({ length: MOST_OF_A_LOCATION }, (_, turn) =>
    byLocation.flatMap((questions) => questions.slice(turn, turn + 1)),
  );
  return turns.flat().slice(0, MOST_QUESTIONS);
}

function isAskable({ upstreams, protections }: ProxyLocation, { local }: QuestionContext): boolean {
  if (upstreams.length === 0 || protections.some(({ kind }) => kind === "refuses")) return false;
  return upstreams.every((upstream) => isLocal(upstream, local));
}

/**
 * What the proxy answers by itself, behind the very demands of places that no GET can be asked of: those that only
 * take POST.
 */
function speaksForOthers(site: ProxySite, location: ProxyLocation, context: QuestionContext): boolean {
  if (location.upstreams.length > 0 || location.paths.kind !== "all") return false;
  const asked = site.locations.filter((each) => isAskable(each, context));
  const demand = toDemand(location);
  return (
    demand !== "[]" &&
    asked.every((each) => toPaths(site, each, context).length === 0) &&
    asked.some((each) => toDemand(each) === demand)
  );
}

function toDemand({ protections }: ProxyLocation): string {
  return JSON.stringify(protections.filter(({ kind }) => kind !== "refuses"));
}

function isLocal(upstream: Upstream, local: ReadonlySet<string>): boolean {
  if (upstream.kind !== "tcp") return upstream.kind === "unix";
  const host = upstream.host.toLowerCase().replaceAll(/[[\]]/g, "");
  return host === "::1" || host === "0.0.0.0" || isInSubnet(host, "127.0.0.0", 8) || local.has(host);
}

type Door = Pick<ProxyQuestion, "address" | "port" | "tls" | "name">;

function toDoors({ listeners, names, isDefault }: ProxySite, { ports }: QuestionContext): readonly Door[] {
  const name = isDefault ? null : toConcrete(names);
  if (name === undefined) return [];
  return listeners.flatMap((listener): readonly Door[] => {
    if (listener.kind === "unix" || !ports.has(listener.port)) return [];
    const { address, port, tls } = listener;
    // Over TLS some proxies look for a certificate by name before anything else.
    const called = name ?? (tls ? (toConcrete(names) ?? null) : null);
    return [{ address: toOwnAddress(address), port, tls, name: called }];
  });
}

/**
 * Where another service is asked, the name that a stranger calls by too: a service that is told the name may know
 * nobody of it, and let everybody in (a Caddy site `http://127.0.0.1:9000` answers every other name with an empty 200).
 */
function toStrangersDoors(site: ProxySite, { protections }: ProxyLocation, context: QuestionContext): readonly Door[] {
  const { ownAddress } = context;
  if (ownAddress === null || !site.isDefault || !protections.some(({ kind }) => kind === "asks-service")) return [];
  return toDoors(site, context).flatMap((door) => (door.tls ? [] : [{ ...door, name: ownAddress }]));
}

function toOwnAddress(address: string): string {
  if (address === "0.0.0.0") return "127.0.0.1";
  return address === "::" ? "::1" : address;
}

/** A name that one of these takes; undefined where only a pattern is known, null for every name. */
function toConcrete(names: readonly string[]): string | null | undefined {
  if (names.length === 0) return null;
  const plain = names.find((each) => /^[\w.-]+$/.test(each) && each !== "_");
  const wild = names.find((each) => /^\*\.[\w.-]+$/.test(each));
  return plain ?? (wild === undefined ? undefined : `portlock${wild.slice(1)}`);
}

type Asked = Pick<ProxyQuestion, "question" | "path" | "method">;

function toPaths(site: ProxySite, location: ProxyLocation, { questions }: QuestionContext): readonly Asked[] {
  const method = toMethod(location);
  if (method === null) return [];
  const asked = questions.flatMap(({ id, path }) => {
    const way = toOuterPath(location, path);
    return way === null ? [] : [{ question: id, path: way, method }];
  });
  const { paths } = location;
  const own =
    asked.length === 0 && paths.kind === "exact" && API_PATH.test(location.replacesPath ?? paths.text)
      ? [{ question: `GET ${location.replacesPath ?? paths.text}`, path: paths.text, method }]
      : [];
  return [...asked, ...own].filter(({ path }) => findLocation(site, path) === location).slice(0, MOST_OF_A_LOCATION);
}

function toMethod({ methods }: ProxyLocation): "GET" | "HEAD" | null {
  if (methods === null || methods.includes("GET")) return "GET";
  return methods.includes("HEAD") ? "HEAD" : null;
}

/** The path by which a location hands on a request for a path of the server's; null where none does. */
function toOuterPath({ paths, replacesPath }: ProxyLocation, path: string): string | null {
  if (paths.kind === "exact") return (replacesPath ?? paths.text) === path ? paths.text : null;
  if (paths.kind !== "prefix" || replacesPath === null) return path;
  return path.startsWith(replacesPath) ? paths.text + path.slice(replacesPath.length) : null;
}

/** The first location that takes a path; what depends on more than the path is passed over. */
function findLocation({ locations }: ProxySite, path: string): ProxyLocation | undefined {
  return locations.find((each) => toMethod(each) !== null && takesPath(each.paths, path));
}

function takesPath(paths: PathMatch, path: string): boolean {
  if (paths.kind === "exact") return paths.text === path;
  if (paths.kind === "prefix") return path.startsWith(paths.text);
  return paths.kind === "all" || (paths.kind === "pattern" && matches(paths.text, path));
}

/** A pattern in the words of another program may be none here. */
function matches(pattern: string, path: string): boolean {
  try {
    return new RegExp(pattern).test(path);
  } catch {
    return false;
  }
}
