import type { HostReader, Reading } from "../../../host/host.ts";
import { HOST_ROOT, openConfigurationFiles, toUnread, type ConfigurationFiles } from "../configuration-files.ts";
import type { Proxy, ProxyConfiguration, ProxyLocation, ProxySite } from "../proxy.ts";
import { findOptions } from "../command-options.ts";
import { changedSince, type RunningProxy } from "../running.ts";
import { adaptCaddyfile } from "./adapt.ts";
import { toConfiguration } from "./configuration.ts";
import { readCaddyJson } from "./read-json.ts";

/** Where distributions keep it. */
const CADDY_FILE: string = "/etc/caddy/Caddyfile";
/** What it keeps of its own accord, so that `--resume` goes on with it. */
const AUTOSAVE = ".config/caddy/autosave.json";

const DEFAULT_ADMIN = "localhost:2019";

interface Declared {
  readonly reading: Reading<ProxyConfiguration>;
  /** Where its admin API listens; null: it is off. */
  readonly admin: string | null;
}

/**
 * A Caddy that runs, or one that is only installed. Its program is never run: whatever it is asked, it makes a folder
 * in the home of whoever asks.
 */
export async function gatherCaddy(host: HostReader, running: RunningProxy | null): Promise<Proxy> {
  const root = running?.root ?? "";
  const declared = await readDeclared(host, running);
  const told = running === null || root !== "" ? null : await readRunning(host, declared.admin);
  const files = declared.reading.ok ? declared.reading.value.files.map((path) => `${root}${path}`) : [];
  const since = await changedSince(host, files, running?.startedAt ?? null);
  return {
    kind: "caddy",
    pid: running?.pid ?? null,
    version: running?.executable === "/usr/bin/caddy" && root === "" ? await readPackageVersion(host) : null,
    declared: declared.reading,
    running:
      told?.ok === true && declared.reading.ok
        ? { ...told, value: withPlaces(told.value, declared.reading.value) }
        : told,
    // It may have been told anew since it started, by `caddy reload`.
    changedSinceLoaded:
      told?.ok === true && declared.reading.ok
        ? !isSame(told.value, declared.reading.value)
        : since === true
          ? null
          : since,
  };
}

async function readDeclared(host: HostReader, running: RunningProxy | null): Promise<Declared> {
  const words = running?.words ?? [];
  const root = running?.root ?? "";
  const files = openConfigurationFiles(host, running ?? HOST_ROOT);
  const resumed = words.includes("--resume") || words.includes("-resume") ? await findAutosave(host, root) : null;
  const folder = running === null ? "/" : await findFolder(host, running);
  const named = findOptions(words, "--config", "-config", "-c").at(-1);
  const path = resumed ?? (named === undefined ? CADDY_FILE : named.startsWith("/") ? named : `${folder}/${named}`);
  if (path.endsWith(".json")) return readJsonFile(files, path);
  const adapted = await adaptCaddyfile(files, path);
  if (adapted === null) {
    return { reading: toUnread(files, path), admin: DEFAULT_ADMIN };
  }
  const value = toConfiguration(adapted.sites, files.files, [...adapted.unclear, ...files.unread]);
  return { reading: { ok: true, value, from: path }, admin: adapted.admin };
}

/** The working folder, which relative paths begin at. */
async function findFolder(host: HostReader, { pid, root }: RunningProxy): Promise<string> {
  const links = await host.readLinks(`/proc/${pid}/cwd`);
  const target = links.ok ? links.value.links[0]?.target : undefined;
  return target === undefined || root !== "" ? "/" : target;
}

async function findAutosave(host: HostReader, root: string): Promise<string | null> {
  for (const path of [`/var/lib/caddy/${AUTOSAVE}`, `/root/${AUTOSAVE}`, "/config/caddy/autosave.json"]) {
    if ((await host.stat(`${root}${path}`)).ok) return path;
  }
  return null;
}

async function readJsonFile(files: ConfigurationFiles, path: string): Promise<Declared> {
  const text = await files.read(path);
  if (text === null) return { reading: toUnread(files, path), admin: DEFAULT_ADMIN };
  return { reading: toReading(text, path, [path]), admin: findAdmin(text) };
}

