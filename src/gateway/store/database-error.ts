import { StoreError, type StoreErrorCode } from "./store-error.ts";

/** Result codes of SQLite without their extension (https://sqlite.org/rescode.html). */
const SQLITE: Readonly<Record<number, StoreErrorCode>> = {
  3: "denied",
  5: "locked",
  6: "locked",
  8: "read-only",
  10: "gone",
  11: "damaged",
  13: "full",
  14: "gone",
  23: "denied",
  26: "damaged",
};
/** What a write comes to where the file system has no room for it, or the file may not grow. */
const SQLITE_IO_FULL: readonly number[] = [778, 4874, 5386];

/** States of PostgreSQL, or the class they begin with (https://www.postgresql.org/docs/15/errcodes-appendix.html). */
const POSTGRES: Readonly<Record<string, StoreErrorCode>> = {
  "08": "gone",
  "25006": "read-only",
  "25P03": "locked",
  "28": "denied",
  "3D000": "gone",
  "40": "locked",
  "42501": "denied",
  "42P01": "damaged",
  "42703": "damaged",
  "53100": "full",
  "53200": "gone",
  "53300": "gone",
  "55P03": "locked",
  "57014": "locked",
  "57P": "gone",
  "58": "gone",
  XX001: "damaged",
  XX002: "damaged",
};

const NETWORK =
  /^(ECONN\w+|E(NOENT|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|AI_\w+|NOTFOUND|SELF_SIGNED\w*)|ENOTFOUND|EAI_AGAIN|ERR_(TLS|SSL)\w*|\w*CERT\w*)$/;
/** Of pg itself, which gives them no code. */
const CONNECTION = /timeout|terminated|Connection|connect|not queryable|SSL|password must be|SASL/i;

/**
 * What a failure of the database means to whoever asked; an error that is none of the database's, and so a bug of ours,
 * comes back as it is.
 */
export function toStoreError(error: unknown, place: string): unknown {
  if (!(error instanceof Error) || error instanceof StoreError) return error;
  const code = "code" in error ? error.code : null;
  if (code === "ERR_SQLITE_ERROR") return fromSqlite(error, place);
  const mapped = typeof code === "string" ? fromCode(code) : CONNECTION.test(error.message) ? "gone" : null;
  return mapped === null ? error : new StoreError(mapped, place, error.message);
}

function fromSqlite(error: Error, place: string): unknown {
  const extended = "errcode" in error ? Number(error.errcode) : 0;
  if (SQLITE_IO_FULL.includes(extended)) return new StoreError("full", place, error.message);
  const isTableMissing = /^no such (table|column)/.test(error.message);
  const code = isTableMissing ? "damaged" : SQLITE[extended & 0xff];
  return code === undefined ? error : new StoreError(code, place, error.message);
}

function fromCode(code: string): StoreErrorCode | null {
  if (code === "EACCES" || code === "EPERM") return "denied";
  if (NETWORK.test(code)) return "gone";
  return POSTGRES[code] ?? POSTGRES[code.slice(0, 3)] ?? POSTGRES[code.slice(0, 2)] ?? null;
}
