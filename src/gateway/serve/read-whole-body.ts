import type { Refusal } from "../policy/decision.ts";
import type { BodyBudget } from "./body-budget.ts";
import type { Exchange } from "./exchange.ts";

/** The very bytes of a body; why it is refused; or that the client left while it sent it. */
export type WholeBody =
  | { readonly kind: "whole"; readonly bytes: Buffer }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "left" };

const TOO_LARGE: Refusal = { status: 413, code: "body-too-large", message: "The body is larger than is allowed." };
const TOO_SLOW: Refusal = { status: 408, code: "body-too-slow", message: "The body did not come in time." };
const NO_ROOM: Refusal = {
  status: 503,
  code: "bodies-full",
  message: "The gateway holds as much of other requests as it may; try again later.",
};

/** Reads a body into memory: at most `limitBytes`, and no more than there is room for. `ask` asks the client for it. */
export async function readWholeBody(
  exchange: Exchange,
  limitBytes: number,
  budget: BodyBudget,
  ask: () => void,
): Promise<WholeBody> {
  const { request } = exchange;
  const declared = Number(request.headers["content-length"] ?? 0);
  if (declared > limitBytes) return { kind: "refused", refusal: TOO_LARGE };
  ask();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const finish = (body: WholeBody): void => {
      exchange.waitsSince = null;
      exchange.giveUp = null;
      request.off("data", hear).off("end", end).off("close", leave).off("error", leave);
      if (body.kind !== "whole") request.pause();
      resolve(body);
    };
    const hear = (chunk: Buffer): void => {
      exchange.bodyBytes += chunk.length;
      exchange.waitsSince = performance.now();
      if (exchange.bodyBytes > limitBytes) finish({ kind: "refused", refusal: TOO_LARGE });
      else if (!budget.take(exchange, chunk.length)) finish({ kind: "refused", refusal: NO_ROOM });
      else chunks.push(chunk);
    };
    const end = (): void => finish({ kind: "whole", bytes: toOne(chunks) });
    const leave = (): void => finish({ kind: "left" });
    exchange.waitsSince = performance.now();
    exchange.giveUp = () => finish({ kind: "refused", refusal: TOO_SLOW });
    request.on("data", hear).on("end", end).on("close", leave).on("error", leave);
  });
}

function toOne(chunks: readonly Buffer[]): Buffer {
  const [first, ...others] = chunks;
  if (first === undefined) return Buffer.alloc(0);
  return others.length === 0 ? first : Buffer.concat(chunks);
}

/** A body that passes through: chunk by chunk, as fast as the upstream takes it in. Throws where it grows too large. */
export async function* passBody(exchange: Exchange, limitBytes: number | null): AsyncGenerator<Buffer, void> {
  exchange.waitsSince = performance.now();
  // The client is still owed an answer where the upstream does not want the rest.
  for await (const chunk of exchange.request.iterator({ destroyOnReturn: false })) {
    exchange.waitsSince = null;
    const bytes: Buffer = chunk;
    exchange.bodyBytes += bytes.length;
    if (limitBytes !== null && exchange.bodyBytes > limitBytes) throw new BodyTooLarge();
    yield bytes;
    exchange.waitsSince = performance.now();
  }
  exchange.waitsSince = null;
}

/** A body grew larger than it may while it passed through. */
export class BodyTooLarge extends Error {
  override readonly name: string = "BodyTooLarge";
  readonly refusal: Refusal = TOO_LARGE;

  constructor() {
    super(TOO_LARGE.code);
  }
}