function toReading(text: string, from: string, files: readonly string[]): Reading<ProxyConfiguration> {
  const read = readCaddyJson(toJson(text), from);
  if (read === null) return { ok: false, why: "unparsed", from };
  return { ok: true, value: toConfiguration(read.sites, files, read.unclear), from };
}

function findAdmin(text: string): string | null {
  const [, disabled] = /"admin"\s*:\s*\{[^{}]*"disabled"\s*:\s*(true)/.exec(text) ?? [];
  if (disabled !== undefined) return null;
  return /"admin"\s*:\s*\{[^{}]*"listen"\s*:\s*"([^"]+)"/.exec(text)?.[1] ?? DEFAULT_ADMIN;
}

/** What it runs with, as its admin API tells (GET /config/). Null: the API is off. */
async function readRunning(host: HostReader, admin: string | null): Promise<Reading<ProxyConfiguration> | null> {
  if (admin === null) return null;
  const [, address, port] = /^(?:localhost|\[?(127\.0\.0\.1|::1)\]?|\[::\]|0\.0\.0\.0)?:(\d{1,5})$/.exec(admin) ?? [];
  if (port === undefined) return { ok: false, why: "failed", from: admin.slice(0, 200), detail: "not asked" };
  const from = `http://${admin}/config/`;
  const outcome = await host.request({
    method: "GET",
    address: address ?? "127.0.0.1",
    port: Number(port),
    path: "/config/",
    hostHeader: admin.startsWith(":") ? `localhost${admin}` : admin,
  });
  if (outcome.kind === "refused") return { ok: false, why: "absent", from };
  if (outcome.kind !== "answered") return { ok: false, why: "failed", from, detail: outcome.kind };
  const { status, body, truncated } = outcome.answer;
  if (truncated) return { ok: false, why: "too-large", from };
  return status === 200 ? toReading(body, from, []) : { ok: false, why: "denied", from, detail: `status ${status}` };
}

/** What runs, told by the lines of the file that say the same: its own answer has none. */
function withPlaces(told: ProxyConfiguration, declared: ProxyConfiguration): ProxyConfiguration {
  const keyOf = ({ names, listeners }: ProxySite): string => JSON.stringify([names.toSorted(), listeners]);
  const written = new Map(declared.sites.map((site) => [keyOf(site), site]));
  const sites = told.sites.map((site): ProxySite => {
    const same = written.get(keyOf(site));
    if (same === undefined) return site;
    const lines = new Map(same.locations.map((each) => [toText(each), each.source]));
    const locations = site.locations.map((each) => ({ ...each, source: lines.get(toText(each)) ?? each.source }));
    return { ...site, locations, source: same.source };
  });
  return { ...told, sites };
}

function toText({ paths, methods, upstreams, protections }: ProxyLocation): string {
  return JSON.stringify([paths, methods, upstreams, protections]);
}

/** Whether both hand on the same, wherever they say so. */
function isSame(first: ProxyConfiguration, second: ProxyConfiguration): boolean {
  const summary = ({ sites }: ProxyConfiguration): readonly string[] =>
    sites
      .map((site) =>
        JSON.stringify({
          names: site.names.toSorted(),
          listeners: site.listeners,
          locations: site.locations.map(({ paths, methods, upstreams, protections }) => ({
            paths,
            methods,
            upstreams,
            protections,
          })),
        }),
      )
      .toSorted();
  return JSON.stringify(summary(first)) === JSON.stringify(summary(second));
}

/** Of the package, for a program that cannot be asked without a trace. */
async function readPackageVersion(host: HostReader): Promise<string | null> {
  const status = await host.readFile("/var/lib/dpkg/status", 16 * 1024 * 1024);
  if (!status.ok) return null;
  const at = status.value.startsWith("Package: caddy\n") ? 0 : status.value.indexOf("\nPackage: caddy\n");
  if (at < 0) return null;
  return /^Version: (?:\d+:)?(\d[\w.]*)/m.exec(status.value.slice(at, at + 4_096))?.[1] ?? null;
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
