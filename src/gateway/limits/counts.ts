import type { Key } from "../key.ts";

/** A request that wants a turn of the model server now. */
export interface Wish {
  /** Names the turn, if it is given. */
  readonly id: string;
  readonly key: Key;
  /** UTC day that its tokens count for, also where its stream ends on the next one. */
  readonly day: number;
  /** Tokens that are set aside for it where its key has a limit of them. */
  readonly expectedTokens: number;
}

/** A turn that was given and is not settled. */
export interface HeldTurn {
  readonly id: string;
  readonly keyId: string;
  readonly day: number;
  /** Tokens set aside: never more than its key had left. */
  readonly reserved: number;
}

export type Counted =
  /** It counts as a request of this minute. */
  | { readonly kind: "counted" }
  /** Too many in the last minute; it does not count. */
  | { readonly kind: "too-many"; readonly waitMs: number }
  /** The tokens of that day are used up; it does not count. */
  | { readonly kind: "spent" };

export type Taken =
  | { readonly kind: "taken"; readonly turn: HeldTurn }
  /** Every turn of the model server is taken. */
  | { readonly kind: "full" }
  /** This key has to wait for its own: as many as it may are served, or what is left of its tokens is set aside. */
  | { readonly kind: "busy" }
  | { readonly kind: "spent" };

/**
 * What is counted: requests in the last minute, turns that are taken, tokens used and set aside. It knows no queue.
 * Every verb but `settle` rejects where the counts are not known, and whoever asks is then refused.
 */
export interface Counts {
  /** Counts a request, at once where nobody has to be asked; with a day it also looks whether that day's tokens are used up. */
  countRequest(key: Key, day: number | null): Counted | Promise<Counted>;
  take(wish: Wish): Promise<Taken>;
  /** Ends a turn and counts its tokens: at once, or as soon as the counts can be reached. Called once for each turn. */
  settle(turn: HeldTurn, tokens: number): void;
  /** Called when a turn may have become free that was not settled here. */
  onFreed(hear: () => void): void;
  close(): Promise<void>;
}

/** Tokens a key has used since a moment (milliseconds since 1970), as the store knows them. */
export type CountTokens = (keyId: string, since: number) => Promise<number>;
