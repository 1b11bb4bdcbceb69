import type { Position, Store, StoredKey } from "../store/store.ts";
import type { AuditEntry } from "./entry.ts";

/** A key as the log says it stands, and the entry that said so last. */
interface LoggedKey {
  readonly number: number;
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * The keys as they come out of the log alone. The rows of the store are not chained: that somebody gave a key more than
 * it was given here shows when the two are held against each other.
 */
export class LoggedKeys {
  readonly #keys = new Map<string, LoggedKey>();

  /** Takes what one entry says of its key. */
  follow({ number, at, act, keyId, detail }: AuditEntry): void {
    if (keyId === null) return;
    const said = toRecord(JSON.parse(detail));
    const before = this.#keys.get(keyId)?.facts ?? {};
    if (act === "create") {
      const { secret, ...facts } = said;
      this.#keys.set(keyId, { number, facts: { ...facts, createdAt: at, revokedAt: null, secrets: [secret] } });
    }
    if (act === "rotate") {
      const secrets = [...toList(before["secrets"]), said["secret"]];
      this.#keys.set(keyId, { number, facts: { ...before, secrets } });
    }
    if (act === "revoke") {
      const revokedAt = before["revokedAt"] ?? at;
      this.#keys.set(keyId, { number, facts: { ...before, revokedAt } });
    }
  }

  /**
   * The number of the entry whose key the store has otherwise, or not at all; 0 where it has one that the log does not
   * know; null where all agree. Keys that were changed behind `head` are left to the next look.
   */
  async findDifference(store: Store, head: Position): Promise<number | null> {
    const later = new Set((await store.readChanges(head)).keys.map(({ key }) => key.id));
    const stored = new Map((await store.listKeys()).map((each) => [each.key.id, each]));
    for (const [id, { number, facts }] of this.#keys) {
      const found = stored.get(id);
      if (later.has(id)) continue;
      if (found === undefined || !isSame(facts, toFacts(found))) return number;
    }
    const isKnown = [...stored.keys()].every((id) => this.#keys.has(id) || later.has(id));
    return isKnown ? null : 0;
  }
}

function toFacts({ key, secrets }: StoredKey): Readonly<Record<string, unknown>> {
  const { id: _, ...facts } = key;
  return { ...facts, secrets: secrets.map(({ kind, prefix }) => ({ kind, prefix })) };
}

/** The same facts in whatever order. */
function isSame(one: unknown, other: unknown): boolean {
  return toText(one) === toText(other);
}

function toText(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : each,
  );
}

function toRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
