import type { Evidence } from "../facts/evidence.ts";
import type { FirewallPresence } from "../facts/firewall.ts";
import type { Reading } from "../host/host.ts";
import type { Barrier, BarrierKind, BarrierReason, RouteVerdict } from "./route.ts";

/** A barrier; `stops: null` where it could not be told. */
export function toBarrier(
  kind: BarrierKind,
  stops: boolean | null,
  why: BarrierReason,
  evidence: Evidence | null = null,
): Barrier {
  return { kind, stops, why, evidence };
}

/**
 * What a route with these barriers comes to. Each barrier alone can close it, so one that stops settles the
 * matter whatever the others are; then one unknown makes it unknown; a demanded credential guards it.
 */
export function toRouteVerdict(barriers: readonly Barrier[]): RouteVerdict {
  const stopping = barriers.filter((barrier) => barrier.stops === true);
  if (stopping.some((barrier) => barrier.kind !== "authentication")) return "closed";
  if (barriers.some((barrier) => barrier.stops === null)) return "unknown";
  return stopping.length > 0 ? "guarded" : "open";
}

/** Every engine answered that it holds nothing: nothing is filtered. */
export function toNoRulesBarrier(firewall: Reading<FirewallPresence>): Barrier {
  return toBarrier("firewall", false, "no-rule-set", firewall.ok ? joinEvidence(firewall.value.evidence) : null);
}

/** What could not be read, as evidence: the source, and the reason in the door's own word. */
export function toUnreadEvidence(reading: Extract<Reading<unknown>, { ok: false }>): Evidence {
  const detail = toFirstLine(reading.detail ?? "");
  return { from: reading.from, text: detail === "" ? reading.why : `${reading.why}: ${detail}` };
}

/** What a tool said first; what follows on further lines repeats it. */
export function toFirstLine(detail: string): string {
  return detail.trim().split("\n", 1)[0] ?? "";
}

function joinEvidence(evidence: readonly Evidence[]): Evidence | null {
  const [first, ...others] = evidence;
  if (first === undefined || others.length === 0) return first ?? null;
  return {
    from: evidence.map((each) => each.from).join(", "),
    text: [...new Set(evidence.map((each) => each.text))].join("; "),
  };
}
