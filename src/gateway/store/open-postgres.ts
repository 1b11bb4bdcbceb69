import { Kysely, PostgresDialect } from "kysely";
import { Pool, types } from "pg";
import type { DataPlace } from "./data-place.ts";
import { type OpenStore, openTables } from "./open-tables.ts";
import { type Pepper, readPepper, toPepperFile } from "./pepper.ts";
import { takeFolder } from "./safe-files.ts";
import { StoreError } from "./store-error.ts";
import type { Tables } from "./tables.ts";
import type { Flavour } from "./migrate.ts";

/** Id of the type `bigint`. */
const BIGINT = 20;
const MOST_CONNECTIONS = 4;
const CONNECT_MS = 3000;
const ANSWER_MS = 5000;
/** How long another writer is waited for; shorter than an answer, so that it is told as what it is. */
const LOCK_MS = 4000;

const POSTGRES: Flavour = {
  findTables: "select 1 as found where to_regclass('portlock_state') is not null",
  // Any number that nobody else takes: "portlock" in letters of a telephone.
  lock: "select pg_advisory_xact_lock(76785625)",
};

/** Opens a store in PostgreSQL, which several replicas of the gateway share together with its pepper. */
export async function openPostgres(
  { url, pepperFile, folder }: DataPlace & { readonly kind: "postgres" },
  mayCreate: boolean,
): Promise<OpenStore> {
  const pepper = await takePepper(toShown(url), pepperFile, folder, mayCreate);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: toPool(url) }) });
  return openTables(db, pepper, toShown(url), POSTGRES);
}

/** A replica is given the pepper that the others have; the first may make it, in its own folder. */
async function takePepper(place: string, file: string | null, folder: string, mayCreate: boolean): Promise<Pepper> {
  try {
    if (file !== null) return await readPepper(file, false);
    await takeFolder(folder, mayCreate);
    return await readPepper(toPepperFile(folder), mayCreate);
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== "gone") throw error;
    throw new StoreError("wrong-pepper", place, `there is no pepper at ${error.place}`);
  }
}

function toPool(url: string): Pool {
  const pool = new Pool({
    connectionString: url,
    max: MOST_CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: ANSWER_MS,
    statement_timeout: ANSWER_MS,
    lock_timeout: LOCK_MS,
    idle_in_transaction_session_timeout: 2 * ANSWER_MS,
    keepAlive: true,
    allowExitOnIdle: true,
    application_name: "portlock",
    types: { getTypeParser: toParser },
  });
  // A connection that breaks is told to whoever uses it next; without a listener it would end the process.
  pool.on("error", () => {});
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Wide integers as numbers: times in milliseconds and sums of tokens are far below 2^53. */
function toParser(type: number, format?: "text" | "binary"): (value: string) => unknown {
  if (type === BIGINT) return Number;
  return types.getTypeParser(type, format === "binary" ? "text" : format);
}

/** The place without the user. */
function toShown(url: string): string {
  const { host, pathname } = new URL(url);
  return `postgres://${host}${pathname}`;
}
