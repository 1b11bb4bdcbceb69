import type { Key } from "../key.ts";
import { RedisGone, type RedisLink } from "../shared/redis-link.ts";
import type { Counted, HeldTurn, Taken, Wish } from "./counts.ts";
import { BEAT, COUNT_REQUEST, JOIN, LEAVE, REMEMBER_USED, SETTLE, TAKE } from "./scripts.ts";

/** A replica without a heartbeat for this long is gone, and its turns are free. */
export const LEASE_MS = 15_000;

export interface TableOptions {
  readonly link: RedisLink;
  /** Names this replica; no two have the same, nor one the same twice. */
  readonly replica: string;
  /** Gateways with the same prefix share limits. */
  readonly prefix: string;
  /** Milliseconds since any moment, the same on all replicas; null: Redis's own clock. */
  readonly readTime: (() => number) | null;
}

/** The counts that replicas share, one script a verb; each rejects with `RedisGone`. Null: the store has to say first what was used. */
export class SharedTable {
  readonly #link: RedisLink;
  readonly #replica: string;
  readonly #prefix: string;
  readonly #readTime: (() => number) | null;
  #generation = 0;

  constructor({ link, replica, prefix, readTime }: TableOptions) {
    this.#link = link;
    this.#replica = replica;
    // In a cluster all keys are on one node.
    this.#prefix = `{${prefix}}`;
    this.#readTime = readTime;
  }

  /** Carries the replica that has settled a turn. */
  get freedChannel(): string {
    return `${this.#prefix}:freed`;
  }

  async countRequest(key: Key, day: number | null): Promise<Counted | null> {
    const keys = [`${this.#prefix}:rate:${key.id}`, this.#usedKey(day ?? 0)];
    const perDay = day === null ? null : key.limits.tokensPerDay;
    const args = [this.#time(), key.id, toArgument(key.limits.requestsPerMinute), toArgument(perDay)];
    const [kind, waitMs] = toList(await this.#link.evaluate(COUNT_REQUEST, keys, args));
    if (kind === "too-many") return { kind, waitMs: Number(waitMs) };
    if (kind === "counted" || kind === "spent") return { kind };
    if (kind === "unknown") return null;
    throw toSurprise(kind);
  }

  async take(wish: Wish, turns: number): Promise<Taken | null> {
    const { id, key, day, expectedTokens } = wish;
    const { concurrent, tokensPerDay } = key.limits;
    const [kind, reserved] = toList(
      await this.#link.evaluate(TAKE, this.#sweepKeys(day), [
        ...this.#sweepArgs(day),
        id,
        key.id,
        turns,
        toArgument(concurrent),
        toArgument(tokensPerDay),
        expectedTokens,
      ]),
    );
    if (kind === "taken") return { kind, turn: { id, keyId: key.id, day, reserved: Number(reserved) } };
    if (kind === "full" || kind === "busy" || kind === "spent") return { kind };
    if (kind === "unknown") return null;
    throw toSurprise(kind);
  }

  async rememberUsed(keyId: string, day: number, tokens: number): Promise<void> {
    await this.#link.evaluate(REMEMBER_USED, [this.#usedKey(day)], [keyId, tokens]);
  }

  async settle(turn: HeldTurn, tokens: number): Promise<void> {
    const keys = [`${this.#prefix}:turns`, `${this.#prefix}:lost`, this.#usedKey(turn.day)];
    await this.#link.evaluate(SETTLE, keys, [turn.id, turn.keyId, tokens, this.freedChannel, this.#replica]);
  }

  /**
   * Says what this replica has: these turns, and of those in `kept` what is still there. Everything else of it is taken
   * back, and what was sent before counts no more. Answers how many replicas there are.
   */
  async join(day: number, turns: readonly HeldTurn[], kept: readonly string[]): Promise<number> {
    this.#generation += 1;
    const held = turns.flatMap(({ id, day: ofDay, reserved, keyId }) => [id, ofDay, reserved, keyId]);
    const args = [...this.#sweepArgs(day), kept.length, ...kept, ...held];
    return Number(await this.#link.evaluate(JOIN, this.#sweepKeys(day), args));
  }

  /** Answers how many replicas there are; 0: this one was given up, and has to join anew. */
  async beat(day: number): Promise<number> {
    return Number(await this.#link.evaluate(BEAT, this.#sweepKeys(day), this.#sweepArgs(day)));
  }

  async leave(): Promise<void> {
    await this.#link.evaluate(LEAVE, [`${this.#prefix}:replicas`], [this.#replica]);
  }

  #usedKey(day: number): string {
    return `${this.#prefix}:used:${day}`;
  }

  #sweepKeys(day: number): readonly string[] {
    const tables = ["turns", "replicas", "lost"].map((table) => `${this.#prefix}:${table}`);
    return [...tables, this.#usedKey(day), this.#usedKey(day - 1)];
  }

  #sweepArgs(day: number): readonly (string | number)[] {
    return [this.#time(), LEASE_MS, day, this.#replica, this.#generation];
  }

  #time(): string | number {
    return this.#readTime === null ? "" : Math.floor(this.#readTime());
  }
}

function toArgument(limit: number | null): number {
  return limit ?? -1;
}

function toList(reply: unknown): readonly unknown[] {
  return Array.isArray(reply) ? reply : [reply];
}

/** `stale` where Redis has forgotten this replica: the connection is made anew, and with it everything it holds. */
function toSurprise(kind: unknown): RedisGone {
  return new RedisGone(`Redis answered ${String(kind)}`);
}
