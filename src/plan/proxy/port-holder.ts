import type { Facts } from "../../facts/facts.ts";
import type { Listener } from "../../facts/sockets.ts";
import type { ProxyRefusal } from "../plan.ts";
import type { ProxyChoices } from "./proxy-choices.ts";

/**
 * Why a port, or a name on it, cannot be had; null where it can. A port that the proxy itself listens on is shared by
 * names, so that the site must have one, and nobody else the same. `own`: the file of the site, which may be there.
 */
export function refusePort(facts: Facts, choices: ProxyChoices, own: string, isOwnPort: boolean): ProxyRefusal | null {
  const { listen, proxy, name } = choices;
  const holders = listHolders(facts, choices);
  const others = holders.filter((holder) => holder !== proxy);
  if (others.length > 0) return { code: "port-held", port: listen.port, by: others.join(", ") };
  const held = name === null ? null : findName(facts, choices, name, own);
  if (held !== null && name !== null) return { code: "name-held", name, by: held };
  const isShared = holders.length > 0 && !isOwnPort;
  if (!isShared || (name !== null && proxy !== "haproxy")) return null;
  return { code: "port-held", port: listen.port, by: proxy };
}

/** Names of the programs that listen where the site is to. */
function listHolders({ listeners, processes }: Facts, { listen }: ProxyChoices): readonly string[] {
  if (!listeners.ok) return [];
  const names = new Map(processes.ok ? processes.value.map(({ pid, name }) => [pid, name]) : []);
  const held = listeners.value.filter((each) => each.port === listen.port && overlaps(each, listen.address));
  return [
    ...new Set(held.flatMap(({ pids }) => (pids.length === 0 ? ["?"] : pids.map((pid) => names.get(pid) ?? "?")))),
  ];
}

function overlaps({ address }: Listener, wanted: string): boolean {
  const wildcards = ["0.0.0.0", "::"];
  return address === wanted || wildcards.includes(address) || wildcards.includes(wanted);
}

/** The file of another site of that name on that port; null where there is none. */
function findName({ proxies }: Facts, { listen, proxy }: ProxyChoices, name: string, own: string): string | null {
  if (proxies === undefined || !proxies.ok) return null;
  const sites = proxies.value
    .filter(({ kind }) => kind === proxy)
    .flatMap(({ declared }) => (declared.ok ? declared.value.sites : []));
  const holder = sites.find(
    ({ names, listeners, source }) =>
      toAvailable(source.file) !== own &&
      source.file !== own &&
      names.some((each) => each.toLowerCase() === name.toLowerCase()) &&
      listeners.some((listener) => listener.kind === "tcp" && listener.port === listen.port),
  );
  return holder === undefined ? null : toAvailable(holder.source.file);
}

/** What a link in Debian's folder of sites that are switched on leads to, as its tools make them. */
export function toAvailable(path: string): string {
  return path.replace(/^\/etc\/nginx\/sites-enabled\//, "/etc/nginx/sites-available/");
}
