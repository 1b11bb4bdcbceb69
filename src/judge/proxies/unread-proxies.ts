import type { Facts } from "../../facts/facts.ts";
import type { Proxy, SourceLine } from "../../facts/proxies/proxy.ts";
import type { Why } from "../../host/host.ts";
import { listPlaces, MOST_PLACES, toConfiguration } from "./proxy-way.ts";

/** A part of a proxy's configuration that may lead to a model server, and was not read or not understood. */
export interface UnreadPart {
  readonly why: Why;
  readonly from: string;
  readonly detail: string | null;
}

const WHYS: readonly Why[] = ["denied", "timeout", "unparsed", "too-large", "failed"];
/** An address that only a request tells has routes of its own. */
const ABOUT_UPSTREAM = /^proxy_pass\b/;

/**
 * What of the proxies that run may lead anywhere, for all that is known: as long as there is such a part, no server on
 * the host can be said to be out of reach.
 */
export function listUnreadProxies({ proxies }: Pick<Facts, "proxies">): readonly UnreadPart[] {
  if (proxies === undefined) return [];
  if (!proxies.ok) {
    const { why, from, detail = null } = proxies;
    return why === "absent" ? [] : [{ why, from, detail }];
  }
  const places = listPlaces(proxies.value).length;
  return [
    ...proxies.value.filter(({ pid }) => pid !== null).flatMap(listParts),
    ...(places <= MOST_PLACES ? [] : [{ why: "too-large" as const, from: proxies.from, detail: String(places) }]),
  ];
}

/** The same of tunnels. One whose target is told nowhere on this host has routes of its own. */
export function listUnreadTunnels({ tunnels }: Pick<Facts, "tunnels">): readonly UnreadPart[] {
  if (tunnels === undefined || tunnels.ok) return [];
  const { why, from, detail = null } = tunnels;
  return [{ why, from, detail }];
}

function listParts(proxy: Proxy): readonly UnreadPart[] {
  const configuration = toConfiguration(proxy);
  if (configuration === null) {
    const { declared } = proxy;
    return declared.ok ? [] : [{ why: declared.why, from: declared.from, detail: declared.detail ?? proxy.kind }];
  }
  return configuration.unclear.flatMap(toPart);
}

/** A file that is not there leads nowhere. */
function toPart({ file, line, text }: SourceLine): readonly UnreadPart[] {
  if (text === "absent" || ABOUT_UPSTREAM.test(text)) return [];
  const why = WHYS.find((each) => each === text);
  if (why !== undefined) return [{ why, from: file, detail: null }];
  return [{ why: "unparsed", from: line === null ? file : `${file}:${line}`, detail: text }];
}
