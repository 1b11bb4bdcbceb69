import type { Facts } from "../facts/facts.ts";
import type { Process } from "../facts/processes.ts";
import type { Unit } from "../facts/units.ts";
import type { Why } from "../host/host.ts";
import { covers, overlaps } from "./addresses.ts";
import { toBarrier, toUnreadEvidence } from "./barriers.ts";
import type { Barrier } from "./route.ts";

/** The unit a process runs in, and why there is none to be had. */
export type UnitOf =
  | { readonly kind: "none" }
  | { readonly kind: "unread"; readonly barrier: Barrier; readonly why: Why }
  | { readonly kind: "unit"; readonly unit: Unit };

/**
 * The systemd unit whose IP filter (IPAddressDeny=) may stand in front of a process. A process that could not
 * be seen may run in any unit, so that its filter is unread and not absent.
 */
export function findUnit(facts: Facts, process: Process | null): UnitOf {
  const group = process?.cgroup ?? null;
  if (group === null) return unread("denied", null);
  if (group.kind !== "system-unit" && group.kind !== "user-unit") return { kind: "none" };
  // A user's manager has no right to load BPF programs, and leaves the setting alone (bpf_firewall_supported()).
  if (group.kind === "user-unit" && group.uid !== 0) return { kind: "none" };
  if (!facts.units.ok) return unread(facts.units.why, toUnreadEvidence(facts.units));
  const uid = group.kind === "user-unit" ? group.uid : null;
  const scope = group.kind === "user-unit" ? "user" : "system";
  const unit = facts.units.value.find(
    (each) => each.name === group.unit && each.scope === scope && (each.uid ?? uid) === uid,
  );
  if (unit === undefined) return unread("failed", { from: facts.units.from, text: group.unit });
  return unit.loaded.ok ? { kind: "unit", unit } : unread(unit.loaded.why, toUnreadEvidence(unit.loaded));
}

/**
 * What the IP filter of a unit makes of packets from these sources. systemd loads the setting whether or not the
 * kernel can apply it (on cgroup v1, or without the right to load BPF programs, nothing is blocked and nothing
 * says so): where it would block, only a connection from outside can tell.
 */
export function toUnitFilterBarrier(found: UnitOf, sources: readonly string[]): Barrier | null {
  if (found.kind === "none") return null;
  if (found.kind === "unread") return found.barrier;
  const { loaded, name } = found.unit;
  if (!loaded.ok || loaded.value.ipAddressDeny.length === 0) return null;
  const { ipAddressDeny: denied, ipAddressAllow: allowed } = loaded.value;
  const blocks = sources.some(
    (source) =>
      denied.some((network) => overlaps(network, source)) && !allowed.some((network) => covers(network, source)),
  );
  const evidence = { from: loaded.from, text: `${name}: IPAddressDeny=${denied.join(" ")}` };
  if (sources.length > 0 && !blocks) return toBarrier("unit-ip-filter", false, "no-ip-filter", evidence);
  return toBarrier("unit-ip-filter", null, "ip-filter-unproven", evidence);
}

function unread(why: Why, evidence: Barrier["evidence"]): UnitOf {
  return { kind: "unread", why, barrier: toBarrier("unit-ip-filter", null, "unit-unread", evidence) };
}
