import { setImmediate } from "node:timers/promises";
import type { Key } from "../key.ts";
import type { Admission, Limiter, LimitSettings, Turn } from "../limits/limiter.ts";
import { aKey } from "./a-key.ts";

export const CROWD_SETTINGS: LimitSettings = { turns: 8, maxWaiting: 60, maxWaitingPerKey: 20, patienceMs: 200 };

const CLIENTS = 75;
const TOKENS_PER_DAY = 1500;
const NARROW = 2;
const RATE = 300;

/** What became of a crowd, and everything that was not as it should be. */
export interface CrowdReport {
  /** How many were served, left, or refused with which code. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
}

/** What really happened at the turns, counted beside the limiter. */
class Witness {
  readonly outcomes = new Map<string, number>();
  readonly faults = new Set<string>();
  readonly tokens = new Map<string, number>();
  readonly #serving = new Map<string, number>();
  #all = 0;

  enter(key: Key): void {
    this.#all += 1;
    const own = (this.#serving.get(key.id) ?? 0) + 1;
    this.#serving.set(key.id, own);
    if (this.#all > CROWD_SETTINGS.turns) this.faults.add(`${this.#all} turns were taken at once`);
    if (own > (key.limits.concurrent ?? Infinity)) this.faults.add(`${key.id} was served ${own} times at once`);
  }

  exit(key: Key, tokens: number): void {
    this.#all -= 1;
    this.#serving.set(key.id, (this.#serving.get(key.id) ?? 0) - 1);
    this.tokens.set(key.id, (this.tokens.get(key.id) ?? 0) + tokens);
  }

  count(admission: Admission): void {
    const how = admission.kind === "refused" ? admission.refusal.code : admission.kind;
    this.outcomes.set(how, (this.outcomes.get(how) ?? 0) + 1);
  }
}

/**
 * Sends that many requests of many clients at once: they leave at any moment, model servers answer, die or are cut off,
 * turns are released again and again. `random` gives numbers from 0 to below 1. `look` is called now and then.
 */
export async function sendCrowd(
  limiter: Limiter,
  options: { readonly requests: number; readonly random: () => number; readonly look?: (done: number) => void },
): Promise<CrowdReport> {
  const { requests, random, look } = options;
  const keys = [
    aKey("frugal", { tokensPerDay: TOKENS_PER_DAY }),
    aKey("saving", { tokensPerDay: 1e9, concurrent: 3 }),
    aKey("narrow", { concurrent: NARROW }),
    aKey("rated", { requestsPerMinute: RATE }),
    aKey("free"),
    aKey("other"),
  ];
  const witness = new Witness();
  let sent = 0;
  const client = async (): Promise<void> => {
    while (sent < requests) {
      sent += 1;
      if (sent % 1000 === 0) look?.(sent);
      const key = keys[Math.floor(random() * keys.length)] ?? aKey("free");
      await visit(limiter, key, witness, random);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const { serving, waiting } = limiter.state;
  if (serving + waiting > 0) witness.faults.add(`${serving} are served and ${waiting} wait at the end`);
  for (const key of keys) await checkQuota(limiter, key, witness);
  return { outcomes: witness.outcomes, faults: [...witness.faults] };
}

async function visit(limiter: Limiter, key: Key, witness: Witness, random: () => number): Promise<void> {
  const presence = new AbortController();
  const leave = (): void => {
    presence.abort();
  };
  if (random() < 0.3) void pause(random).then(leave);
  const now = Date.now();
  const occupiesModel = random() < 0.9;
  const admission = await limiter.admit({ key, occupiesModel, now, signal: presence.signal, expectedTokens: 20 });
  witness.count(admission);
  if (admission.kind !== "admitted") return pause(random);
  if (occupiesModel) await occupy(admission.turn, key, witness, random);
  else admission.turn.release({ tokens: 0 });
}

async function occupy(turn: Turn, key: Key, witness: Witness, random: () => number): Promise<void> {
  witness.enter(key);
  // The model server dies before it has answered anything, or the answer ends or is cut somewhere.
  const isDead = random() < 0.1;
  if (!isDead) await pause(random);
  const tokens = isDead ? 0 : Math.floor(random() * 20);
  witness.exit(key, tokens);
  const times = random() < 0.2 ? 3 : 1;
  for (let time = 0; time < times; time += 1) turn.release({ tokens: time === 0 ? tokens : 1000 });
}

async function pause(random: () => number): Promise<void> {
  for (let turns = Math.floor(random() * 6); turns >= 0; turns -= 1) await setImmediate();
}

/** Uses all that is left but one token, then that one: only where the count is right to the token both fit and no more. */
async function checkQuota(limiter: Limiter, key: Key, witness: Witness): Promise<void> {
  const { tokensPerDay } = key.limits;
  if (tokensPerDay === null) return;
  const left = tokensPerDay - (witness.tokens.get(key.id) ?? 0);
  const amounts = left > 1 ? [left - 1, 1] : [left];
  for (const tokens of amounts.filter((amount) => amount > 0)) {
    const admission = await comeOnce(limiter, key);
    if (admission.kind === "admitted") admission.turn.release({ tokens });
    else witness.faults.add(`${key.id} is refused though ${tokens} tokens are left`);
  }
  const last = await comeOnce(limiter, key);
  if (last.kind === "refused" && last.refusal.code === "tokens-per-day") return;
  witness.faults.add(`${key.id} has tokens left: ${last.kind}`);
  if (last.kind === "admitted") last.turn.release({ tokens: 0 });
}

async function comeOnce(limiter: Limiter, key: Key): Promise<Admission> {
  const signal = new AbortController().signal;
  return limiter.admit({ key, occupiesModel: true, now: Date.now(), signal, expectedTokens: 1 });
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
export function toRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
