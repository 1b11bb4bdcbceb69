import type { Caller, Credential, Verifier } from "../keys/caller.ts";
import type { Key } from "../key.ts";

/** Keys by their secrets, in memory: for tests that are not about keys. */
export class KeysInMemory implements Verifier {
  readonly #keys: Map<string, Key>;
  readonly #hearers: ((keyId: string, endsStreams: boolean) => void)[] = [];

  #error: Error | null = null;

  constructor(keys: Readonly<Record<string, Key>>) {
    this.#keys = new Map(Object.entries(keys));
  }

  async verify(credential: Credential): Promise<Caller> {
    if (this.#error !== null) throw this.#error;
    return { key: credential.kind === "secret" ? (this.#keys.get(credential.secret) ?? null) : null };
  }

  onRevoked(hear: (keyId: string, endsStreams: boolean) => void): void {
    this.#hearers.push(hear);
  }

  /** From now on nobody's credential can be looked up. */
  fail(error: Error): void {
    this.#error = error;
  }

  revoke(secret: string, endsStreams: boolean): void {
    const key = this.#keys.get(secret);
    this.#keys.delete(secret);
    if (key !== undefined) for (const hear of this.#hearers) hear(key.id, endsStreams);
  }

  async close(): Promise<void> {}
}
