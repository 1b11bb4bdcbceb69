import type { Key } from "../key.ts";
import type { LimitSettings } from "../limits/limiter.ts";

interface ModelGuest {
  readonly key: Key;
  readonly expected: number;
  readonly cameAt: number;
  how: string;
  reserved: number;
}

/** The rules of the limits written down as plainly as they are said, for tests to compare a limiter with. One day long. */
export class LimitsModel {
  readonly guests: ModelGuest[] = [];
  readonly #settings: LimitSettings;
  readonly #counted: { readonly keyId: string; readonly second: number }[] = [];
  readonly #used = new Map<string, number>();
  /** Keys of which somebody waits, the next first. */
  #order: string[] = [];
  #now: number;

  constructor(settings: LimitSettings, now: number) {
    this.#settings = settings;
    this.#now = now;
  }

  come(key: Key, expected: number, occupiesModel: boolean): void {
    const guest: ModelGuest = { key, expected, cameAt: this.#now, how: "waiting", reserved: 0 };
    this.guests.push(guest);
    const second = Math.floor(this.#now / 1000);
    const recent = this.#counted.filter((one) => one.keyId === key.id && second - one.second <= 60);
    if (occupiesModel && this.#isSpent(key)) guest.how = "tokens-per-day";
    else if (recent.length >= (key.limits.requestsPerMinute ?? Infinity)) guest.how = "requests-per-minute";
    else {
      this.#counted.push({ keyId: key.id, second });
      if (!occupiesModel) guest.how = "passing";
      else if (this.#waiting(key.id).length > this.#settings.maxWaitingPerKey) guest.how = "key-queue-full";
      else if (this.#waiting().length > this.#settings.maxWaiting) guest.how = "queue-full";
      else if (!this.#order.includes(key.id)) this.#order.push(key.id);
    }
    this.#give();
  }

  leave(index: number): void {
    const guest = this.guests[index];
    if (guest?.how !== "waiting") return;
    this.#end(guest, "left");
    this.#give();
  }

  /** Null: the answer did not tell. */
  end(index: number, tokens: number | null): void {
    const guest = this.guests[index];
    if (guest?.how === "passing") guest.how = "ended";
    if (guest?.how !== "served") return;
    guest.how = "ended";
    this.#used.set(guest.key.id, (this.#used.get(guest.key.id) ?? 0) + (tokens ?? guest.reserved));
    this.#give();
  }

  pass(milliseconds: number): void {
    const until = this.#now + milliseconds;
    for (;;) {
      const [first] = this.#waiting();
      const due = first === undefined ? Infinity : first.cameAt + this.#settings.patienceMs;
      this.#now = Math.min(due, until);
      if (due > until) return;
      for (const guest of this.#waiting()) if (guest.cameAt === first?.cameAt) this.#end(guest, "queue-timeout");
      this.#give();
    }
  }

  get state(): { readonly serving: number; readonly waiting: number } {
    const serving = this.guests.filter(({ how }) => how === "served" || how === "passing").length;
    return { serving, waiting: this.#waiting().length };
  }

  #waiting(keyId?: string): readonly ModelGuest[] {
    return this.guests.filter((guest) => guest.how === "waiting" && (keyId ?? guest.key.id) === guest.key.id);
  }

  #served(keyId?: string): readonly ModelGuest[] {
    return this.guests.filter((guest) => guest.how === "served" && (keyId ?? guest.key.id) === guest.key.id);
  }

  #isSpent(key: Key): boolean {
    return (this.#used.get(key.id) ?? 0) >= (key.limits.tokensPerDay ?? Infinity);
  }

  #end(guest: ModelGuest, how: string): void {
    guest.how = how;
    if (this.#waiting(guest.key.id).length === 0) this.#order = this.#order.filter((id) => id !== guest.key.id);
  }

  /** Each key in turn as long as that comes to anything; where all turns are taken, from the first key again. */
  #give(): void {
    for (let given = true; given;) {
      given = false;
      for (const keyId of this.#order) {
        const [guest] = this.#waiting(keyId);
        if (guest === undefined) continue;
        if (this.#isSpent(guest.key)) {
          this.#end(guest, "tokens-per-day");
          given = true;
        } else if (this.#served().length >= this.#settings.turns) break;
        else if (this.#mayServe(guest)) {
          this.#end(guest, "served");
          if (this.#order.includes(keyId)) this.#order = [...this.#order.filter((id) => id !== keyId), keyId];
          given = true;
        }
      }
    }
  }

  #mayServe(guest: ModelGuest): boolean {
    const { concurrent, tokensPerDay } = guest.key.limits;
    const own = this.#served(guest.key.id);
    if (own.length >= (concurrent ?? Infinity)) return false;
    if (tokensPerDay === null) return true;
    const aside = own.reduce((sum, { reserved }) => sum + reserved, 0);
    const left = tokensPerDay - (this.#used.get(guest.key.id) ?? 0) - aside;
    guest.reserved = Math.max(0, Math.min(left, guest.expected));
    return left > 0;
  }
}
