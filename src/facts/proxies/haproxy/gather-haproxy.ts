import type { HostReader, Reading } from "../../../host/host.ts";
import { HOST_ROOT, openConfigurationFiles, toUnread } from "../configuration-files.ts";
import type { Proxy, ProxyConfiguration } from "../proxy.ts";
import { findOptions } from "../command-options.ts";
import { changedSince, type RunningProxy } from "../running.ts";
import { readHaproxy } from "./configuration.ts";

/** Where distributions keep it. */
const HAPROXY_FILE: string = "/etc/haproxy/haproxy.cfg";

/** A HAProxy that runs, or one that is only installed. */
export async function gatherHaproxy(host: HostReader, running: RunningProxy | null): Promise<Proxy> {
  const root = running?.root ?? "";
  const files = openConfigurationFiles(host, running ?? HOST_ROOT);
  const named = findFiles(running?.words ?? []);
  const paths = named.length === 0 ? [HAPROXY_FILE] : named;
  const read = await readHaproxy(files, paths);
  const from = paths.join(" ");
  const declared: Reading<ProxyConfiguration> =
    read === null ? toUnread(files, paths[0] ?? "") : { ok: true, value: read, from };
  return {
    kind: "haproxy",
    pid: running?.pid ?? null,
    version: await gatherVersion(host, running),
    declared,
    running: null,
    changedSinceLoaded: await changedSince(
      host,
      files.files.map((path) => `${root}${path}`),
      running === null ? null : findLoadTime(running),
    ),
  };
}

/** `-f` takes one file or folder, and after `--` all that follows. */
function findFiles(words: readonly string[]): readonly string[] {
  const end = words.indexOf("--");
  const options = end < 0 ? words : words.slice(0, end);
  const folder = findOptions(options, "-C").at(-1) ?? "";
  return [...findOptions(options, "-f"), ...(end < 0 ? [] : words.slice(end + 1))].map((path) =>
    path.startsWith("/") ? path : `${folder}/${path}`,
  );
}

/** The program is only run where it is the one that the system's folders have. */
async function gatherVersion(host: HostReader, running: RunningProxy | null): Promise<string | null> {
  const own =
    running === null ||
    (running.root === "" && /^\/usr\/s?bin\/haproxy$/.test(running.executable ?? "/usr/sbin/haproxy"));
  const output = own ? await host.run(["haproxy", "-v"]) : null;
  return output?.ok === true ? (/^HA-?Proxy version (\d[\w.-]*)/m.exec(output.value.stdout)?.[1] ?? null) : null;
}

/** A reload starts a new worker; the old one stays until its last connection has ended. */
function findLoadTime({ workers, startedAt }: RunningProxy): string | null {
  const times = workers.flatMap((worker) => worker.startedAt ?? []);
  return times.toSorted().at(-1) ?? startedAt;
}
