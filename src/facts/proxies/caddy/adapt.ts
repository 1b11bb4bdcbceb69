import { type ConfigurationFiles, folderOf, resolvePath } from "../configuration-files.ts";
import type { Protection, ProxyListener, SourceLine } from "../proxy.ts";
import { adaptBlock, toOrder } from "./adapt-routes.ts";
import type { CaddySite } from "./model.ts";
import { toListeners } from "./names.ts";
import { toCertificateProtection } from "./read-json.ts";
import { toRedirects } from "./redirects.ts";
import { expandImports, type Imports, parseSegments, type Segment } from "./segments.ts";

const MOST_LINES = 20_000;

export interface AdaptedCaddyfile {
  readonly sites: readonly CaddySite[];
  readonly unclear: readonly SourceLine[];
  /** Where its admin API listens; null: it is off. */
  readonly admin: string | null;
}

/** Reads a Caddyfile with all that it imports. Null: it cannot be read. */
export async function adaptCaddyfile(files: ConfigurationFiles, path: string): Promise<AdaptedCaddyfile | null> {
  const text = await files.read(path);
  if (text === null) return null;
  const faults: SourceLine[] = [];
  const parse = (source: string, file: string): readonly Segment[] => {
    const { segments, fault } = parseSegments(source, file);
    if (fault !== null) faults.push({ file, line: fault, text: "not understood from here" });
    return segments;
  };
  const written = parse(text, path);
  const imports: Imports = {
    snippets: new Map(
      written.flatMap(({ words, block }) => {
        const [, name] = /^\((.+)\)$/.exec(words[0] ?? "") ?? [];
        return name === undefined || block === null ? [] : [[name, block] as const];
      }),
    ),
    load: async (pattern, from) => {
      const paths = await files.match(resolvePath(pattern, folderOf(from)));
      const texts = await Promise.all(paths.map(async (each) => ({ file: each, text: await files.read(each) })));
      return texts.flatMap((each) => (each.text === null ? [] : parse(each.text, each.file)));
    },
    faults,
    left: MOST_LINES,
  };
  const segments = await expandImports(written, imports);
  const [first] = segments;
  const options = first?.words.length === 0 ? (first.block ?? []) : [];
  const sites = toSites(segments, options);
  const port = Number(findOption(options, "http_port") ?? 80);
  const redirects = /^(?:off|disable_redirects)$/.test(findOption(options, "auto_https") ?? "")
    ? []
    : toRedirects(sites, port);
  return { sites: [...sites, ...redirects], unclear: [...faults, ...findStrange(segments)], admin: toAdmin(options) };
}

function findOption(options: readonly Segment[], name: string): string | undefined {
  return options.find(({ words }) => words[0] === name)?.words[1];
}

/** Blocks that are no site. */
function findStrange(segments: readonly Segment[]): readonly SourceLine[] {
  const [first, ...others] = segments.filter(
    ({ words: [name] }) => name !== undefined && !name.startsWith("(") && !name.startsWith("&"),
  );
  const heads = first === undefined ? [] : first.block === null ? [first] : [first, ...others];
  return heads.filter((head) => !isSite(head)).map(({ file, line }) => ({ file, line, text: "not an address" }));
}

function toSites(segments: readonly Segment[], options: readonly Segment[]): readonly CaddySite[] {
  const blocks = segments.filter(({ words: [name] }) => name !== undefined && !/^(?:\(.+\)|&\(.+\))$/.test(name));
  const isAlone = blocks.length > 0 && blocks[0]?.block === null;
  const [head, ...body] = blocks;
  const sites = isAlone && head !== undefined ? [{ ...head, block: isSite(head) ? body : [] }] : blocks;
  return sites.filter(isSite).flatMap((segment) => toSite(segment, options));
}

