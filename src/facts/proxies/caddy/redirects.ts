import type { CaddySite, Route } from "./model.ts";
import { toListeners } from "./names.ts";

/** Where Caddy has certificates by itself it also answers plain requests, with a redirect. */
export function toRedirects(sites: readonly CaddySite[], port: number): readonly CaddySite[] {
  const listensAt = ({ listeners }: CaddySite, tls: boolean): boolean =>
    listeners.some((each) => each.kind === "tcp" && (tls ? each.tls : each.port === port));
  const plain = new Set(sites.filter((site) => listensAt(site, false)).flatMap(({ names }) => names));
  const secured = sites.filter((site) => listensAt(site, true) && site.names.length > 0);
  const names = [...new Set(secured.flatMap((site) => site.names))].filter((name) => !plain.has(name));
  const [first] = secured;
  if (first === undefined || names.length === 0) return [];
  const route: Route = { matchers: [], handlers: [{ kind: "answers" }], group: null, source: first.source };
  return [
    { names, listeners: toListeners(`:${port}`, false), certificate: null, routes: [route], source: first.source },
  ];
}
