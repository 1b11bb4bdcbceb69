import { type Address, parseAddress } from "../../src/firewall/address.ts";
import type { Arrival, Partition } from "../../src/firewall/partition.ts";
import { containsAddress, type SourceSet } from "../../src/firewall/source-set.ts";
import { describeWay, type Way } from "./case.ts";
import { isAnswered } from "./predict.ts";
import type { Outcome } from "./try.ts";
import { LOOPBACK_PORT, PORTS } from "./world.ts";

/** What the judge says will happen to a connection from one source. */
export type Fate =
  | { readonly kind: "admitted"; readonly arrival: Arrival }
  | { readonly kind: "stopped" }
  | { readonly kind: "undecidable"; readonly why: string; readonly text: string }
  /** Not in exactly one part: the parts do not part the space. */
  | { readonly kind: "unparted"; readonly count: number };

/** One source whose fate was not what happened. */
export interface Wrong {
  readonly way: Way;
  readonly source: string;
  readonly predicted: string;
  readonly happened: string;
}

/** Finds a source in the parts. */
export function findFate(partition: Partition, source: string): Fate {
  const address = parseAddress(source);
  const fates: readonly Fate[] = [
    ...partition.admitted.flatMap(({ sources, arrival }) =>
      contains(sources, address) ? [{ kind: "admitted", arrival } as const] : [],
    ),
    ...partition.stopped.flatMap(({ sources }) => (contains(sources, address) ? [{ kind: "stopped" } as const] : [])),
    ...partition.undecidable.flatMap(({ sources, doubt }) =>
      contains(sources, address) ? [{ kind: "undecidable", why: doubt.why, text: doubt.text } as const] : [],
    ),
  ];
  const [first] = fates;
  return first === undefined || fates.length > 1 ? { kind: "unparted", count: fates.length } : first;
}

function contains(set: SourceSet, address: Address | null): boolean {
  return address !== null && address.family === set.family && containsAddress(set, address.value);
}

/** Null: they agree, or the outcome tells nothing about it. */
export function findWrong(way: Way, source: string, fate: Fate, outcome: Outcome): Wrong | null {
  if (outcome.kind === "impossible") return null;
  const happened =
    outcome.kind === "connected" ? `connected: ${outcome.by ?? "nothing said"}` : `${outcome.kind} ${outcome.detail}`;
  const wrong = (predicted: string): Wrong => ({ way, source, predicted, happened });
  switch (fate.kind) {
    case "undecidable":
      return null;
    case "unparted":
      return wrong(`in ${fate.count} parts`);
    case "stopped":
      return outcome.kind === "connected" ? wrong("stopped") : null;
    case "admitted": {
      const { address, port, hook } = fate.arrival;
      if (address === null || port === null) return null;
      const expected = `${hook === "input" ? "host" : "container"} ${address} ${port}`;
      // Nobody listens there: whether it was let through cannot be told from outside.
      if (!isAnswered(address, isListenedOn(address, port))) return null;
      if (outcome.kind !== "connected") return wrong(`admitted: ${expected}`);
      return outcome.by === null || outcome.by === expected ? null : wrong(`admitted: ${expected}`);
    }
  }
}

function isListenedOn(address: string, port: number): boolean {
  const loopback = address === "::1" || address.startsWith("127.");
  return PORTS.some((one) => one === port) || (loopback && port === LOOPBACK_PORT);
}

export function describeWrong({ way, source, predicted, happened }: Wrong): string {
  return `from ${source} by ${describeWay(way)}: predicted ${predicted}, happened: ${happened}`;
}
