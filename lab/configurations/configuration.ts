import type { RuleId } from "../../src/judge/finding.ts";
import type { BarrierReason } from "../../src/judge/route.ts";
import type { HostVerdict } from "../../src/report/report.ts";
import type { Host } from "../host.ts";
import type { HostOptions } from "../lab.ts";
import type { Part } from "../requirements.ts";
import type { Vantage } from "../vantage.ts";

/** Places to connect from that only this configuration has, by the host's interface they come in through. */
export type ExtraPlaces = Readonly<Record<string, Vantage>>;

/**
 * One way people set up a model server. The truth test audits it and tries every route it judged; a recording
 * of it is a scenario.
 */
export interface Configuration {
  /** Name of its scenario's files. */
  readonly id: string;
  /** What somebody did, in that person's words. */
  readonly what: string;
  readonly host?: HostOptions;
  readonly needs?: readonly Part[];
  /** Who runs the audit. Default: root. */
  readonly as?: "root" | "nobody";
  /** Makes the host as described; resolves when what listens there answers. */
  readonly set: (host: Host) => Promise<ExtraPlaces | void>;
  readonly verdict: HostVerdict;
  /**
   * Rules that must have found something, and no others, but for those about the server's version. That cloud
   * models of an exposed server spend the owner's plan goes without saying: it is expected of every exposed one.
   */
  readonly findings: readonly RuleId[];
  /** False where the version is too old to have cloud models. Default: true. */
  readonly hasCloud?: boolean;
  /** Why a route may be unknown here. Every other unknown is a defect. */
  readonly unknownBecause?: readonly BarrierReason[];
}

/** A unit's line that gives the server its listen address. */
export function listenOn(value: string): string {
  return `Environment="OLLAMA_HOST=${value}"`;
}
