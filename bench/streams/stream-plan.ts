/** How a stream of the upstream goes; stands in the prompt. */
export interface StreamPlan {
  readonly chunks: number;
  readonly paceMs: number;
  /** Before the first chunk. */
  readonly waitMs: number;
  /** Names it where the upstream tells of it; 0: none is told of. */
  readonly id?: number;
}

/** What the upstream tells; `at` in milliseconds on the monotonic clock. */
export type UpstreamNote =
  | { readonly kind: "listening"; readonly port: number }
  | { readonly kind: "closed"; readonly id: number; readonly at: string };

/** The body of a chat that is answered by that plan. */
export function toBody({ chunks, paceMs, waitMs, id = 0 }: StreamPlan): string {
  const content = `chunks=${chunks} pace=${paceMs} wait=${waitMs} id=${id}`;
  return JSON.stringify({ model: "bench", messages: [{ role: "user", content }], stream: true });
}

/** The plan of a body; of one chunk at once where none stands in it. */
export function toPlan(body: string): StreamPlan {
  const found = /chunks=(\d+) pace=(\d+) wait=(\d+) id=(\d+)/u.exec(body);
  return {
    chunks: Number(found?.[1] ?? 1),
    paceMs: Number(found?.[2] ?? 0),
    waitMs: Number(found?.[3] ?? 0),
    id: Number(found?.[4] ?? 0),
  };
}

/** What a driver is to do: this many streams, begun over a time, by way of a port. */
export interface DriverTask {
  readonly port: number;
  readonly authorization: string | null;
  readonly plan: StreamPlan;
  readonly streams: number;
  readonly overMs: number;
  /** Leaves after this many chunks; null: stays to the end. 0: before the first, once the upstream was asked. */
  readonly leaveAfter: number | null;
}

/** What a driver saw. Milliseconds. */
export interface DriverReport {
  /** From the moment a chunk was written to the moment it was there. */
  readonly delays: readonly number[];
  /** From the request to its first chunk. */
  readonly firstTokens: readonly number[];
  readonly lost: number;
  /** Chunks that came together with another one. */
  readonly merged: number;
  /** Streams that failed, with a sample of why. */
  readonly failed: number;
  readonly why: string | null;
  /** When each left, on the monotonic clock. */
  readonly leftAt: readonly number[];
}
