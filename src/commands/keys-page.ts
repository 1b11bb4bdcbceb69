import type { Key, KeyLimits } from "../gateway/key.ts";
import type { StoredKey } from "../gateway/store/store.ts";
import { toPaint } from "../report/colour.ts";
import { toPrintable } from "../report/printable.ts";
import { formatTable, wrapText } from "../report/table.ts";
import type { TextOptions } from "../report/text.ts";
import type { KeysWords } from "./words/keys-words.ts";

export type KeyState = "in-force" | "expired" | "revoked";

const WIDEST = 200;

/** A key as JSON: times in ISO form, and of its secrets what is public. */
export function toKeyDocument({ key, secrets, endsStreams }: StoredKey, now: number): object {
  return {
    ...key,
    state: toState(key, now),
    createdAt: toIso(key.createdAt),
    expiresAt: toIso(key.expiresAt),
    revokedAt: toIso(key.revokedAt),
    endsStreams,
    secrets: secrets.map(({ kind, prefix, expiresAt }) => ({ kind, prefix, expiresAt: toIso(expiresAt) })),
  };
}

/** All keys as a table, or one fact a line; text that ends in a newline. */
export function formatKeys(
  stored: readonly StoredKey[],
  hidden: number,
  now: number,
  says: KeysWords,
  options: TextOptions,
): string {
  const { name, id, state, scopes, models, limits, expiresAt } = says.headings;
  const headings = [name, id, state, scopes, models, limits, expiresAt];
  const rows = stored.map(({ key }) => [
    toPrintable(key.name, WIDEST),
    key.id,
    says.states[toState(key, now)],
    [...key.scopes, ...key.grants].join(", "),
    toPatterns(key.models, says.every),
    toLimits(key.limits, says).join(", ") || says.none,
    key.expiresAt === null ? says.never : toMoment(key.expiresAt),
  ]);
  const lines = stored.length === 0 ? [says.noKeys] : formatRows(headings, rows, options);
  return `${[...lines, ...(hidden === 0 ? [] : ["", says.moreRevoked(hidden)])].join("\n")}\n`;
}

/** One key, one fact a line; text that ends in a newline. */
export function formatKey(stored: StoredKey, now: number, says: KeysWords, { width }: TextOptions): string {
  const { key, secrets } = stored;
  const facts: readonly (readonly [keyof KeysWords["headings"], readonly string[]])[] = [
    ["name", [toPrintable(key.name, WIDEST)]],
    ["id", [key.id]],
    ["state", [says.states[toState(key, now)]]],
    ["scopes", [key.scopes.join(", ")]],
    ["grants", [key.grants.join(", ") || says.none]],
    ["models", [toPatterns(key.models, says.every)]],
    ["from", [key.from === null ? says.every : key.from.join(", ")]],
    ["limits", toLimits(key.limits, says)],
    ["createdAt", [toMoment(key.createdAt)]],
    ["expiresAt", [key.expiresAt === null ? says.never : toMoment(key.expiresAt)]],
    ...(key.revokedAt === null ? [] : [["revokedAt", [toMoment(key.revokedAt)]] as const]),
    [
      "secrets",
      secrets.map(({ kind, prefix, expiresAt }) =>
        says.secret(kind, toPrintable(prefix, WIDEST), expiresAt === null ? null : toMoment(expiresAt)),
      ),
    ],
  ];
  const lines = facts.flatMap(([fact, values]) =>
    (values.length === 0 ? [says.none] : values).flatMap((value) =>
      wrapText(`${says.headings[fact]}: ${value}`, width),
    ),
  );
  return `${lines.join("\n")}\n`;
}

/** Rows below their headings as a table, or one fact a line where it does not fit or tables are not wanted. */
export function formatRows(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { width, colour, linear }: TextOptions,
): readonly string[] {
  const paint = toPaint(colour);
  const columns = headings.map((heading) => ({ heading }));
  const cells = rows.map((row) => row.map((text) => ({ text })));
  const table = linear ? null : formatTable(columns, cells, width, (line) => paint("dim", line));
  if (table !== null) return table;
  return rows.flatMap((row, number) => [
    ...(number === 0 ? [] : [""]),
    ...row.flatMap((text, index) => wrapText(`${headings[index] ?? ""}: ${text}`, width)),
  ]);
}

/** `2027-02-26 09:00 UTC`. */
export function toMoment(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** What a key comes to at that moment. */
function toState({ revokedAt, expiresAt }: Key, now: number): KeyState {
  if (revokedAt !== null) return "revoked";
  return expiresAt !== null && now >= expiresAt ? "expired" : "in-force";
}

function toIso(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function toPatterns(models: readonly string[] | null, every: string): string {
  return models === null ? every : models.map((each) => toPrintable(each, WIDEST)).join(", ");
}

const LIMITS = [
  "requestsPerMinute",
  "tokensPerDay",
  "concurrent",
  "maxBodyBytes",
  "maxContextTokens",
  "maxKeepAliveSeconds",
] as const satisfies readonly (keyof KeyLimits)[];

function toLimits(limits: KeyLimits, says: KeysWords): readonly string[] {
  return LIMITS.flatMap((name) => {
    const value = limits[name];
    return value === null ? [] : [says.limits[name](toUnit(name, value))];
  });
}

function toUnit(name: keyof KeyLimits, value: number): string {
  if (name === "maxKeepAliveSeconds") return `${value}s`;
  if (name !== "maxBodyBytes") return String(value);
  return value % 2 ** 20 === 0 ? `${value / 2 ** 20} MiB` : value % 1024 === 0 ? `${value / 1024} KiB` : `${value} B`;
}