const ADDRESS =
  /^(?:(?:https?:\/\/)?(?:\[[\da-f:.]+\]|(?:[\w*-]+\.)+[\w-]+|\*|localhost|\{\$\w+\})(?::\d{1,5})?|(?:https?:\/\/)?[\w-]*:\d{1,5}|https?:\/\/[\w-]*)(?:\/\S*)?$/i;

/** Somebody may have named a file that is no Caddyfile: what is no address of a site is not told. */
function isSite({ words, block }: Segment): boolean {
  const texts = words.join(" ").split(/[\s,]+/);
  const isNamed = (text: string): boolean => block !== null && block.length > 0 && /^[\w-]{1,63}$/.test(text);
  return texts.every((text) => text === "" || ADDRESS.test(text) || isNamed(text));
}

interface Address {
  readonly name: string | null;
  readonly port: number;
  readonly tls: boolean;
}

function toSite(segment: Segment, options: readonly Segment[]): readonly CaddySite[] {
  const block = segment.block ?? [];
  const valuesOf = (lines: readonly Segment[], name: string) =>
    lines.filter(({ words }) => words[0] === name).flatMap(({ words }) => words.slice(1));
  const usesTls = block.some(({ words }) => words[0] === "tls");
  const bound = valuesOf(block, "bind");
  const hosts = bound.length > 0 ? bound : valuesOf(options, "default_bind");
  const texts = segment.words
    .join(" ")
    .split(/[\s,]+/)
    .filter((word) => word !== "");
  const addresses = texts.map((text) => toAddress(text, options, usesTls));
  const routes = adaptBlock(block, { matchers: new Map(), order: toOrder(options), depth: 0 });
  const source = { file: segment.file, line: segment.line, text: segment.words.join(" ").slice(0, 200) };
  const certificate = toCertificate(block);
  const groups = Map.groupBy(addresses, ({ port, tls, name }) => `${port} ${tls} ${name === null}`);
  return [...groups.values()].map((group): CaddySite => {
    const [first] = group;
    const listeners = (hosts.length === 0 ? [""] : hosts).flatMap((host) => toPlaces(host, first));
    return {
      names: group.flatMap(({ name }) => (name === null ? [] : [name])),
      listeners,
      certificate: first?.tls === true ? certificate : null,
      routes,
      source,
    };
  });
}

function toPlaces(host: string, address: Address | undefined): readonly ProxyListener[] {
  if (host.startsWith("unix/")) return toListeners(host, false);
  const written = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return toListeners(`${written}:${address?.port ?? 443}`, address?.tls === true);
}

/** `http://a.example.com:8080/x`; a path in it is no longer allowed. */
function toAddress(text: string, options: readonly Segment[], usesTls: boolean): Address {
  const plain = Number(findOption(options, "http_port") ?? 80);
  const secure = Number(findOption(options, "https_port") ?? 443);
  const [, scheme, bracketed, named = "", given] =
    /^(?:(https?):\/\/)?(?:\[([^\]]+)\]|((?:\{\$\w+\}|[^:/{])*))(?::(\d{1,5}))?/.exec(text) ?? [];
  const host = bracketed ?? named;
  const port = given === undefined ? (scheme === "http" ? plain : secure) : Number(given);
  const isAutomatic = host !== "" && findOption(options, "auto_https") !== "off";
  const tls = scheme !== "http" && port !== plain && (usesTls || isAutomatic || scheme === "https");
  return { name: host === "" || host === "*" ? null : host.toLowerCase(), port, tls };
}

function toCertificate(block: readonly Segment[]): Protection | null {
  const authentication = block
    .filter(({ words }) => words[0] === "tls")
    .flatMap((segment) => segment.block ?? [])
    .find(({ words }) => words[0] === "client_auth");
  if (authentication === undefined) return null;
  const mode = authentication.block?.find(({ words }) => words[0] === "mode")?.words[1];
  return toCertificateProtection(mode ?? "require_and_verify");
}

function toAdmin(options: readonly Segment[]): string | null {
  const value = findOption(options, "admin");
  return value === "off" ? null : (value ?? "localhost:2019");
}
