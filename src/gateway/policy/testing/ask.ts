import type { Key } from "../../key.ts";
import { decide } from "../decide.ts";
import type { Decision, RequestHead } from "../decision.ts";
import { readBody } from "../read-body.ts";

export interface Request {
  readonly method: string;
  readonly target: string;
  readonly key: Key | null;
  readonly body?: string | Uint8Array;
  readonly contentType?: string;
  readonly peer?: string;
  readonly now?: number;
}

/** The whole way of a request through the policy, as the server goes it: head, body where it is asked for, again. */
export function ask({
  method,
  target,
  key,
  body = "",
  contentType,
  peer = "192.0.2.7",
  now = 1000,
}: Request): Decision {
  const head: RequestHead = { method, target, rawHeaders: ["Host", "gateway"], peer };
  const first = decide(head, { key }, now);
  if (first.kind !== "read-body") return first;
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const reading = readBody(first.route, contentType ?? null, bytes);
  if (!reading.ok) return { kind: "refuse", refusal: reading.refusal, api: first.route.api };
  return decide({ ...head, body: reading.facts }, { key }, now);
}

/** `forward /api/chat` or `403 scope-missing`. */
export function tell(decision: Decision): string {
  switch (decision.kind) {
    case "forward":
      return `forward ${decision.path}`;
    case "read-body":
      return "read-body";
    case "refuse":
      return `${decision.refusal.status} ${decision.refusal.code}`;
  }
}
