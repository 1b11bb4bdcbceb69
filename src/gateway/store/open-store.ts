import { join } from "node:path";
import { Kysely } from "kysely";
import type { DataPlace } from "./data-place.ts";
import type { Flavour } from "./migrate.ts";
import { type OpenStore, openTables } from "./open-tables.ts";
import { readPepper, toPepperFile } from "./pepper.ts";
import { checkFile, createFile, takeFolder } from "./safe-files.ts";
import { StoreError } from "./store-error.ts";
import { toSqliteDialect } from "./sqlite-dialect.ts";
import type { Tables } from "./tables.ts";

const SQLITE: Flavour = {
  findTables: "select name from sqlite_master where type = 'table' and name = 'portlock_state'",
  lock: null,
};

/**
 * Opens the store of a place. A folder, its store and its pepper are made where they are missing and `mayCreate` says
 * so; tables of an older version are brought up. Rejects with a `StoreError`, also where others could read or write any of it.
 */
export async function openStore(place: DataPlace, mayCreate: boolean = true): Promise<OpenStore> {
  if (place.kind === "postgres") return (await import("./open-postgres.ts")).openPostgres(place, mayCreate);
  return openFolder(place.path, mayCreate);
}

async function openFolder(folder: string, mayCreate: boolean): Promise<OpenStore> {
  await takeFolder(folder, mayCreate);
  const file = join(folder, "gateway.db");
  // A store without its pepper is not given a new one, with which no key of it would be known.
  const isNew = !(await checkFile(file));
  if (isNew && !mayCreate) throw new StoreError("gone", folder, "there is no store in it");
  const pepper = await readPepper(toPepperFile(folder), isNew);
  if (isNew) await createFile(file, "");
  for (const beside of ["", "-wal", "-shm"]) await checkFile(file + beside);
  const db = new Kysely<Tables>({ dialect: toSqliteDialect(file) });
  return openTables(db, pepper, folder, SQLITE);
}
