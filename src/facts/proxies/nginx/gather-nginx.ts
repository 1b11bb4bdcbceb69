import type { HostReader, Reading } from "../../../host/host.ts";
import { folderOf, HOST_ROOT, openConfigurationFiles, resolvePath, toUnread } from "../configuration-files.ts";
import { withPasswordFiles } from "../passwords.ts";
import type { Proxy, ProxyConfiguration } from "../proxy.ts";
import { findOptions } from "../command-options.ts";
import { changedSince, type RunningProxy } from "../running.ts";
import { readNginx } from "./configuration.ts";

/** Where distributions keep it. */
const NGINX_FILE: string = "/etc/nginx/nginx.conf";

interface Build {
  readonly version: string | null;
  readonly prefix: string | null;
  readonly file: string | null;
}

/** An nginx that runs, or one that is only installed. */
export async function gatherNginx(host: HostReader, running: RunningProxy | null): Promise<Proxy> {
  const build = await gatherBuild(host, running);
  const { file, folder } = findMainFile(running, build);
  const root = running?.root ?? "";
  const files = openConfigurationFiles(host, running ?? HOST_ROOT);
  const read = await readNginx(files, { path: file, folder, version: build.version });
  const declared: Reading<ProxyConfiguration> =
    read === null ? toUnread(files, file) : { ok: true, value: await withPasswordFiles(read, files), from: file };
  const paths = declared.ok ? declared.value.files.filter((path) => read?.files.includes(path)) : [];
  return {
    kind: "nginx",
    pid: running?.pid ?? null,
    version: build.version,
    declared,
    running: null,
    changedSinceLoaded: await changedSince(
      host,
      paths.map((path) => `${root}${path}`),
      running === null ? null : findLoadTime(running),
    ),
  };
}

/** The program is only run where it is the one that the system's folders have. */
async function gatherBuild(host: HostReader, running: RunningProxy | null): Promise<Build> {
  const own =
    running === null || (running.root === "" && /^\/usr\/s?bin\/nginx$/.test(running.executable ?? "/usr/sbin/nginx"));
  const output = own ? await host.run(["nginx", "-V"]) : null;
  return output?.ok === true ? parseBuild(output.value.stderr) : { version: null, prefix: null, file: null };
}

/** Reads what `nginx -V` prints to its standard error. */
export function parseBuild(text: string): Build {
  return {
    version: /^nginx version: [\w-]+\/(\d[\w.-]*)/m.exec(text)?.[1] ?? null,
    prefix: /--prefix=(\/\S*)/.exec(text)?.[1] ?? null,
    file: /--conf-path=(\/\S*)/.exec(text)?.[1] ?? null,
  };
}

function findMainFile(running: RunningProxy | null, build: Build): { readonly file: string; readonly folder: string } {
  const words = running?.words ?? [];
  const [, ownPrefix] = /^(\/.*)\/s?bin\/[^/]+$/.exec(running?.executable ?? "") ?? [];
  const isOwnBuild = ownPrefix !== undefined && !/^\/usr(?:\/local)?$/.test(ownPrefix);
  const prefix = findOptions(words, "-p").at(-1) ?? build.prefix ?? (isOwnBuild ? ownPrefix : "/etc/nginx");
  const fallback = build.file ?? (isOwnBuild ? `${prefix}/conf/nginx.conf` : NGINX_FILE);
  const file = resolvePath(findOptions(words, "-c").at(-1) ?? fallback, prefix);
  return { file, folder: folderOf(file) };
}

/** Workers are replaced at a reload; those of before may stay until their last request has ended. */
function findLoadTime({ workers, startedAt }: RunningProxy): string | null {
  const times = workers.flatMap(({ title, startedAt: time }) =>
    /shutting down|cache/.test(title) || time === null ? [] : [time],
  );
  return times.toSorted()[0] ?? startedAt;
}
