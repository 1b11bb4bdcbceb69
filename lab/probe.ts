import { z } from "zod";

/** One try from a vantage; what a prober is asked, one JSON document a line. */
export type Probe =
  | {
      readonly kind: "connect";
      readonly address: string;
      readonly port: number;
      readonly timeoutMs: number;
      /** The connection stays open for as long as the prober stands there. */
      readonly keep: boolean;
    }
  /** Asks over the connection that was kept last. */
  | { readonly kind: "ask-kept"; readonly timeoutMs: number }
  | {
      readonly kind: "get";
      readonly address: string;
      readonly port: number;
      readonly timeoutMs: number;
      readonly path: string;
      readonly headers: Readonly<Record<string, string>>;
    };

/** Why nothing was reached. `detail` is the system's own word, for example `EHOSTUNREACH`. */
export interface NotReached {
  readonly kind: "refused" | "timeout" | "unreachable" | "closed";
  readonly detail: string;
}

/** What became of a TCP connection. `from` is the address it really came from. */
export type Connection = { readonly kind: "connected"; readonly from: string } | NotReached;

/** What became of an HTTP GET; header names are lower case, the body is cut at 64 KiB. */
export type Answer =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | NotReached;

const NOT_REACHED = z.object({
  kind: z.enum(["refused", "timeout", "unreachable", "closed"]),
  detail: z.string(),
});
const CONNECTION = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("connected"), from: z.string() }),
  NOT_REACHED,
]);
const ANSWER = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("answered"),
    status: z.number(),
    headers: z.record(z.string(), z.string()),
    body: z.string(),
  }),
  NOT_REACHED,
]);

/** Reads a prober's line about a connection; throws where it is none. */
export function parseConnection(line: string): Connection {
  return CONNECTION.parse(JSON.parse(line));
}

/** Reads a prober's line about an answer; throws where it is none. */
export function parseAnswer(line: string): Answer {
  return ANSWER.parse(JSON.parse(line));
}
