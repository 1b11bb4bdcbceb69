import { accessSync, constants, statSync } from "node:fs";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  type TransactionSettings,
} from "kysely";
import { toFileError } from "./safe-files.ts";
import { StoreError } from "./store-error.ts";

/** Longest that another process is waited for; meanwhile the event loop is free, which SQLite's own waiting is not. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 10;
/** Statements that are kept prepared. */
const MOST_STATEMENTS = 100;

const BUSY = 5;
const LOCKED = 6;

/**
 * A file of SQLite by node:sqlite, which has to be there: one that is gone is not made again, and one that was put in its
 * place while it was open is not touched. A commit is on the disk when it returns (WAL, synchronous=FULL).
 */
export function toSqliteDialect(file: string, patienceMs: number = PATIENCE_MS): Dialect {
  return {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => new FileDriver(file, patienceMs),
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
}

/** Kysely hands out its one connection to one user at a time, because the adapter says there is only one. */
class FileDriver implements Driver {
  readonly #connection: FileConnection;

  constructor(file: string, patienceMs: number) {
    this.#connection = new FileConnection(file, patienceMs);
  }

  async init(): Promise<void> {}

  /** Never fails: Kysely 0.29 would keep the lock on its one connection for ever. */
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }

  /** Who is going to write says so at once: a reader that becomes a writer may be refused in the middle. */
  async beginTransaction(connection: DatabaseConnection, { accessMode }: TransactionSettings): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw(accessMode === "read only" ? "begin" : "begin immediate"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  /** A full disk has ended the transaction already. */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#connection.isInTransaction) await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async releaseConnection(): Promise<void> {}

  async destroy(): Promise<void> {
    this.#connection.close();
  }
}

class FileConnection implements DatabaseConnection {
  readonly #file: string;
  readonly #patienceMs: number;
  #database: DatabaseSync | null = null;
  /** Device and inode of what is open. */
  #identity = "";
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string, patienceMs: number) {
    this.#file = file;
    this.#patienceMs = patienceMs;
  }

  get isInTransaction(): boolean {
    return this.#database?.isTransaction === true;
  }

  /** Opens the file, unless it is open already; refuses to go on where it is not the one that is open. */
  async #attach(): Promise<void> {
    const found = statSync(this.#file, { throwIfNoEntry: false });
    const identity = found === undefined ? "" : `${found.dev}:${found.ino}`;
    if (found === undefined) throw new StoreError("gone", this.#file, "no such file");
    if (this.#database !== null) {
      // What was written last to the old file lies beside the new one, whose content it would spoil.
      if (identity !== this.#identity) throw new StoreError("gone", this.#file, "another file was put in its place");
      return;
    }
    refuseUnwritable(this.#file);
    const address = pathToFileURL(this.#file);
    address.search = "mode=rw";
    const database = new DatabaseSync(address, { timeout: 0, enableForeignKeyConstraints: true, defensive: true });
    try {
      await withPatience(() => database.exec("pragma journal_mode = wal; pragma synchronous = full"), this.#patienceMs);
    } catch (error) {
      database.close();
      throw error;
    }
    this.#database = database;
    this.#identity = identity;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const ask = (): QueryResult<Row> => {
      const statement = this.#prepare(sql);
      const values = parameters.map(toValue);
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Kysely's own promise about the query it compiled
      if (statement.columns().length > 0) return { rows: statement.all(...values) as Row[] };
      const { changes, lastInsertRowid } = statement.run(...values);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    };
    if (this.isInTransaction) return ask();
    await this.#attach();
    return withPatience(ask, this.#patienceMs);
  }

  // oxlint-disable-next-line require-yield -- nothing here reads a table row by row
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error("rows are not streamed");
  }

  close(): void {
    this.#statements.clear();
    this.#database?.close();
    this.#database = null;
  }

  #prepare(sql: string): StatementSync {
    const kept = this.#statements.get(sql);
    if (kept !== undefined) return kept;
    if (this.#database === null) throw new StoreError("gone", this.#file, "closed");
    const statement = this.#database.prepare(sql);
    if (this.#statements.size >= MOST_STATEMENTS) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }
}

/** SQLite says of all these only that it cannot open the file. */
function refuseUnwritable(file: string): void {
  try {
    accessSync(file, constants.R_OK | constants.W_OK);
  } catch (error) {
    throw toFileError(error, file);
  }
}

/** Tries again while another process has the file, for a bounded time. */
async function withPatience<Result>(act: () => Result, patienceMs: number): Promise<Result> {
  const end = performance.now() + patienceMs;
  for (;;) {
    try {
      return act();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= end) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

function isBusy(error: unknown): boolean {
  const code = error instanceof Error && "errcode" in error ? Number(error.errcode) & 0xff : 0;
  return code === BUSY || code === LOCKED;
}

function toValue(value: unknown): string | number | bigint | null {
  if (typeof value === "string" || typeof value === "number" || typeof value === "bigint" || value === null) {
    return value;
  }
  throw new TypeError(`${typeof value} is no value of a column`);
}
