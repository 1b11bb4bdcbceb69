import type { Facts } from "../facts/facts.ts";
import type { Server } from "../judge/server.ts";
import { listOwnDoors, speaksTls } from "./doors.ts";

/** A socket of a proxy behind which a model server stands, and which demands a credential, as the judge says. */
export interface GuardedDoor {
  /** The program: `nginx`. */
  readonly proxy: string;
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** Host name it is called by; null: by any. */
  readonly name: string | null;
  /** What is handed on begins with one of these; empty: everything is. */
  readonly paths: readonly string[];
}

/** Doors of one host that are called; a host with more is a network of its own. */
const MOST_DOORS = 16;

/** Those that the host's own programs can call. */
export function listGuardedDoors(facts: Facts, servers: readonly Server[]): readonly GuardedDoor[] {
  const doors = servers
    .flatMap(({ routes }) => routes)
    .filter(({ from, verdict }) => from.vantage === "host" && verdict === "guarded")
    .flatMap(({ entry, hops: [hop] }): readonly GuardedDoor[] => {
      if (hop?.kind !== "proxy") return [];
      const { name: proxy, serverNames, paths } = hop;
      const name = serverNames.find((each) => /^[A-Za-z0-9.-]+$/.test(each)) ?? null;
      // A pattern tells no path that is surely handed on.
      const plain = paths.filter((path) => /^\/[A-Za-z0-9/_-]*$/.test(path));
      if (paths.length > 0 && plain.length === 0) return [];
      return [{ proxy, ...entry, tls: speaksTls(facts, entry.port), name, paths: plain }];
    });
  return [...new Map(doors.map((door) => [`${door.port} ${door.name}`, door])).values()].slice(0, MOST_DOORS);
}

/** An Ollama as its own host calls it. */
export interface ServerBehind {
  readonly address: string;
  readonly port: number;
  /** Null where the process could not be seen. */
  readonly pid: number | null;
}

/** The Ollama that a proxy's port hands on to; null: there is none, or more than one. */
export function findServerBehind(facts: Facts, servers: readonly Server[], port: number): ServerBehind | null {
  const [server, ...others] = servers.filter(({ routes }) =>
    routes.some(({ entry, hops }) => entry.port === port && hops.some(({ kind }) => kind === "proxy")),
  );
  if (server?.kind !== "ollama" || others.length > 0) return null;
  const door = listOwnDoors(facts, server).find(({ tls, port: own }) => !tls && own !== port);
  return door === undefined ? null : { address: door.address, port: door.port, pid: server.process?.pid ?? null };
}
