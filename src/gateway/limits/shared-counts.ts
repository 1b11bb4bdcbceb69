import type { Key } from "../key.ts";
import type { RedisLink } from "../shared/redis-link.ts";
import { toDay, startOfDay, type Clock } from "./clock.ts";
import type { Counted, Counts, CountTokens, HeldTurn, Taken, Wish } from "./counts.ts";
import { LocalCounts } from "./local-counts.ts";
import { LEASE_MS, SharedTable } from "./shared-table.ts";

/** How long this replica goes on by itself, with its share of the limits, while Redis is away. */
const GRACE_MS = 60_000;
const BEAT_MS = LEASE_MS / 3;

/** Counts cannot be reached and the grace is over. */
class CountsGone extends Error {
  override readonly name: string = "CountsGone";
}

export interface SharedOptions {
  readonly link: RedisLink;
  readonly replica: string;
  readonly prefix: string;
  readonly clock: Clock;
  readonly readTime: (() => number) | null;
  readonly readWall: () => number;
  readonly turns: number;
  readonly countTokens: CountTokens;
}

/**
 * Counts that replicas share in Redis or Valkey. What this replica does there it also keeps in its memory, so that it
 * can go on alone for a grace when Redis is away: with its part of the turns, of each key's rate and of what it may
 * have at once, and with the tokens that the store knows. After the grace everything is refused. When Redis is back it
 * is told what this replica holds and has used meanwhile.
 */
export class SharedCounts implements Counts {
  readonly #link: RedisLink;
  readonly #table: SharedTable;
  readonly #clock: Clock;
  readonly #readWall: () => number;
  readonly #countTokens: CountTokens;
  readonly #turns: number;
  readonly #local: LocalCounts;
  /** Given here while Redis was away, and not known there yet. */
  readonly #unknownThere = new Set<string>();
  /** Settled here, and not there yet. */
  readonly #unsettled = new Map<string, { readonly turn: HeldTurn; readonly tokens: number }>();
  readonly #hearers: (() => void)[] = [];
  #replicas = 1;
  /** Null while Redis has what this replica has. */
  #awaySince: number | null;
  #joining: Promise<void> | null = null;
  #forgetBeat: () => void = () => {};
  #isClosed = false;

