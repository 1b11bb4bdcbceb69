import type { Facts } from "../facts/facts.ts";
import { isLoopback, toFamily } from "../judge/addresses.ts";
import type { Route } from "../judge/route.ts";
import type { Server } from "../judge/server.ts";
import type { TriedConnection } from "./proofs.ts";

/**
 * The servers whose verdict matters and stays unknown after what was tried. One reason for not knowing can be settled by
 * a connection alone, whichever interface it came in by: whether systemd's IP filter really blocks. Every other route
 * that is unknown stays so.
 */
export function listUnsettled(
  facts: Facts,
  servers: readonly Server[],
  proofs: readonly TriedConnection[],
): readonly Server[] {
  return servers.filter((server) => {
    if (server.verdict !== "unknown") return false;
    const unknown = server.routes.filter(
      ({ from, verdict }) => verdict === "unknown" && from.vantage !== "host" && from.vantage !== "browser",
    );
    const mine = proofs.filter((each) => each.server === server.id && each.place.kind !== "host");
    if (unknown.length === 0 || letsSomebodyIn(facts, server)) return true;
    return !unknown.every((route) => isSettled(route, mine));
  });
}

/** Whether the filter has exceptions: those are not where a proof stood. */
function letsSomebodyIn({ units }: Facts, { runBy }: Server): boolean {
  if (!units.ok || runBy.kind !== "systemd") return true;
  const unit = units.value.find(({ name, scope }) => name === runBy.unit && scope === runBy.scope);
  if (unit?.loaded.ok !== true) return true;
  return unit.loaded.value.ipAddressAllow.some((network) => !isLoopback(network.replace(/\/.*/, "")));
}

function isSettled(route: Route, proofs: readonly TriedConnection[]): boolean {
  const doubts = route.barriers.filter(({ stops }) => stops === null);
  if (doubts.some(({ kind }) => kind !== "unit-ip-filter")) return false;
  const like = proofs.filter(
    ({ place, to, expected }) =>
      place.kind === "namespace" &&
      (place.as === "neighbour") === (route.from.vantage !== "internet") &&
      to.port === route.entry.port &&
      expected === "unknown" &&
      toFamily(to.address) === toFamily(route.entry.address),
  );
  return like.length > 0 && like.every(({ verdict }) => verdict === "closed" || verdict === "guarded");
}
