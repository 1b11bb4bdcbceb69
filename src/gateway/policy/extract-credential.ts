import type { Credential } from "../keys/caller.ts";
import type { RequestHead } from "./decision.ts";
import { readHeaders } from "./headers.ts";
import { type RefusalCode, refuse } from "./refusals.ts";

const LONGEST_CREDENTIAL = 4096;

/** Printable ASCII: what a header can carry without a second reading. */
const SECRET = /^[!-~]+$/;

/** What people choose: blanks and letters of any language too (RFC 7617 has it in UTF-8), and no control character. */
const PASSWORD = /^[^\p{Cc}]+$/u;

/**
 * Ollama's own form (auth/auth.go): an Ed25519 public key as OpenSSH writes it, 51 bytes, and a signature of 64 bytes,
 * both in base64.
 */
const SIGNED = /^(AAAAC3NzaC1lZDI1NTE5AAAAI[A-Za-z0-9+/]{43}):([A-Za-z0-9+/]{86}==)$/;

/** The query that Ollama's client adds where it signs (api/client.go): the seconds since 1970, and nothing else. */
const SIGNED_TARGET = /^[^?]+\?ts=\d{1,12}$/;

/**
 * What came with a request to show who asks: `Authorization: Bearer`, `x-api-key`, the password of basic
 * authentication, or Ollama's signature. Never a query, which ends up in logs. Two credentials are only taken where
 * they are the same secret.
 */
export function extractCredential(head: RequestHead): Credential {
  const headers = readHeaders(head.rawHeaders);
  const authorizations = headers.get("authorization") ?? [];
  const apiKeys = headers.get("x-api-key") ?? [];
  if (authorizations.length > 1 || apiKeys.length > 1) return refused("two-credentials");
  const [authorization] = authorizations;
  const [apiKey] = apiKeys;
  if ([authorization, apiKey].some((text) => (text ?? "").length > LONGEST_CREDENTIAL)) {
    return refused("credential-too-long");
  }
  const first = authorization === undefined ? null : readAuthorization(authorization, head);
  // Ollama's documents have ANTHROPIC_API_KEY set to nothing beside a token; libraries then send an empty header.
  const second = apiKey === undefined || (apiKey === "" && first !== null) ? null : toSecret(apiKey);
  if (first === null || second === null) return first ?? second ?? { kind: "none" };
  if (first.kind === "secret" && second.kind === "secret" && first.secret === second.secret) return first;
  return refused("two-credentials");
}

function readAuthorization(value: string, head: RequestHead): Credential {
  const [, scheme = "", rest = ""] = /^([A-Za-z]+) (.*)$/.exec(value) ?? [];
  if (scheme.toLowerCase() === "bearer") return toSecret(rest);
  if (scheme.toLowerCase() === "basic") return readBasic(rest);
  const [, publicKey, signature] = SIGNED.exec(value) ?? [];
  if (publicKey === undefined || signature === undefined || !SIGNED_TARGET.test(head.target)) {
    return refused("unauthenticated");
  }
  return { kind: "signed", publicKey, signature, signedText: `${head.method},${head.target}` };
}

/**
 * A key is the password whatever the user's name, as `http://any:KEY@host` in a client's setting has it; an imported
 * password counts together with the name.
 */
function readBasic(encoded: string): Credential {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) {
    return refused("unauthenticated");
  }
  const text = decodeUtf8(atob(encoded));
  const colon = text?.indexOf(":") ?? -1;
  if (text === null || colon === -1) return refused("unauthenticated");
  const [user, password] = [text.slice(0, colon), text.slice(colon + 1)];
  return PASSWORD.test(password) ? { kind: "secret", secret: password, user } : refused("unauthenticated");
}

/** The text of bytes that stand one in a character; null where they are none. */
function decodeUtf8(bytes: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.from(bytes, (each) => each.charCodeAt(0)),
    );
  } catch {
    return null;
  }
}

function toSecret(text: string): Credential {
  return SECRET.test(text) ? { kind: "secret", secret: text } : refused("unauthenticated");
}

function refused(code: RefusalCode): Credential {
  return { kind: "refused", refusal: refuse(code) };
}
