import type { HostReader, Reading } from "../../../host/host.ts";
import { type ConfigurationFiles, HOST_ROOT, openConfigurationFiles } from "../configuration-files.ts";
import type { Proxy, ProxyConfiguration, SourceLine } from "../proxy.ts";
import { findOptions } from "../command-options.ts";
import { changedSince, type RunningProxy } from "../running.ts";
import { type Provided, toTraefikConfiguration } from "./configuration.ts";
import { readLabels } from "./labels.ts";
import { findMiddlewares, findUserFiles } from "./middlewares.ts";
import { entriesOf, flagOf, get, parseTree, textOf, toTree, type Tree } from "./tree.ts";

const TRAEFIK_FILES: readonly string[] = [
  "/etc/traefik/traefik.yml",
  "/etc/traefik/traefik.yaml",
  "/etc/traefik/traefik.toml",
];

/** A Traefik that runs, or one that is only installed. Files are loaded as soon as they change. */
export async function gatherTraefik(host: HostReader, running: RunningProxy | null): Promise<Proxy> {
  const root = running?.root ?? "";
  const files = openConfigurationFiles(host, running ?? HOST_ROOT);
  const unclear: SourceLine[] = [];
  const words = running?.words ?? [];
  const { fixed, file } = await readFixed(host, files, words, root, unclear);
  const since = await changedSince(host, file === null ? [] : [`${root}${file}`], running?.startedAt ?? null);
  const provided = [
    ...(await readFiles(files, fixed, unclear)),
    ...(await readContainers(host, fixed, running, unclear)),
  ];
  unclear.push(...findUnreadProviders(fixed, file ?? "command line"));
  const middlewares = new Map(provided.flatMap(({ tree, provider }) => findMiddlewares(tree, provider)));
  const texts = new Map<string, string | null>();
  for (const path of findUserFiles(middlewares)) texts.set(path, await files.read(path));
  const value = toTraefikConfiguration({
    fixed,
    provided,
    files: files.files,
    unclear: [...unclear, ...files.unread],
    textOfFile: (path) => texts.get(path) ?? null,
  });
  const from = file ?? "command line";
  const declared: Reading<ProxyConfiguration> =
    file === null && entriesOf(fixed).length === 0
      ? { ok: false, why: "absent", from: TRAEFIK_FILES[0] ?? "" }
      : { ok: true, value, from };
  return {
    kind: "traefik",
    pid: running?.pid ?? null,
    version: null,
    declared,
    running: null,
    changedSinceLoaded: file === null ? null : since,
  };
}

interface Fixed {
  readonly fixed: Tree;
  readonly file: string | null;
}

/** One of both counts: a file, or what was told at the start. */
async function readFixed(
  host: HostReader,
  files: ConfigurationFiles,
  words: readonly string[],
  root: string,
  unclear: SourceLine[],
): Promise<Fixed> {
  const named = findOptions(words, "--configFile", "--configfile").at(-1);
  for (const path of named === undefined ? TRAEFIK_FILES : [named]) {
    if (!(await host.stat(`${root}${path}`)).ok) continue;
    const text = await files.read(path);
    const tree = text === null ? null : parseTree(text, path);
    if (tree === null) unclear.push({ file: path, line: null, text: "not understood" });
    return { fixed: tree ?? {}, file: path };
  }
  const settings = words.flatMap((word): readonly (readonly [string, string])[] => {
    const [, name, value] = /^--([\w.[\]-]+)(?:=(.*))?$/s.exec(word) ?? [];
    return name === undefined ? [] : [[name, value ?? "true"]];
  });
  return { fixed: toTree(settings), file: null };
}

async function readFiles(files: ConfigurationFiles, fixed: Tree, unclear: SourceLine[]): Promise<readonly Provided[]> {
  const folder = textOf(fixed, "providers", "file", "directory");
  const named = textOf(fixed, "providers", "file", "filename");
  const inside =
    folder === null
      ? []
      : (await files.list(folder))
          .filter((name) => /\.(?:ya?ml|toml)$/.test(name))
          .map((name) => `${folder.replace(/\/$/, "")}/${name}`);
  const provided: Provided[] = [];
  for (const path of [...(named === null ? [] : [named]), ...inside]) {
    const text = await files.read(path);
    const tree = text === null ? null : parseTree(text, path);
    if (tree !== null) provided.push({ tree, provider: "file", file: path });
    else if (text !== null) unclear.push({ file: path, line: null, text: "not understood" });
  }
  return provided;
}

/** Settings below `providers` that name none. */
const NO_PROVIDERS: ReadonlySet<string> = new Set(["providersthrottleduration", "precedence"]);

/** Where routers come from that are not read: a cluster, a store, an address that is asked. */
function findUnreadProviders(fixed: Tree, file: string): readonly SourceLine[] {
  const names = entriesOf(fixed, "providers")
    .filter(([, settings]) => flagOf(settings) !== false)
    .map(([name]) => name)
    .filter((name) => !["file", "docker"].includes(name.toLowerCase()) && !NO_PROVIDERS.has(name.toLowerCase()));
  return names.map((name) => ({ file, line: null, text: `provider ${name}`.slice(0, 200) }));
}

const SOCKET = ["--host", "unix:///run/docker.sock"] as const;

/** Labels of the containers that run, where Traefik looks at them. */
async function readContainers(
  host: HostReader,
  fixed: Tree,
  running: RunningProxy | null,
  unclear: SourceLine[],
): Promise<readonly Provided[]> {
  const docker = get(fixed, "providers", "docker");
  if (docker === undefined || flagOf(docker) === false || running === null) return [];
  const listed = await host.run(["docker", ...SOCKET, "ps", "--quiet", "--no-trunc"]);
  const ids = listed.ok ? listed.value.stdout.split("\n").filter((line) => /^[\da-f]{12,64}$/.test(line)) : [];
  const inspected = ids.length === 0 ? listed : await host.run(["docker", ...SOCKET, "inspect", "--", ...ids]);
  const tree =
    inspected.ok && ids.length > 0
      ? readLabels(inspected.value.stdout, flagOf(docker, "exposedByDefault") !== false)
      : null;
  if (tree !== null) return [{ tree, provider: "docker", file: "docker inspect" }];
  if (!listed.ok || listed.value.exitCode !== 0 || ids.length > 0)
    unclear.push({ file: "docker inspect", line: null, text: "labels of containers" });
  return [];
}
