import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { DataPlace } from "../store/data-place.ts";
import { missingPostgres, type Postgres, startPostgres } from "./postgres.ts";

/** A database that a store can lie in; the same tests run on each. */
export interface StoreKind {
  readonly name: "SQLite" | "PostgreSQL";
  /** Why it cannot be had here; false where it can. */
  readonly skip: string | false;
  begin(): Promise<void>;
  /** A place where nothing is yet. */
  makePlace(): Promise<DataPlace>;
  /** Does something to a store's tables past the store, as somebody would who can write to the database. */
  tamper(place: DataPlace, sql: string): Promise<void>;
  end(): Promise<void>;
}

/** Both databases, each with servers and folders of its own. */
export function toStoreKinds(): readonly StoreKind[] {
  return [new Sqlite(), new PostgreSql()];
}

class Sqlite implements StoreKind {
  readonly name = "SQLite";
  readonly skip = false;
  readonly #folders: string[] = [];

  async begin(): Promise<void> {}

  async makePlace(): Promise<DataPlace> {
    return { kind: "folder", path: join(makeFolder(this.#folders), "data") };
  }

  async tamper(place: DataPlace, sql: string): Promise<void> {
    if (place.kind !== "folder") throw new Error("not a folder");
    const database = new DatabaseSync(join(place.path, "gateway.db"));
    database.exec(sql);
    database.close();
  }

  async end(): Promise<void> {
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }
}

class PostgreSql implements StoreKind {
  readonly name = "PostgreSQL";
  readonly skip = missingPostgres() ?? false;
  readonly #folders: string[] = [];
  #server: Postgres | null = null;

  async begin(): Promise<void> {
    this.#server = await startPostgres();
  }

  async makePlace(): Promise<DataPlace> {
    const url = (await this.#server?.create()) ?? "";
    return { kind: "postgres", url, pepperFile: null, folder: makeFolder(this.#folders) };
  }

  async tamper(place: DataPlace, sql: string): Promise<void> {
    if (place.kind !== "postgres") throw new Error("not PostgreSQL");
    await this.#server?.ask(place.url, sql);
  }

  async end(): Promise<void> {
    await this.#server?.end();
    for (const folder of this.#folders) rmSync(folder, { recursive: true });
  }
}

function makeFolder(folders: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), "portlock-store-"));
  folders.push(folder);
  return folder;
}
