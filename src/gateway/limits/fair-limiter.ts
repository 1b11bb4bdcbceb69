import { randomUUID } from "node:crypto";
import { startOfDay, toDay, type Clock } from "./clock.ts";
import type { Counted, Counts, HeldTurn, Taken } from "./counts.ts";
import { FairQueue } from "./fair-queue.ts";
import type { Admission, Ask, Limiter, LimitSettings, Turn } from "./limiter.ts";
import { refuse } from "./refuse.ts";

/** Set aside where a request does not say how much it may use: the context that Ollama gives a model by default. */
const EXPECTED_TOKENS = 4096;
const RETRY_AT_MOST_MS = 600_000;
/** Where counts cannot be reached, or another instance is to be asked. */
const RETRY_SOON_MS = 5000;

/** One that stands in the queue. */
interface Waiter {
  readonly id: string;
  readonly keyId: string;
  readonly ask: Ask;
  readonly cameAt: number;
  readonly ahead: number;
  /** False as long as it may still get a turn at once. */
  waits: boolean;
  /** Tells whoever asked, once; false where it was told already. */
  readonly end: (admission: Admission) => boolean;
}

export interface LimiterOptions {
  readonly counts: Counts;
  readonly clock: Clock;
  readonly settings: LimitSettings;
  /** Hears why counts could not be had; the request was refused. */
  readonly onTrouble: (error: unknown) => void;
}

/**
 * Lets requests in one after the other: counted as a request first, then in the queue, then with a turn. A request
 * that was refused for its rate or its tokens counts for nothing; one that found the queue full counts as a request.
 */
export class FairLimiter implements Limiter {
  readonly #counts: Counts;
  readonly #clock: Clock;
  readonly #settings: LimitSettings;
  readonly #onTrouble: (error: unknown) => void;
  readonly #queue = new FairQueue<Waiter>();
  #serving = 0;
  /** Turns of several gateways stand in one table. */
  readonly #name = randomUUID();
  #nextTurn = 0;
  /** Of the latest turns, the latest counting most; null before the first has ended. */
  #meanTurnMs: number | null = null;
  #giving: Promise<void> | null = null;
  #giveAgain = false;
  #isDraining = false;
  #drained = Promise.withResolvers<void>();

