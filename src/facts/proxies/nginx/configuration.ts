import type { ConfigurationFiles } from "../configuration-files.ts";
import type { ProxyConfiguration, SourceLine } from "../proxy.ts";
import type { Directive } from "./directives.ts";
import { loadNginx } from "./load.ts";
import { toSource } from "./scope.ts";
import { readHttpSites } from "./sites.ts";
import { readStreamSites } from "./streams.ts";
import { findGroups } from "./upstreams.ts";
import { findMaps } from "./variables.ts";

/**
 * What a configuration of nginx(8) hands on to whom. Null: its main file cannot be read.
 *
 * @param version decides over defaults; null: not known
 */
export async function readNginx(
  files: ConfigurationFiles,
  { path, folder, version }: { readonly path: string; readonly folder: string; readonly version: string | null },
): Promise<ProxyConfiguration | null> {
  if ((await files.read(path)) === null) return null;
  const { directives, faults } = await loadNginx(files, path, folder);
  const unclear: SourceLine[] = [...faults];
  const sites = directives.flatMap(({ name, block }) => {
    if (block === null) return [];
    if (name === "stream") return readStreamSites(block);
    if (name !== "http") return [];
    const context = { http: block, groups: findGroups(block), maps: findMaps(block), version, folder, unclear };
    return readHttpSites(context);
  });
  for (const directive of directives.flatMap(findProgrammed)) unclear.push(toSource(directive));
  return { files: files.files, sites, unclear: [...unclear, ...files.unread] };
}

/** Programs that hand on by themselves. */
function findProgrammed(directive: Directive): readonly Directive[] {
  const own = /^(?:content_by_lua\w*|balancer_by_lua\w*|js_content|perl)$/.test(directive.name) ? [directive] : [];
  return [...own, ...(directive.block ?? []).flatMap(findProgrammed)];
}
