import { isOnLoopback } from "../judge/loopback-value.ts";
import type { RunBy, Server } from "../judge/server.ts";
import type { Judgement } from "../report/report.ts";
import type { Choices, Method } from "./choices.ts";
import type { Refusal } from "./plan.ts";

/** A server that a plan is about. */
export interface ChosenServer {
  readonly server: Server;
  /** Whether its listen address is to be closed; else only what is mended around it is asked for. */
  readonly closes: boolean;
}

export type ChosenServers =
  | { readonly kind: "chosen"; readonly servers: readonly ChosenServer[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/**
 * The servers a plan is about: those that are named, or all. Closed are those that are exposed, and those of which
 * nobody knows who reaches them although they listen on more than loopback; a named one also where only a firewall
 * stands before it.
 */
export function chooseServers(
  { servers }: Pick<Judgement, "servers">,
  { servers: named, method }: Pick<Choices, "servers" | "method">,
): ChosenServers {
  const unknown = named?.find((id) => !servers.some((server) => server.id === id));
  if (unknown !== undefined) return { kind: "refused", refusal: { code: "no-such-server", server: unknown } };
  const chosen = servers
    .filter(({ id }) => named === null || named.includes(id))
    .map((server) => ({ server, closes: method !== "none" && toCloses(server, named !== null) }));
  const closing = chosen.filter(({ closes }) => closes);
  const misfits = closing.filter(({ server }) => !fits(method, server.runBy));
  const [misfit] = misfits;
  if (misfit !== undefined && (named !== null || misfits.length === closing.length)) {
    const { id, runBy } = misfit.server;
    return { kind: "refused", refusal: { code: "method-does-not-fit", server: id, method, runBy: runBy.kind } };
  }
  return { kind: "chosen", servers: chosen };
}

/** Whether a method can change where a server listens that is run like this. */
export function fits(method: Method, { kind }: RunBy): boolean {
  switch (method) {
    case "auto":
    case "none":
      return true;
    case "systemd":
    case "environment":
      return kind === "systemd";
    case "session":
      return kind === "systemd" || kind === "process";
    case "container":
      return kind === "docker" || kind === "podman";
  }
}

function toCloses(server: Server, isNamed: boolean): boolean {
  if (server.verdict === "exposed") return true;
  const isOpenBind = server.listeners.length > 0 && !isOnLoopback(server);
  return isOpenBind && (server.verdict === "unknown" || isNamed);
}
