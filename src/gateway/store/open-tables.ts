import type { Kysely } from "kysely";
import { toStoreError } from "./database-error.ts";
import { type Flavour, migrate } from "./migrate.ts";
import type { Pepper } from "./pepper.ts";
import { SqlStore } from "./sql-store.ts";
import type { Store } from "./store.ts";
import type { Tables } from "./tables.ts";

/** A store that is open, and the keys of its hashes. */
export interface OpenStore {
  readonly store: Store;
  readonly pepper: Pepper;
  /** For people: a folder, or `postgres://host/database`. */
  readonly place: string;
}

/** The store over a database that can be reached; the database is closed where it does not come to that. */
export async function openTables(
  db: Kysely<Tables>,
  pepper: Pepper,
  place: string,
  flavour: Flavour,
): Promise<OpenStore> {
  try {
    await migrate(db, place, pepper.check, flavour);
    return { store: new SqlStore(db, { place, chainKey: pepper.chainKey }), pepper, place };
  } catch (error) {
    await db.destroy();
    throw toStoreError(error, place);
  }
}
