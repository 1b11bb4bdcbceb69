import { createHmac, randomBytes, timingSafeEqual, type KeyObject } from "node:crypto";

/** Text of a key, `plk_<prefix>_<secret>`: 8 public characters to look it up by, and 256 random bits. */
const KEY_TEXT = /^plk_([0-9a-z]{8})_([0-9A-Za-z_-]{43})$/;

const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyz";

/** The parts of a new key: the text is shown to its owner once, the prefix and a hash of the text are kept. */
export function makeKeyText(): { readonly text: string; readonly prefix: string } {
  const prefix = toLetters(8);
  return { prefix, text: `plk_${prefix}_${randomBytes(32).toString("base64url")}` };
}

/** Names a key for ever and says nothing about its secret. */
export function makeKeyId(): string {
  return `key_${toLetters(12)}`;
}

/** True for a text that is the id of a key, and so can be no name. */
export function isKeyId(text: string): boolean {
  return /^key_[0-9a-z]{12}$/.test(text);
}

/** The public part of a key's text; null for any other text. */
export function readPrefix(text: string): string | null {
  return KEY_TEXT.exec(text)?.[1] ?? null;
}

/** What is kept of a key's text: 64 hexadecimal digits, of no use to anybody without the pepper. */
export function hashKeyText(secretKey: KeyObject, text: string): string {
  return createHmac("sha256", secretKey).update(text).digest("hex");
}

/** Takes as long wherever two hashes part; what is of another length is no hash of ours. */
export function isSameHash(one: string, other: string): boolean {
  const [these, those] = [Buffer.from(one), Buffer.from(other)];
  return these.length === those.length && timingSafeEqual(these, those);
}

function toLetters(count: number): string {
  // 252 is the largest multiple of 36 that a byte holds: above it some letters would come more often.
  let text = "";
  while (text.length < count) {
    for (const byte of randomBytes(count)) if (byte < 252 && text.length < count) text += LETTERS[byte % 36] ?? "";
  }
  return text;
}
