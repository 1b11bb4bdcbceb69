import type { Facts } from "../facts/facts.ts";
import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import type { RouteVerdict } from "../judge/route.ts";
import type { Server } from "../judge/server.ts";
import type { Judgement } from "../report/report.ts";
import type { Door, Recogniser } from "./asker.ts";
import type { Concluded } from "./conclude.ts";
import type { Place, TriedConnection, Untried } from "./proofs.ts";

/** Everything a host is examined with. */
export interface Examination {
  readonly host: HostReader;
  /**
   * Opens the same host once more, for what is made there while it is examined; null where nothing may be. Each guest
   * has a door of its own: a door makes one change at a time.
   */
  readonly openWriter: (() => Promise<HostWriter>) | null;
  readonly facts: Facts;
  /** What the judge says of these facts. */
  readonly judgement: Judgement;
  readonly recogniser: Recogniser;
  /** SSH hosts from which the host is called too. */
  readonly vantages: readonly string[];
  readonly openHost: (target: string) => Promise<HostReader>;
  readonly now: () => Date;
}

/** What one place came to. */
export interface Examined {
  readonly proofs: readonly TriedConnection[];
  readonly untried: readonly Untried[];
}

/** A connection that was tried, held against what was said of it. */
export function toProof(
  { server, place, door, at }: { server: Server; place: Place; door: Door; at: Date },
  { outcome, verdict }: Concluded,
  expected: RouteVerdict,
): TriedConnection {
  const isOwn = place.kind === "host";
  return {
    at: at.toISOString(),
    server: server.id,
    place,
    to: { address: door.address, port: door.port },
    outcome,
    verdict,
    expected,
    // Of the host's own client nothing but an answer will do; elsewhere what is not known contradicts nothing.
    agrees: verdict === expected || (!isOwn && (verdict === "unknown" || expected === "unknown")),
  };
}
