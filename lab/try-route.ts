import { covers } from "../src/judge/addresses.ts";
import type { Route } from "../src/judge/route.ts";
import { FOREIGN_HOST, FOREIGN_ORIGIN } from "../src/servers/questions.ts";
import type { ExtraPlaces } from "./configurations/configuration.ts";
import type { Host } from "./host.ts";
import type { Answer } from "./probe.ts";
import { type Addresses, NEIGHBOUR, OTHER_NEIGHBOUR, OUTSIDER, SECOND_NEIGHBOUR } from "./topology.ts";
import type { Vantage } from "./vantage.ts";

/** What a stranger gets who really tries: the model server's answer, a demand for a credential, or nothing. */
export type Tried = "open" | "guarded" | "closed";

/** Who tries, and where: a route, or what a plan claims of one. */
type Way = Pick<Route, "from" | "entry">;

/** Without a connection for this long, nobody lets one in: everything in the lab is one or two hops away. */
const PATIENCE_MS = 400;
const REFUSALS: readonly number[] = [401, 403];

function toTried(answer: Answer): Tried {
  if (answer.kind !== "answered") return "closed";
  return REFUSALS.includes(answer.status) ? "guarded" : "open";
}

/** The places where a route's vantage stands and whose address is among its sources: each must get the same answer. */
export function placesOf(route: Way, host: Host, extra: ExtraPlaces): readonly Vantage[] {
  return placesOfVantage(route, host, extra).filter((place) => isAmongSources(route, place));
}

/** Whether a call from that place to the route's entry comes from one of the route's sources. */
export function isAmongSources({ from, entry }: Way, place: Vantage): boolean {
  const source = toSource(place, entry.address);
  if (source === null) return true;
  return from.sources.some((each) => covers(each, source)) && !from.except.some((each) => covers(each, source));
}

const ADDRESSES: ReadonlyMap<string, Addresses> = new Map([
  ["neighbour", NEIGHBOUR],
  ["other neighbour", OTHER_NEIGHBOUR],
  ["outsider", OUTSIDER],
  ["second neighbour", SECOND_NEIGHBOUR],
]);

/** The address a place calls another one from: of the same kind. Null for a place that is not of the usual ones. */
function toSource(place: Vantage, destination: string): string | null {
  const addresses = ADDRESSES.get(place.name);
  if (addresses === undefined) return null;
  if (!destination.includes(":")) return addresses.ipv4;
  if (destination.startsWith("fe80:")) return addresses.linkLocal;
  return destination.startsWith("fd") ? addresses.uniqueLocal : addresses.ipv6;
}

function placesOfVantage(route: Way, host: Host, extra: ExtraPlaces): readonly Vantage[] {
  const { vantage, interface: name } = route.from;
  const own = name === null ? undefined : extra[name];
  if (own !== undefined) return [own];
  switch (vantage) {
    case "host":
      return [host.local, host.otherUser];
    case "browser":
      return [host.otherUser];
    case "internet":
      return [host.outsider];
    case "neighbour":
    case "container":
      if (name === "eth0") return [host.neighbour, host.otherNeighbour];
      return name === "eth1" ? [host.secondNeighbour] : [];
  }
}

/** Tries one route from one place, with a new connection. */
export async function tryRoute(route: Way, place: Vantage, host: Host): Promise<Tried> {
  const { port } = route.entry;
  const { vantage } = route.from;
  const address = withZone(route.entry.address, vantage);
  await showTheWay(route, host);
  if (vantage !== "browser") return toTried(await place.get(address, port, { timeoutMs: PATIENCE_MS }));
  return tryAsPage(place, address, port);
}

/**
 * A web page gets in if one of its tricks works: its own name made to point here (the server takes a foreign Host; what
 * it only reads it asks for without an Origin), or a request across origins (the server answers a foreign Origin).
 */
async function tryAsPage(place: Vantage, address: string, port: number): Promise<Tried> {
  const rebound = { Host: FOREIGN_HOST, Origin: `http://${FOREIGN_HOST}` };
  const reading = { Host: FOREIGN_HOST };
  const own = { Origin: FOREIGN_ORIGIN };
  const path = "/api/version";
  let tried: Tried = "closed";
  for (const headers of [rebound, reading, own]) {
    const answer = await place.get(address, port, { path, headers, timeoutMs: PATIENCE_MS });
    if (toTried(answer) === "open") return "open";
    if (answer.kind === "answered" && answer.status === 401) tried = "guarded";
  }
  return tried;
}

/** A neighbour, or the router he shares, sends packets for any address to the host's door: nobody has to allow that. */
async function showTheWay(route: Way, host: Host): Promise<void> {
  const { vantage, interface: name } = route.from;
  const { address } = route.entry;
  const known = [...Object.values(host.addresses.eth0), ...Object.values(host.addresses.eth1)];
  if (known.includes(address) || address.startsWith("fe80:") || address === "::1") return;
  if (vantage === "internet" && !address.startsWith("127.")) await host.showWay("outsider", address);
  if (vantage === "neighbour" && name === "eth0") {
    await host.showWay("neighbour", address);
    await host.showWay("otherNeighbour", address);
  }
  if (vantage === "neighbour" && name === "eth1") await host.showWay("secondNeighbour", address);
}

/** Every place of the lab has its own link as eth0. */
function withZone(address: string, vantage: Route["from"]["vantage"]): string {
  return address.startsWith("fe80:") && vantage !== "host" && vantage !== "browser" ? `${address}%eth0` : address;
}

/** All addresses of a host at which somebody outside may knock, whatever the report says. */
export function doorsOf(host: Host, secondLan: boolean): readonly { readonly address: string; readonly on: string }[] {
  const { eth0, eth1 } = host.addresses;
  const links = secondLan
    ? [
        { name: "eth0", addresses: eth0 },
        { name: "eth1", addresses: eth1 },
      ]
    : [{ name: "eth0", addresses: eth0 }];
  return links.flatMap(({ name, addresses }) =>
    [addresses.ipv4, addresses.ipv6, addresses.uniqueLocal].map((address) => ({ address, on: name })),
  );
}
