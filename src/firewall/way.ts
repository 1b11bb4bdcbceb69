import { findOutInterface, isOwn, type Surroundings } from "./surroundings.ts";
import type { BaseChain, PacketState } from "./packet-state.ts";
import type { Decider } from "./partition.ts";
import type { Hook, RuleSet } from "./rule-set.ts";
import { containsAddress } from "./source-set.ts";

/** One base chain on the way of a packet, at the place where the kernel really runs it. */
export interface Leg {
  readonly through: BaseChain;
  readonly slot: number;
}

/** Where the kernel looks up or begins a connection. */
const TRACKING = -200;

/**
 * The base chains hooked in at `hook` that see packets of this family, in the order in which they run. Chains of
 * type nat run where address translation is hooked in, whatever priority they give, in the order of those. Of
 * chains with the same priority the one that was made last runs first.
 */
export function toLegs(ruleSets: readonly RuleSet[], hook: Hook, around: Surroundings): readonly Leg[] {
  const legs: Leg[] = [];
  for (const { engine, tables } of ruleSets) {
    for (const table of tables) {
      const sees =
        table.family === "inet" ||
        (table.family === "netdev" && hook === "ingress") ||
        table.family === (around.family === 4 ? "ip" : "ip6");
      if (!sees) continue;
      for (const chain of table.chains) {
        const { base } = chain;
        if (base === null || base.hook !== hook) continue;
        const { devices } = base;
        if (hook === "ingress" && devices !== null && !devices.includes(around.entry.inInterface)) continue;
        legs.push({ through: { engine, table, chain, base }, slot: toSlot(base.type, hook, base.priority) });
      }
    }
  }
  const byPriority = legs.toReversed();
  return byPriority.toSorted(
    (one, other) => one.slot - other.slot || one.through.base.priority - other.through.base.priority,
  );
}

function toSlot(type: "filter" | "nat" | "route", hook: Hook, priority: number): number {
  if (type !== "nat") return priority;
  return hook === "prerouting" || hook === "output" ? -100 : 100;
}

/** The packet as the sender wrote it, before any chain saw it. */
export function toStart(around: Surroundings): PacketState {
  const { inInterface, destination } = around.entry;
  const fromHere = inInterface === "lo";
  return {
    hook: fromHere ? "output" : "prerouting",
    destination: around.destination,
    port: destination.port,
    mark: 0,
    connectionMark: 0,
    tracking: "before",
    translated: false,
    rewritten: false,
    inInterface: fromHere ? "" : inInterface,
    outInterface: fromHere ? "lo" : "",
  };
}

/** The hooks a packet passes before it is known where it goes. What this host sends itself leaves before it comes in. */
export function toHooksBefore({ entry }: Surroundings): readonly Hook[] {
  return entry.inInterface === "lo" ? ["output"] : ["ingress", "prerouting"];
}

/** The hooks after it is known. */
export function toHooksAfter({ kind }: Delivery, { entry }: Surroundings): readonly Hook[] {
  const fromHere = entry.inInterface === "lo";
  if (kind === "input") return fromHere ? ["postrouting", "prerouting", "input"] : ["input"];
  return fromHere ? ["postrouting"] : ["forward", "postrouting"];
}

/** The packet once it is known where it goes. */
export function toDelivered(state: PacketState, delivery: Delivery, { entry }: Surroundings): PacketState {
  if (delivery.kind === "forward") return { ...state, hook: "forward", outInterface: delivery.outInterface };
  return { ...state, hook: "input", outInterface: entry.inInterface === "lo" ? "lo" : "" };
}

/** The packet as a chain of the leg sees it. */
export function toStateAt(leg: Leg, before: PacketState, { entry }: Surroundings): PacketState {
  const { hook } = leg.through.base;
  const comesBack = entry.inInterface === "lo" && (hook === "prerouting" || hook === "input");
  // A connection of the host with itself is known, and its destination settled, when it comes in again.
  const state = comesBack ? { ...before, inInterface: "lo", outInterface: "", translated: true } : before;
  if (state.tracking === "untracked") return { ...state, hook };
  if (hook === "ingress") return { ...state, hook, tracking: "before" };
  const begins = hook === "output" || (hook === "prerouting" && !comesBack);
  const tracking = !begins || leg.slot > TRACKING ? "new" : leg.slot === TRACKING ? "unclear" : "before";
  return { ...state, hook, tracking };
}

/** Whether a leg is passed over: address translation takes no packet that is not tracked, or was settled before. */
export function isPassedOver(leg: Leg, state: PacketState): boolean {
  if (leg.through.base.type !== "nat") return false;
  const translates = leg.through.base.hook === "prerouting" || leg.through.base.hook === "output";
  return state.tracking === "untracked" || (translates && state.translated);
}

/** Where the host takes a packet, once its destination stands. */
export type Delivery =
  | { readonly kind: "input" }
  | { readonly kind: "forward"; readonly outInterface: string | null }
  | { readonly kind: "stopped"; readonly by: Decider }
  | { readonly kind: "unknown"; readonly by: Decider };

/** What the routing decision after prerouting comes to. */
export function deliver(state: PacketState, around: Surroundings): Delivery {
  const { destination } = state;
  const { entry } = around;
  if (destination === null) return { kind: "unknown", by: { kind: "routing", why: "not-read" } };
  if (isOwn(around, destination)) {
    const foreign = entry.inInterface !== "lo" && containsAddress(around.loopback, destination);
    if (foreign && !(around.family === 4 && entry.routeLocalnet)) {
      return { kind: "stopped", by: { kind: "routing", why: "loopback-from-outside" } };
    }
    return { kind: "input" };
  }
  if (entry.inInterface !== "lo") {
    if (entry.forwards === null) return { kind: "unknown", by: { kind: "routing", why: "not-read" } };
    if (!entry.forwards) return { kind: "stopped", by: { kind: "routing", why: "does-not-forward" } };
  }
  const out = findOutInterface(around, destination);
  if (out === "none") return { kind: "stopped", by: { kind: "routing", why: "no-route" } };
  return { kind: "forward", outInterface: out?.name ?? null };
}
