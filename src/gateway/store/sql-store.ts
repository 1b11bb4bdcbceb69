import type { Kysely, Transaction } from "kysely";
import { toEntry } from "../audit/chain.ts";
import type { Act, AuditEntry } from "../audit/entry.ts";
import { KeyError } from "../keys/key-error.ts";
import type { Key } from "../key.ts";
import { toStoreError } from "./database-error.ts";
import { toKeyRow, toSecretRow, toStoredKey } from "./key-rows.ts";
import type { Changes, Position, Store, StoredKey, StoredSecret, UsageEntry, UsageRow } from "./store.ts";
import type { KeyRow, SecretRow, Tables } from "./tables.ts";
import { addUsage, countTokens, listUsage } from "./usage-rows.ts";

/** Ids that are asked for in one question: databases take only so many values. */
const MOST_IDS = 500;

/** What goes with a store. */
export interface StoreSetting {
  /** A path, or `postgres://host/database`, for errors. */
  readonly place: string;
  readonly chainKey: Uint8Array;
}

/** The store over the tables of either database, which have been made already. */
export class SqlStore implements Store {
  readonly #db: Kysely<Tables>;
  readonly #setting: StoreSetting;

  constructor(db: Kysely<Tables>, setting: StoreSetting) {
    this.#db = db;
    this.#setting = setting;
  }

  listKeys(): Promise<readonly StoredKey[]> {
    return this.#read((db) => this.#listKeysBehind(db, 0));
  }

  findKey(idOrName: string): Promise<StoredKey | null> {
    return this.#read((db) => this.#find(db, idOrName));
  }

  async createKey(key: Key, secrets: readonly Omit<StoredSecret, "keyId">[], act: Act): Promise<void> {
    await this.#write({ ...act, keyId: key.id }, async (db, { number }) => {
      const taken = await db
        .selectFrom("portlock_keys")
        .select("id")
        .where("name", "=", key.name)
        .where("revoked_at", "is", null)
        .executeTakeFirst();
      if (taken !== undefined) throw new KeyError({ code: "key-name-taken", data: { name: key.name } });
      for (const secret of secrets) await refuseTaken(db, secret);
      await db.insertInto("portlock_keys").values(toKeyRow(key, number)).execute();
      const rows = secrets.map((secret, index) => toSecretRow(key.id, index + 1, secret));
      await db.insertInto("portlock_secrets").values(rows).execute();
    });
  }

  async revokeKey(id: string, endsStreams: boolean, act: Act): Promise<Key> {
    return this.#write({ ...act, keyId: id }, async (db, { number }) => {
      const stored = await this.#find(db, id);
      if (stored === null) throw new KeyError({ code: "no-such-key", data: { key: id } });
      const revokedAt = stored.key.revokedAt ?? act.at;
      const change = {
        revoked_at: revokedAt,
        ends_streams: endsStreams || stored.endsStreams ? 1 : 0,
        changed: number,
      };
      await db.updateTable("portlock_keys").set(change).where("id", "=", id).execute();
      return { ...stored.key, revokedAt };
    });
  }

  async rotateKey(id: string, secret: Omit<StoredSecret, "keyId">, olderExpireAt: number, act: Act): Promise<void> {
    await this.#write({ ...act, keyId: id }, async (db, { number }) => {
      const stored = await this.#find(db, id);
      if (stored === null) throw new KeyError({ code: "no-such-key", data: { key: id } });
      if (stored.key.revokedAt !== null) throw new KeyError({ code: "key-revoked", data: { name: stored.key.name } });
      await refuseTaken(db, secret);
      await db
        .updateTable("portlock_secrets")
        .set({ expires_at: olderExpireAt })
        .where("key_id", "=", id)
        .where((where) => where.or([where("expires_at", "is", null), where("expires_at", ">", olderExpireAt)]))
        .execute();
      await db
        .insertInto("portlock_secrets")
        .values(toSecretRow(id, stored.secrets.length + 1, secret))
        .execute();
      await db.updateTable("portlock_keys").set({ changed: number }).where("id", "=", id).execute();
    });
  }

  async readChanges(since: Position | null): Promise<Changes> {
    const head = await this.readPosition();
    if (since !== null && head.number === since.number && head.hash === since.hash) {
      return { position: head, isWhole: false, keys: [] };
    }
    return this.#read(async (db) => {
      const position = await readHead(db);
      const isKnown = since !== null && (await hasEntry(db, since));
      const keys = await this.#listKeysBehind(db, isKnown ? since.number : 0);
      return { position, isWhole: !isKnown, keys };
    });
  }

  readPosition(): Promise<Position> {
    return this.#guard(() => readHead(this.#db));
  }

  addUsage(entries: readonly UsageEntry[]): Promise<void> {
    return this.#guard(() => addUsage(this.#db, entries));
  }

  listUsage(since: number, until: number): Promise<readonly UsageRow[]> {
    return this.#guard(() => listUsage(this.#db, since, until));
  }

  countTokens(keyId: string, since: number): Promise<number> {
    return this.#guard(() => countTokens(this.#db, keyId, since));
  }

  addAct(act: Act & { readonly keyId: string | null }): Promise<AuditEntry> {
    return this.#write(act, async (_db, entry) => entry);
  }

  listAudit(after: number, limit: number): Promise<readonly AuditEntry[]> {
    return this.#guard(async () => {
      const rows = await this.#db
        .selectFrom("portlock_audit")
        .selectAll()
        .where("number", ">", after)
        .orderBy("number")
        .limit(limit)
        .execute();
      return rows.map(({ key_id: keyId, previous_hash: previousHash, ...row }) => ({ ...row, keyId, previousHash }));
    });
  }

  async close(): Promise<void> {
    await this.#db.destroy();
  }

  /** Rows of keys that were changed behind that entry, with their secrets. */
  async #listKeysBehind(db: Transaction<Tables>, number: number): Promise<readonly StoredKey[]> {
    const rows = await db
      .selectFrom("portlock_keys")
      .selectAll()
      .where("changed", ">", number)
      .orderBy("created_at")
      .orderBy("id")
      .execute();
    const secrets = new Map<string, SecretRow[]>();
    for (let from = 0; from < rows.length; from += MOST_IDS) {
      const ids = rows.slice(from, from + MOST_IDS).map(({ id }) => id);
      for (const secret of await listSecrets(db, ids)) {
        secrets.set(secret.key_id, [...(secrets.get(secret.key_id) ?? []), secret]);
      }
    }
    return rows.map((row) => toStoredKey(row, secrets.get(row.id) ?? [], this.#setting.place));
  }

  async #find(db: Transaction<Tables>, idOrName: string): Promise<StoredKey | null> {
    const row = (await findById(db, idOrName)) ?? (await findByName(db, idOrName));
    if (row === undefined) return null;
    return toStoredKey(row, await listSecrets(db, [row.id]), this.#setting.place);
  }

  /** Everything that is read stands at one moment. */
  #read<Result>(read: (db: Transaction<Tables>) => Promise<Result>): Promise<Result> {
    return this.#guard(() =>
      this.#db.transaction().setAccessMode("read only").setIsolationLevel("repeatable read").execute(read),
    );
  }

  /** Takes the next place in the audit log first, which one writer at a time can do, then changes something. */
  #write<Result>(
    act: Act & { readonly keyId: string | null },
    write: (db: Transaction<Tables>, entry: AuditEntry) => Promise<Result>,
  ): Promise<Result> {
    return this.#guard(() =>
      this.#db.transaction().execute(async (db) => {
        // Takes the lock of the row; what it holds is read behind that.
        await db.updateTable("portlock_state").set({ id: 1 }).execute();
        const entry = toEntry(this.#setting.chainKey, await readHead(db), act);
        const { keyId, previousHash, ...rest } = entry;
        await db
          .insertInto("portlock_audit")
          .values({ ...rest, key_id: keyId, previous_hash: previousHash })
          .execute();
        await db.updateTable("portlock_state").set({ number: entry.number, hash: entry.hash }).execute();
        return write(db, entry);
      }),
    );
  }

  async #guard<Result>(act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      throw toStoreError(error, this.#setting.place);
    }
  }
}

