import { judge } from "../judge/judge.ts";
import type { Server } from "../judge/server.ts";
import type { Facts } from "../facts/facts.ts";
import type { UpstreamPlace } from "../gateway/serve/upstream-place.ts";
import { toSocketText } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { readHost } from "./read-facts.ts";

/** This host's model servers, as an audit finds them. */
export interface LocalServers {
  readonly facts: Facts;
  readonly servers: readonly Server[];
}

/** Audits this host. */
export async function findLocalServers(session: Session): Promise<LocalServers> {
  const { facts } = await readHost(session, "localhost");
  return toLocalServers(facts);
}

export function toLocalServers(facts: Facts): LocalServers {
  return { facts, servers: judge(facts).servers };
}

/** The one Ollama of this host. Throws a `CommandError` where there is none, or there are several. */
export function toOnlyUpstream({ servers }: LocalServers): UpstreamPlace {
  const places = servers.filter(({ kind }) => kind === "ollama").flatMap(({ listeners }) => listeners.slice(0, 1));
  const [place, ...others] = places.map(({ address, port }) => toOrigin(address, port));
  if (place === undefined || others.length > 0) {
    const urls = place === undefined ? [] : [place, ...others];
    throw new CommandError({ code: "upstream-not-found", data: { urls } });
  }
  return { origin: place, socketPath: null, host: new URL(place).host };
}

/** How a server that listens there is asked from its own host. */
function toOrigin(address: string, port: number): string {
  if (address === "0.0.0.0") return `http://127.0.0.1:${port}`;
  return `http://${toSocketText(address === "::" ? "::1" : address, port)}`;
}

/**
 * Refuses an upstream on this host that others reach beside the gateway, and one of which that cannot be told. Throws a
 * `CommandError` that says by which way.
 */
export function refuseExposed({ facts, servers }: LocalServers, { origin, socketPath }: UpstreamPlace): void {
  if (socketPath !== null) return;
  const { hostname, port } = new URL(origin);
  if (!isOfThisHost(hostname, facts)) return;
  const number = port === "" ? 80 : Number(port);
  const server = servers.find(({ listeners }) => listeners.some((listener) => listener.port === number));
  if (server === undefined) return refuseWideListener(facts, number);
  if (server.verdict === "exposed") throw new CommandError({ code: "upstream-exposed", data: { server } });
  if (server.verdict === "unknown") throw new CommandError({ code: "upstream-unknown", data: { server } });
}

/** What is no model server that is known may still be one: it is looked at where it listens, and no further. */
function refuseWideListener({ listeners }: Facts, port: number): void {
  if (!listeners.ok) return;
  const wide = listeners.value.find(({ port: each, address }) => each === port && !isLoopback(address));
  if (wide === undefined) return;
  const socket = toSocketText(wide.address, port);
  throw new CommandError({ code: "upstream-listens-wide", data: { socket } });
}

function isOfThisHost(hostname: string, { networks }: Facts): boolean {
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  if (address === "localhost" || isLoopback(address)) return true;
  const interfaces = networks.flatMap((network) =>
    network.own && network.interfaces.ok ? network.interfaces.value : [],
  );
  return interfaces.some(({ addresses }) => addresses.some((own) => own.address === address));
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
