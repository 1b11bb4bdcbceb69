import type { HostReader, Reading } from "../../../host/host.ts";
import { HOST_ROOT, openConfigurationFiles, resolvePath, toUnread } from "../configuration-files.ts";
import { withPasswordFiles } from "../passwords.ts";
import type { Proxy, ProxyConfiguration } from "../proxy.ts";
import { findOptions } from "../command-options.ts";
import { changedSince, type RunningProxy } from "../running.ts";
import { readApache } from "./configuration.ts";
import { parseEnvironmentVariables } from "./load.ts";

/** Where distributions keep it, and what relative paths begin at there. */
const PLACES = [
  { file: "/etc/apache2/apache2.conf", root: "/etc/apache2", variables: "/etc/apache2/envvars" },
  { file: "/etc/httpd/conf/httpd.conf", root: "/etc/httpd", variables: "/etc/sysconfig/httpd" },
  { file: "/usr/local/apache2/conf/httpd.conf", root: "/usr/local/apache2", variables: null },
] as const;

/** An Apache that runs, or one that is only installed. */
export async function gatherApache(host: HostReader, running: RunningProxy | null): Promise<Proxy> {
  const root = running?.root ?? "";
  const words = running?.words ?? [];
  const place = await findPlace(host, root, running?.executable ?? null);
  const serverRoot = findOptions(words, "-d").at(-1) ?? place.root;
  const named = findOptions(words, "-f").at(-1);
  const path = named === undefined ? place.file : resolvePath(named, serverRoot);
  const environment = place.variables === null ? null : await host.readFile(`${root}${place.variables}`);
  const version = await gatherVersion(host, running, place.file);
  const files = openConfigurationFiles(host, running ?? HOST_ROOT);
  const variables = new Map([
    ...(environment?.ok === true ? parseEnvironmentVariables(environment.value) : []),
    ...findOptions(words, "-D").map((name) => [name, ""] as const),
  ]);
  const read = await readApache(files, { path, root: serverRoot, variables, version });
  const loaded = [...files.files];
  const declared: Reading<ProxyConfiguration> =
    read === null ? toUnread(files, path) : { ok: true, value: await withPasswordFiles(read, files), from: path };
  return {
    kind: "apache",
    pid: running?.pid ?? null,
    version,
    declared,
    running: null,
    changedSinceLoaded: await changedSince(
      host,
      loaded.map((each) => `${root}${each}`),
      running === null ? null : findLoadTime(running),
    ),
  };
}

async function findPlace(host: HostReader, root: string, executable: string | null): Promise<(typeof PLACES)[number]> {
  if (executable?.startsWith("/usr/local/apache2/") === true) return PLACES[2];
  for (const place of PLACES) if ((await host.stat(`${root}${place.file}`)).ok) return place;
  return PLACES[0];
}

/** The program is only run where it is the one that the system's folders have. */
async function gatherVersion(host: HostReader, running: RunningProxy | null, file: string): Promise<string | null> {
  const program = file.startsWith("/etc/apache2/") ? "apache2" : "httpd";
  const own =
    running === null ||
    (running.root === "" && /^\/usr\/s?bin\/(?:apache2|httpd)$/.test(running.executable ?? `/usr/sbin/${program}`));
  const output = own ? await host.run([program, "-v"]) : null;
  return output?.ok === true ? (/^Server version: Apache\/(\d[\w.-]*)/m.exec(output.value.stdout)?.[1] ?? null) : null;
}

/** A reload replaces the workers, and more are started as they are needed. */
function findLoadTime({ workers, startedAt }: RunningProxy): string | null {
  return workers.flatMap((worker) => worker.startedAt ?? []).toSorted()[0] ?? startedAt;
}