async function readHead(db: Kysely<Tables>): Promise<Position> {
  return db.selectFrom("portlock_state").select(["number", "hash"]).executeTakeFirstOrThrow();
}

/** True where that position is one this store has been at. */
async function hasEntry(db: Transaction<Tables>, { number, hash }: Position): Promise<boolean> {
  const entry = await db.selectFrom("portlock_audit").select("hash").where("number", "=", number).executeTakeFirst();
  return entry?.hash === hash;
}

async function findById(db: Transaction<Tables>, id: string): Promise<KeyRow | undefined> {
  return db.selectFrom("portlock_keys").selectAll().where("id", "=", id).executeTakeFirst();
}

/** The one in force, else the one that was revoked last. */
async function findByName(db: Transaction<Tables>, name: string): Promise<KeyRow | undefined> {
  const rows = await db
    .selectFrom("portlock_keys")
    .selectAll()
    .where("name", "=", name)
    .orderBy("revoked_at", "desc")
    .execute();
  return rows.find(({ revoked_at: revokedAt }) => revokedAt === null) ?? rows[0];
}

async function listSecrets(db: Transaction<Tables>, keyIds: readonly string[]): Promise<readonly SecretRow[]> {
  return db
    .selectFrom("portlock_secrets")
    .selectAll()
    .where("key_id", "in", keyIds)
    .orderBy("key_id")
    .orderBy("position")
    .execute();
}

/** A public key or a user lets in one key alone; the public parts of two secrets may be the same. */
async function refuseTaken(
  db: Transaction<Tables>,
  { kind, prefix }: Pick<StoredSecret, "kind" | "prefix">,
): Promise<void> {
  if (kind === "secret") return;
  const taken = await db
    .selectFrom("portlock_secrets")
    .innerJoin("portlock_keys", "portlock_keys.id", "portlock_secrets.key_id")
    .select("portlock_keys.name")
    .where("portlock_secrets.prefix", "=", prefix)
    .where("portlock_secrets.kind", "=", kind)
    .where("portlock_keys.revoked_at", "is", null)
    .executeTakeFirst();
  if (taken !== undefined) throw new KeyError({ code: "credential-taken", data: { prefix, keyName: taken.name } });
}