  constructor(options: LimiterOptions) {
    this.#counts = options.counts;
    this.#clock = options.clock;
    this.#settings = options.settings;
    this.#onTrouble = options.onTrouble;
    this.#counts.onFreed(() => {
      this.#give();
    });
  }

  get state(): Limiter["state"] {
    return { serving: this.#serving, waiting: this.#queue.length };
  }

  admit(ask: Ask): Admission | Promise<Admission> {
    const { key, occupiesModel, now } = ask;
    const over = this.#refuseOver(ask);
    if (over !== null) return over;
    const counting = this.#counts.countRequest(key, occupiesModel ? toDay(now) : null);
    if (!(counting instanceof Promise)) return this.#letIn(ask, counting);
    return counting.then(
      (counted) => this.#letIn(ask, counted),
      (error) => {
        this.#onTrouble(error);
        return refuse("unknown", RETRY_SOON_MS);
      },
    );
  }

  #letIn(ask: Ask, counted: Counted): Admission | Promise<Admission> {
    if (counted.kind === "too-many") return refuse("rate", counted.waitMs);
    if (counted.kind === "spent") return refuseUntilTomorrow(ask.now);
    const over = this.#refuseOver(ask);
    if (over !== null) return over;
    if (ask.occupiesModel) return this.#wait(ask);
    return { kind: "admitted", turn: this.#begin({ stoodBehind: 0, waitedMs: 0 }, null) };
  }

  /** Null where the client is still there, and somebody is still let in. */
  #refuseOver(ask: Ask): Admission | null {
    if (ask.signal.aborted) return { kind: "left" };
    return this.#isDraining ? refuse("draining", RETRY_SOON_MS) : null;
  }

  async drain(): Promise<void> {
    this.#isDraining = true;
    for (const waiter of this.#queue.all()) waiter.end(refuse("draining", RETRY_SOON_MS));
    if (this.#serving === 0) this.#drained.resolve();
    return this.#drained.promise;
  }

  async close(): Promise<void> {
    this.#isDraining = true;
    for (const waiter of this.#queue.all()) waiter.end(refuse("draining", RETRY_SOON_MS));
    await this.#giving;
    await this.#counts.close();
  }

  async #wait(ask: Ask): Promise<Admission> {
    const keyId = ask.key.id;
    const own = this.#queue.lengthOf(keyId);
    const ahead = this.#queue.countAhead(keyId, own);
    const isOwnFull = own >= this.#settings.maxWaitingPerKey;
    if (isOwnFull || this.#queue.length >= this.#settings.maxWaiting) {
      return refuse(isOwnFull ? "keyQueue" : "queue", this.#guessWait(ahead), ahead + 1);
    }
    const { promise, resolve } = Promise.withResolvers<Admission>();
    const leave = (): void => {
      waiter.end({ kind: "left" });
    };
    const forgetPatience = this.#clock.after(this.#settings.patienceMs, () => {
      const place = this.#queue.countAhead(keyId, this.#queue.indexOf(waiter)) + 1;
      waiter.end(refuse("patience", this.#guessWait(place), place));
    });
    let isOver = false;
    const waiter: Waiter = {
      id: `${this.#name}.${this.#nextTurn++}`,
      keyId,
      ask,
      cameAt: this.#clock.now(),
      ahead,
      waits: own > 0,
      end: (admission) => {
        if (isOver) return false;
        isOver = true;
        forgetPatience();
        ask.signal.removeEventListener("abort", leave);
        if (admission.kind === "admitted") this.#queue.give(waiter);
        else if (this.#queue.remove(waiter)) this.#give();
        resolve(admission);
        return true;
      },
    };
    ask.signal.addEventListener("abort", leave, { once: true });
    this.#queue.add(waiter);
    this.#give();
    return promise;
  }

  /** Gives turns as long as there are any; one round at a time, so that nobody is asked for twice. */
  #give(): void {
    this.#giveAgain = true;
    this.#giving ??= this.#giveRounds().finally(() => {
      this.#giving = null;
      // Somebody may have come between the last look and this line.
      if (this.#giveAgain) this.#give();
    });
  }

  async #giveRounds(): Promise<void> {
    while (this.#giveAgain) {
      this.#giveAgain = false;
      await this.#giveRound();
    }
  }

  /** Each key once, in turn. */
  async #giveRound(): Promise<void> {
    const heads = this.#queue.heads();
    for (const waiter of heads) {
      if (this.#queue.indexOf(waiter) < 0) continue;
      const kind = await this.#try(waiter);
      if (kind === "full") {
        for (const other of heads) other.waits = true;
        return;
      }
      if (kind === "busy") waiter.waits = true;
      else this.#giveAgain = true;
    }
  }

  async #try(waiter: Waiter): Promise<Taken["kind"]> {
    const { ask, cameAt } = waiter;
    const waitedMs = this.#clock.now() - cameAt;
    // The clock on the wall as it would be had nobody touched it since the request came.
    const now = ask.now + waitedMs;
    try {
      const taken = await this.#counts.take({
        id: waiter.id,
        key: ask.key,
        day: toDay(now),
        expectedTokens: ask.expectedTokens ?? EXPECTED_TOKENS,
      });
      if (taken.kind === "spent") waiter.end(refuseUntilTomorrow(now));
      if (taken.kind === "taken") this.#admit(waiter, taken.turn, waitedMs);
      return taken.kind;
    } catch (error) {
      this.#onTrouble(error);
      waiter.end(refuse("unknown", RETRY_SOON_MS));
      return "spent";
    }
  }

  #admit(waiter: Waiter, held: HeldTurn, waitedMs: number): void {
    const turn = this.#begin({ stoodBehind: waiter.waits ? waiter.ahead : 0, waitedMs }, held);
    // It may have left while its turn was fetched.
    if (!waiter.end({ kind: "admitted", turn })) turn.release({ tokens: 0 });
  }

  #begin(came: { readonly stoodBehind: number; readonly waitedMs: number }, held: HeldTurn | null): Turn {
    this.#serving += 1;
    const beganAt = this.#clock.now();
    let isReleased = false;
    return {
      ...came,
      release: ({ tokens }) => {
        if (isReleased) return;
        isReleased = true;
        this.#serving -= 1;
        if (this.#isDraining && this.#serving === 0) this.#drained.resolve();
        if (held === null) return;
        this.#counts.settle(held, tokens ?? held.reserved);
        if (tokens !== 0) this.#learn(this.#clock.now() - beganAt);
        this.#give();
      },
    };
  }

  #learn(turnMs: number): void {
    this.#meanTurnMs = this.#meanTurnMs === null ? turnMs : this.#meanTurnMs * 0.9 + turnMs * 0.1;
  }

  /** Milliseconds in which that many turns are likely to have been given. */
  #guessWait(turns: number): number {
    return Math.min(RETRY_AT_MOST_MS, ((this.#meanTurnMs ?? 0) * turns) / this.#settings.turns);
  }
}

function refuseUntilTomorrow(now: number): Admission {
  return refuse("tokens", startOfDay(toDay(now) + 1) - now);
}
