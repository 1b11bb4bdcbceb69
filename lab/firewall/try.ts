import { z } from "zod";

/** Connections to be tried at the same time; what an eye of the stranger is asked, one JSON document a line. */
export interface Batch {
  /** Silence for this long counts as silence. */
  readonly silenceMs: number;
  readonly tries: readonly Try[];
}

export interface Try {
  readonly destination: string;
  readonly port: number;
  readonly source: string;
  readonly sourcePort: number;
}

/**
 * What became of a try. `by` of a connection is the listener's own word (see listener.ts), or null where it
 * was connected and nothing more came through. `impossible`: this machine cannot send such a packet.
 */
export type Outcome =
  | { readonly kind: "connected"; readonly by: string | null }
  | { readonly kind: "refused" | "silent" | "impossible"; readonly detail: string };

const OUTCOMES = z.array(
  z.discriminatedUnion("kind", [
    z.object({ kind: z.literal("connected"), by: z.string().nullable() }),
    z.object({ kind: z.enum(["refused", "silent", "impossible"]), detail: z.string() }),
  ]),
);

/** Reads the line that answers a batch, one outcome a try; throws where it is none. */
export function parseOutcomes(line: string): readonly Outcome[] {
  return OUTCOMES.parse(JSON.parse(line));
}
