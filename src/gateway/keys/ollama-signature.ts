import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";

/** Name of the algorithm, and lengths, of an Ed25519 key in OpenSSH's form (RFC 8709). */
const ALGORITHM = "ssh-ed25519";
const RAW_LENGTH = 32;
const SIGNATURE_LENGTH = 64;
/** What precedes 32 raw bytes in the DER form that node:crypto takes (RFC 8410). */
const DER_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/**
 * How far the time that was signed may be from ours. Ollama's client signs the method, the path and the second, and no
 * nonce and no body (api/client.go): whoever hears such a request can send it again within this time, which only TLS
 * prevents, so it is short, and long enough for clocks that are a little off.
 */
const WINDOW_SECONDS = 60;

/** An Ollama public key that may sign. */
export interface PublicKey {
  /** `ssh-ed25519 AAAA…` without a comment. */
  readonly text: string;
  /** SHA-256 of the key as it is sent, hexadecimal: what it is looked up by. */
  readonly fingerprint: string;
}

/** Reads `ssh-ed25519 AAAA… comment`, the content of `~/.ollama/id_ed25519.pub`; null for every other kind of key. */
export function readPublicKey(text: string): PublicKey | null {
  const [algorithm, base64 = ""] = text.trim().split(/\s+/);
  if (algorithm !== ALGORITHM || toRaw(base64) === null) return null;
  return { text: `${ALGORITHM} ${base64}`, fingerprint: toFingerprint(base64) };
}

/** What a key is looked up by, from its base64. */
export function toFingerprint(base64: string): string {
  return createHash("sha256").update(base64).digest("hex");
}

/**
 * True where `signature` (base64) is that of the key (base64, as Ollama sends it) over the text, and the second the text
 * names, `…?ts=1732790000`, is now. `now` is in milliseconds.
 */
export function isSigned(publicKey: string, signature: string, signedText: string, now: number): boolean {
  const seconds = /^[A-Z]+,\/[^?#]*\?ts=(\d{1,12})$/.exec(signedText)?.[1];
  const isFresh = seconds !== undefined && Math.abs(now / 1000 - Number(seconds)) <= WINDOW_SECONDS;
  const raw = toRaw(publicKey);
  const bytes = toBytes(signature, SIGNATURE_LENGTH);
  if (raw === null || bytes === null) return false;
  return verify(null, Buffer.from(signedText), toKeyObject(raw), bytes) && isFresh;
}

function toKeyObject(raw: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([DER_PREFIX, raw]), format: "der", type: "spki" });
}

/** The 32 bytes in OpenSSH's packing: the algorithm's name and the key, each behind its length; null for all else. */
function toRaw(base64: string): Uint8Array | null {
  const head = Buffer.concat([toLength(ALGORITHM.length), Buffer.from(ALGORITHM), toLength(RAW_LENGTH)]);
  const bytes = toBytes(base64, head.length + RAW_LENGTH);
  if (bytes === null || !bytes.subarray(0, head.length).equals(head)) return null;
  return bytes.subarray(head.length);
}

function toLength(length: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}

/** Base64 in its one canonical writing, of exactly so many bytes; null for every other text. */
function toBytes(base64: string, length: number): Buffer | null {
  if (base64.length !== Math.ceil(length / 3) * 4) return null;
  const bytes = Buffer.from(base64, "base64");
  return bytes.length === length && bytes.toString("base64") === base64 ? bytes : null;
}
