import { type Kysely, sql, type Transaction } from "kysely";
import { FIRST_HASH } from "../audit/chain.ts";
import { StoreError } from "./store-error.ts";
import type { StateRow, Tables } from "./tables.ts";

/** Steps from each version of the tables to the next. One that was released is never changed. */
const STEPS: readonly ((db: Transaction<Tables>) => Promise<void>)[] = [makeKeys, makeUsage, makeAudit];

/** Numbers are 64 bits wide in both databases; SQLite takes the name for its own integer. */
const INTEGER = "bigint";

/** What the two databases say differently. */
export interface Flavour {
  /** One row where the tables are there, none where not. */
  readonly findTables: string;
  /** Taken by whoever makes tables, first in a transaction; a database whose writers exclude each other needs none. */
  readonly lock: string | null;
}

/**
 * Brings the tables up to this version, one process at a time, and holds the store's pepper against ours. Rejects with a
 * `StoreError` where a newer Portlock has written it or its pepper is another.
 */
export async function migrate(db: Kysely<Tables>, place: string, pepperCheck: string, flavour: Flavour): Promise<void> {
  const { rows } = await sql.raw(flavour.findTables).execute(db);
  const found = rows.length === 0 ? null : await readState(db);
  if (found === null || found.version < STEPS.length) {
    await db.transaction().execute((step) => takeSteps(step, pepperCheck, flavour));
  }
  const now = found?.version === STEPS.length ? found : await readState(db);
  if (now.version > STEPS.length) {
    throw new StoreError("newer-version", place, `version ${now.version}, and this Portlock knows ${STEPS.length}`);
  }
  if (now.pepper_check !== pepperCheck) throw new StoreError("wrong-pepper", place, "made with another pepper");
}

async function takeSteps(db: Transaction<Tables>, pepperCheck: string, { lock }: Flavour): Promise<void> {
  if (lock !== null) await sql.raw(lock).execute(db);
  await makeState(db, pepperCheck);
  const { version } = await readState(db);
  if (version >= STEPS.length) return;
  for (const make of STEPS.slice(version)) await make(db);
  await db.updateTable("portlock_state").set({ version: STEPS.length }).execute();
}

async function readState(db: Kysely<Tables>): Promise<Pick<StateRow, "version" | "pepper_check">> {
  return db.selectFrom("portlock_state").select(["version", "pepper_check"]).executeTakeFirstOrThrow();
}

async function makeState(db: Transaction<Tables>, pepperCheck: string): Promise<void> {
  await db.schema
    .createTable("portlock_state")
    .ifNotExists()
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("version", INTEGER, (column) => column.notNull())
    .addColumn("number", INTEGER, (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("pepper_check", "text", (column) => column.notNull())
    .execute();
  await db
    .insertInto("portlock_state")
    .values({ id: 1, version: 0, number: 0, hash: FIRST_HASH, pepper_check: pepperCheck })
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
}

async function makeKeys(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable("portlock_keys")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("scopes", "text", (column) => column.notNull())
    .addColumn("grants", "text", (column) => column.notNull())
    .addColumn("models", "text")
    .addColumn("networks", "text")
    .addColumn("limits", "text", (column) => column.notNull())
    .addColumn("created_at", INTEGER, (column) => column.notNull())
    .addColumn("expires_at", INTEGER)
    .addColumn("revoked_at", INTEGER)
    .addColumn("ends_streams", INTEGER, (column) => column.notNull())
    .addColumn("changed", INTEGER, (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("portlock_keys_name")
    .on("portlock_keys")
    .column("name")
    .unique()
    .where(sql.ref("revoked_at"), "is", null)
    .execute();
  await db.schema.createIndex("portlock_keys_changed").on("portlock_keys").column("changed").execute();
  await db.schema
    .createTable("portlock_secrets")
    .addColumn("key_id", "text", (column) => column.notNull().references("portlock_keys.id"))
    .addColumn("position", INTEGER, (column) => column.notNull())
    .addColumn("prefix", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("value", "text", (column) => column.notNull())
    .addColumn("expires_at", INTEGER)
    .addPrimaryKeyConstraint("portlock_secrets_key", ["key_id", "position"])
    .execute();
  await db.schema.createIndex("portlock_secrets_prefix").on("portlock_secrets").columns(["prefix", "kind"]).execute();
}

async function makeUsage(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable("portlock_usage")
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("model", "text", (column) => column.notNull())
    .addColumn("hour", INTEGER, (column) => column.notNull())
    .addColumn("requests", INTEGER, (column) => column.notNull())
    .addColumn("prompt_tokens", INTEGER, (column) => column.notNull())
    .addColumn("answer_tokens", INTEGER, (column) => column.notNull())
    .addColumn("failed", INTEGER, (column) => column.notNull())
    .addPrimaryKeyConstraint("portlock_usage_key", ["key_id", "hour", "model"])
    .execute();
  await db.schema.createIndex("portlock_usage_hour").on("portlock_usage").column("hour").execute();
}

async function makeAudit(db: Transaction<Tables>): Promise<void> {
  await db.schema
    .createTable("portlock_audit")
    .addColumn("number", INTEGER, (column) => column.primaryKey())
    .addColumn("at", INTEGER, (column) => column.notNull())
    .addColumn("by", "text", (column) => column.notNull())
    .addColumn("act", "text", (column) => column.notNull())
    .addColumn("key_id", "text")
    .addColumn("detail", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("previous_hash", "text", (column) => column.notNull())
    .execute();
}
