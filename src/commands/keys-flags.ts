import { isKeyName } from "../gateway/keys/key-name.ts";
import type { KeyWish } from "../gateway/keys/key-acts.ts";
import { readPublicKey, type PublicKey } from "../gateway/keys/ollama-signature.ts";
import type { Grant, Scope } from "../gateway/key.ts";
import type { Position } from "../gateway/store/store.ts";
import { CommandError } from "./errors.ts";
import { parseNetwork } from "./harden-flags.ts";
import type { LayoutFlags } from "./page.ts";

/** When a key ends: so long from now, or at a moment. */
export type Expiry = { readonly text: string } & ({ readonly afterMs: number } | { readonly at: number });

/** Flags of every command about the store. */
export interface DataFlags {
  readonly data?: string;
  readonly json?: boolean;
  readonly lang?: string;
}

/** What a key may do, as it is asked for. */
export interface WishFlags extends DataFlags {
  readonly scope?: readonly Scope[];
  readonly models?: readonly string[];
  readonly expires?: Expiry;
  readonly rpm?: number;
  readonly tokensPerDay?: number;
  readonly concurrent?: number;
  readonly maxBody?: number;
  readonly maxContext?: number;
  readonly maxKeepAlive?: number;
  readonly from?: readonly string[];
  readonly grant?: readonly Grant[];
}

export type CreateFlags = WishFlags & { readonly ollamaKey?: PublicKey };
export type ListFlags = DataFlags & LayoutFlags & { readonly all?: boolean };
export type ShowFlags = DataFlags & LayoutFlags;
export type RotateFlags = DataFlags & { readonly grace?: number };
export type RevokeFlags = DataFlags & { readonly endStreams?: boolean };
export type UsageFlags = DataFlags & LayoutFlags & { readonly since?: number };
export type LogListFlags = DataFlags & LayoutFlags & { readonly last?: number };
export type LogVerifyFlags = DataFlags & { readonly expect?: Position };

/** The key that flags ask for. Throws a `CommandError` where it would never be valid. */
export function toWish(name: string, flags: WishFlags, now: number): KeyWish {
  const { expires } = flags;
  const expiresAt = expires === undefined ? null : "at" in expires ? expires.at : now + expires.afterMs;
  if (expiresAt !== null && expiresAt <= now) {
    throw new CommandError({ code: "expiry-past", data: { text: expires?.text ?? "" } });
  }
  return {
    name,
    scopes: flags.scope ?? ["inference"],
    grants: flags.grant ?? [],
    models: flags.models ?? null,
    from: flags.from ?? null,
    limits: {
      requestsPerMinute: flags.rpm ?? null,
      tokensPerDay: flags.tokensPerDay ?? null,
      concurrent: flags.concurrent ?? null,
      maxBodyBytes: flags.maxBody ?? null,
      maxContextTokens: flags.maxContext ?? null,
      maxKeepAliveSeconds: flags.maxKeepAlive ?? null,
    },
    expiresAt,
  };
}

/** A name a key can have; null for any other text. */
export function parseName(text: string): string | null {
  return isKeyName(text) ? text : null;
}

/** Words with commas between, each one of `values`, none twice; null where one is not. */
export function parseSome<Value extends string>(text: string, values: readonly Value[]): readonly Value[] | null {
  const asked = toParts(text).map((part) => values.find((each) => each === part) ?? null);
  const known = asked.filter((each) => each !== null);
  return known.length === 0 || known.length !== asked.length ? null : [...new Set(known)];
}

const LONGEST_PATTERN = 300;

/** Patterns of model names with commas between; null where one is none. */
export function parsePatterns(text: string): readonly string[] | null {
  const patterns = toParts(text);
  const isFit = patterns.every((each) => /^[\p{L}\p{N}._:/@*-]+$/u.test(each) && each.length <= LONGEST_PATTERN);
  return patterns.length > 0 && isFit ? patterns : null;
}

/** Networks with commas between, as CIDR; null where one is none. */
export function parseNetworks(text: string): readonly string[] | null {
  const networks = toParts(text).map(parseNetwork);
  const known = networks.filter((each) => each !== null);
  return known.length > 0 && known.length === networks.length ? known : null;
}

const UNITS_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_MS = 36_500 * 86_400_000;

/** `90d`, `12h`, `30m`, `45s` in milliseconds; null for any other text, and for more than a century. */
export function parseDuration(text: string): number | null {
  const [, digits, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const milliseconds = Number(digits) * (UNITS_MS[unit ?? ""] ?? Number.NaN);
  return milliseconds <= LONGEST_MS ? milliseconds : null;
}

/** `90d`, or a date with or without a time; null for any other text. */
export function parseExpiry(text: string): Expiry | null {
  const afterMs = parseDuration(text);
  if (afterMs !== null) return { text, afterMs };
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d))?$/.test(text)) return null;
  const at = Date.parse(text);
  // 2027-02-30 is no date, though some take it for the 2nd of March.
  const isDate =
    !Number.isNaN(at) && new Date(`${text.slice(0, 10)}T00:00Z`).toISOString().startsWith(text.slice(0, 10));
  return isDate ? { text, at } : null;
}

const COUNT_UNITS: Readonly<Record<string, number>> = { "": 1, k: 1000, M: 1_000_000 };

/** `60`, `200k`, `2M`, above 0; null for any other text. */
export function parseCount(text: string): number | null {
  const [, digits, unit] = /^(\d{1,12})([kM]?)$/.exec(text) ?? [];
  const count = Number(digits) * (COUNT_UNITS[unit ?? "?"] ?? Number.NaN);
  return count > 0 ? count : null;
}

/** Seconds of a duration; null where it is none. */
export function parseKeepAlive(text: string): number | null {
  const milliseconds = parseDuration(text);
  return milliseconds === null ? null : milliseconds / 1000;
}

/** The public key of an Ollama; null for any other text. */
export function parsePublicKey(text: string): PublicKey | null {
  return readPublicKey(text);
}

/** `42:9f86d081…`, the hash whole or its beginning of at least 16 digits; null for any other text. */
export function parsePosition(text: string): Position | null {
  const [, number, hash] = /^([1-9]\d{0,14}):([0-9a-f]{16,64})$/.exec(text) ?? [];
  return number === undefined || hash === undefined ? null : { number: Number(number), hash };
}

function toParts(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}