  constructor(options: SharedOptions) {
    this.#link = options.link;
    this.#table = new SharedTable(options);
    this.#clock = options.clock;
    this.#readWall = options.readWall;
    this.#countTokens = options.countTokens;
    this.#turns = options.turns;
    this.#local = new LocalCounts({
      clock: options.clock,
      countTokens: options.countTokens,
      readTurns: () => toShare(options.turns, this.#replicas),
    });
    this.#awaySince = options.clock.now();
    this.#link.listen(this.#table.freedChannel, (replica) => {
      if (replica !== options.replica) this.#tell();
    });
    this.#link.onDown(() => {
      this.#goAway();
    });
    this.#link.onUp(() => void this.#join());
    this.#beatLater();
  }

  /** Resolves once Redis has what this replica has, or with false where the attempt that is under way comes to nothing. */
  async whenShared(): Promise<boolean> {
    await this.#joining;
    return this.#awaySince === null;
  }

  async countRequest(key: Key, day: number | null): Promise<Counted> {
    const { requestsPerMinute, tokensPerDay } = key.limits;
    if (requestsPerMinute === null && (day === null || tokensPerDay === null)) return { kind: "counted" };
    const counted = await this.#askTable(key.id, day, () => this.#table.countRequest(key, day));
    if (counted === null) return this.#local.countRequest(this.#shareOf(key), day);
    if (counted.kind === "counted" && requestsPerMinute !== null) this.#local.recordRequest(key.id);
    return counted;
  }

  async take(wish: Wish): Promise<Taken> {
    const taken = await this.#askTable(wish.key.id, wish.day, () => this.#table.take(wish, this.#turns));
    if (taken !== null) {
      if (taken.kind === "taken") this.#local.recordTurn(taken.turn);
      return taken;
    }
    const alone = await this.#local.take({ ...wish, key: this.#shareOf(wish.key) });
    if (alone.kind === "taken") {
      this.#unknownThere.add(wish.id);
      // Redis may have come back meanwhile without hearing of it.
      if (this.#awaySince === null) void this.#join();
    }
    return alone;
  }

  settle(turn: HeldTurn, tokens: number): void {
    this.#local.settle(turn, tokens);
    this.#unsettled.set(turn.id, { turn, tokens });
    if (this.#awaySince === null && !this.#unknownThere.has(turn.id)) void this.#settleThere(turn, tokens);
  }

  onFreed(hear: () => void): void {
    this.#hearers.push(hear);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#forgetBeat();
    try {
      await this.#table.leave();
    } catch {
      // Its lease ends by itself.
    }
    await this.#link.close();
  }

  /** Null: Redis is away and the grace is not over. */
  async #askTable<T>(keyId: string, day: number | null, ask: () => Promise<T | null>): Promise<T | null> {
    while (this.#awaySince === null) {
      try {
        const answer = await ask();
        if (answer !== null) return answer;
      } catch {
        this.#loseTouch();
        break;
      }
      const today = day ?? toDay(this.#readWall());
      const tokens = await this.#countTokens(keyId, startOfDay(today));
      try {
        await this.#table.rememberUsed(keyId, today, tokens);
      } catch {
        this.#loseTouch();
        break;
      }
    }
    const awaySince = this.#awaySince ?? this.#clock.now();
    if (this.#clock.now() - awaySince >= GRACE_MS) throw new CountsGone("Redis is away, and so are the limits");
    return null;
  }

  /** Redis is away, or has forgotten this replica: then it is told anew what this replica has. */
  #loseTouch(): void {
    this.#goAway();
    if (this.#link.isUp) void this.#join();
  }

  #goAway(): void {
    if (this.#awaySince !== null) return;
    this.#awaySince = this.#clock.now();
    this.#local.forgetUsed();
    this.#tell();
  }

  /** Tells Redis what this replica has, until nothing is left that it does not know. */
  async #join(): Promise<void> {
    if (this.#isClosed) return;
    this.#joining ??= this.#joinOnce().finally(() => (this.#joining = null));
    await this.#joining;
    this.#tell();
  }

  async #joinOnce(): Promise<void> {
    try {
      do {
        const given = [...this.#unknownThere];
        const unsettled = [...this.#unsettled.values()];
        const late = unsettled.map(({ turn }) => turn).filter(({ id }) => this.#unknownThere.has(id));
        const turns = [...this.#local.turns, ...late];
        this.#replicas = await this.#table.join(toDay(this.#readWall()), turns, [...this.#unsettled.keys()]);
        for (const id of given) this.#unknownThere.delete(id);
        await Promise.all(unsettled.map(({ turn, tokens }) => this.#settleThere(turn, tokens)));
      } while (this.#unknownThere.size > 0 || this.#unsettled.size > 0);
      this.#awaySince = null;
    } catch {
      // The link makes its connection anew, and this is called again.
    }
  }

  async #settleThere(turn: HeldTurn, tokens: number): Promise<void> {
    try {
      await this.#table.settle(turn, tokens);
      this.#unsettled.delete(turn.id);
      this.#tell();
    } catch {
      // It stays among what is not settled, and is told with the next connection.
    }
  }

  #beatLater(): void {
    if (this.#isClosed) return;
    this.#forgetBeat = this.#clock.after(BEAT_MS, () => void this.#beat().finally(() => this.#beatLater()));
  }

  async #beat(): Promise<void> {
    if (this.#awaySince === null) {
      try {
        const replicas = await this.#table.beat(toDay(this.#readWall()));
        if (replicas === 0) this.#loseTouch();
        else this.#replicas = replicas;
      } catch {
        this.#loseTouch();
      }
    }
    // A replica that is gone tells nobody that its turns are free.
    this.#tell();
  }

  #tell(): void {
    for (const hear of this.#hearers) hear();
  }

  #shareOf(key: Key): Key {
    const { requestsPerMinute, concurrent } = key.limits;
    const limits = {
      ...key.limits,
      requestsPerMinute: requestsPerMinute === null ? null : toShare(requestsPerMinute, this.#replicas),
      concurrent: concurrent === null ? null : toShare(concurrent, this.#replicas),
    };
    return { ...key, limits };
  }
}

/** A part of a limit; one at least, where it is not nothing. */
function toShare(limit: number, replicas: number): number {
  return Math.min(limit, Math.max(1, Math.floor(limit / replicas)));
}
