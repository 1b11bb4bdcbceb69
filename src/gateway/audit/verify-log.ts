import type { Pepper } from "../store/pepper.ts";
import type { Position, Store } from "../store/store.ts";
import { FIRST_HASH, toHash } from "./chain.ts";
import type { AuditEntry } from "./entry.ts";
import { LoggedKeys } from "./logged-keys.ts";

/** Entries that are read at a time. */
const PAGE = 500;

/** What a log comes to. */
export type LogVerdict =
  | { readonly kind: "sound"; readonly entries: number; readonly head: Position }
  | {
      readonly kind: "broken";
      /** Number of the first entry that is not as it should be. */
      readonly number: number;
      /**
       * `changed`: its hash is not of its content; `missing`: it does not follow the one before; `cut-off`: the store's
       * own note of the last entry names one that is not there; `not-expected`: an entry that was kept elsewhere is not
       * this one; `key-differs`: the key it is about is not in the store as the log says.
       */
      readonly why: "changed" | "missing" | "cut-off" | "not-expected" | "key-differs";
    };

/**
 * Follows the chain from the first entry to the last, and holds the keys in the store against what the log says was done
 * to them. `expected` is a position that was kept elsewhere: by it alone it shows that the newest entries were taken
 * away together with their keys.
 */
export async function verifyLog(
  { store, pepper }: { readonly store: Store; readonly pepper: Pepper },
  expected: Position | null,
): Promise<LogVerdict> {
  // Before the entries: what is written meanwhile lies behind the head and is no concern of this look.
  const head = await store.readPosition();
  const logged = new LoggedKeys();
  let last: Position = { number: 0, hash: FIRST_HASH };
  while (last.number < head.number) {
    const page = await store.listAudit(last.number, PAGE);
    if (page.length === 0) return { kind: "broken", number: last.number + 1, why: "cut-off" };
    for (const entry of page) {
      const why = judgeEntry(pepper.chainKey, last, entry, expected);
      if (why !== null) return { kind: "broken", number: entry.number, why };
      logged.follow(entry);
      last = { number: entry.number, hash: entry.hash };
      if (last.number === head.number) break;
    }
  }
  if (last.hash !== head.hash) return { kind: "broken", number: last.number, why: "cut-off" };
  if (expected !== null && expected.number > last.number) {
    return { kind: "broken", number: expected.number, why: "not-expected" };
  }
  const differing = await logged.findDifference(store, head);
  if (differing !== null) return { kind: "broken", number: differing, why: "key-differs" };
  return { kind: "sound", entries: last.number, head: last };
}

function judgeEntry(
  chainKey: Uint8Array,
  last: Position,
  entry: AuditEntry,
  expected: Position | null,
): "changed" | "missing" | "not-expected" | null {
  if (entry.number !== last.number + 1 || entry.previousHash !== last.hash) return "missing";
  if (toHash(chainKey, entry) !== entry.hash) return "changed";
  if (expected?.number === entry.number && !entry.hash.startsWith(expected.hash)) return "not-expected";
  return null;
}
