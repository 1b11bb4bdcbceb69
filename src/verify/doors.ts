import type { Facts } from "../facts/facts.ts";
import type { Interface } from "../facts/interfaces.ts";
import { isLinkLocalV6, isLoopback, toCanonical } from "../judge/addresses.ts";
import { toAuthority } from "../judge/authentication.ts";
import { isKnock } from "../judge/expected-verdict.ts";
import type { Server } from "../judge/server.ts";
import type { Door } from "./asker.ts";

/** Doors of one server that are tried from one place; a host with more addresses is a network of its own. */
const MOST_DOORS = 48;

/** Addresses by which others may call this host: those of its interfaces that are up, but loopback and link-local. */
export function listAddresses(facts: Facts): readonly string[] {
  const addresses = listOuter(facts).flatMap((each) => each.addresses.map(({ address }) => toCanonical(address)));
  return [...new Set(addresses)].filter((each) => !isLoopback(each) && !isLinkLocalV6(each));
}

/** Link-local addresses with their zone: from a link of its own nobody can call those of another link. */
export function listLinkLocal(facts: Facts): readonly string[] {
  return listOuter(facts).flatMap(({ name, addresses }) =>
    addresses.filter(({ address }) => isLinkLocalV6(address)).map(({ address }) => `${address}%${name}`),
  );
}

/** Interfaces by which others come in: those that are up, but loopback and the members of a bridge. */
export function listOuter(facts: Facts): readonly Interface[] {
  const network = facts.networks.find(({ own }) => own);
  const interfaces = network?.interfaces.ok === true ? network.interfaces.value : [];
  return interfaces.filter(({ up, loopback, master }) => up && !loopback && master === null);
}

/** Ports of the host that lead to a server: its own, published ones, and those from which rules send on to it. */
function listPorts({ routes, listeners }: Server): readonly number[] {
  const entered = routes.filter(({ hops }) => hops.every(isKnock));
  const ports = entered.length > 0 ? entered.map(({ entry }) => entry.port) : listeners.map(({ port }) => port);
  return [...new Set(ports)].toSorted((one, other) => one - other);
}

/** Every address of the host with every port of a server; `left` are those that are too many. */
export function listDoors(
  facts: Facts,
  server: Server,
): { readonly doors: readonly Door[]; readonly left: readonly Door[] } {
  const doors = listPorts(server).flatMap((port) =>
    listAddresses(facts).map((address) => ({ address, port, tls: speaksTls(facts, port) })),
  );
  return { doors: doors.slice(0, MOST_DOORS), left: doors.slice(MOST_DOORS) };
}

/** Where the host's own programs call a server, and what the judge says of that. */
export function listOwnDoors(facts: Facts, server: Server): readonly (Door & { readonly isGuarded: boolean })[] {
  const own = server.routes.filter(({ from, verdict }) => from.vantage === "host" && verdict !== "closed");
  const direct = own.filter(({ hops }) => hops.every(isKnock));
  const doors = (direct.length > 0 ? direct : own).map(({ entry, verdict }) => ({
    ...entry,
    tls: speaksTls(facts, entry.port),
    isGuarded: verdict === "guarded",
  }));
  return [...new Map(doors.map((door) => [toAuthority(door.address, door.port), door])).values()].slice(0, MOST_DOORS);
}

/** A proxy that gave no answer to what every listener is asked says itself where it speaks TLS. */
export function speaksTls({ answers, proxies }: Facts, port: number): boolean {
  if (answers.some((answer) => answer.port === port && answer.tls === true)) return true;
  const running = proxies?.ok === true ? proxies.value.filter(({ pid }) => pid !== null) : [];
  return running.some(({ declared, running: effective }) => {
    const configuration = effective?.ok === true ? effective : declared;
    const sites = configuration.ok ? configuration.value.sites : [];
    return sites.some(({ listeners }) =>
      listeners.some((listener) => listener.kind === "tcp" && listener.port === port && listener.tls),
    );
  });
}

/** The doors as a colleague elsewhere gives them to `portlock probe`. */
export function listUrls(facts: Facts, servers: readonly Server[]): readonly string[] {
  const doors = servers.flatMap((server) => listDoors(facts, server).doors);
  const urls = doors.map(({ address, port, tls }) => `${tls ? "https" : "http"}://${toAuthority(address, port)}`);
  return [...new Set(urls)];
}
