import type { Key } from "../key.ts";
import type { Refusal } from "../policy/decision.ts";

/** What came with a request to show who asks; the text of a secret stands nowhere else. */
export type Credential =
  | { readonly kind: "none" }
  /**
   * `Authorization: Bearer`, `x-api-key`, or the password of basic authentication. `user` is that of basic
   * authentication: a password that was imported counts only together with it, and a key whoever the user says he is.
   */
  | { readonly kind: "secret"; readonly secret: string; readonly user?: string }
  /**
   * Ollama's own header: `Authorization: <public key>:<signature>`, both base64. `signedText` is what is signed: the
   * method and the target as they came, with a comma between, `POST,/api/chat?ts=1732790000`.
   */
  | { readonly kind: "signed"; readonly publicKey: string; readonly signature: string; readonly signedText: string }
  /** Two credentials, or one that cannot be read: 400 or 401, never a guess. */
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Who asks. `key: null`: nobody who is known; unknown, wrong, revoked and expired are not told apart. */
export interface Caller {
  readonly key: Key | null;
}

/**
 * Tells whose credential it is, at once where nobody has to be waited for. Throws or rejects with a `StoreError` where
 * the store is gone and its grace is over.
 */
export interface Verifier {
  verify(credential: Credential, now: number): Caller | Promise<Caller>;
  /**
   * Called with the id of each key that is revoked, within a second of it, wherever that was done; `endsStreams`:
   * whoever did it wants what is being answered to that key cut off too.
   */
  onRevoked(hear: (keyId: string, endsStreams: boolean) => void): void;
  close(): Promise<void>;
}
