import { type Kysely, sql } from "kysely";
import type { UsageEntry, UsageRow } from "./store.ts";
import type { Tables, UsageTableRow } from "./tables.ts";

const HOUR_MS = 3_600_000;
/** Rows of one statement; seven values each. */
const MOST_ROWS = 200;

/** Adds entries to the rows of their key, model and hour, all of them or none. */
export async function addUsage(db: Kysely<Tables>, entries: readonly UsageEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const rows = sumUp(entries);
  await db.transaction().execute(async (step) => {
    for (let from = 0; from < rows.length; from += MOST_ROWS) {
      await step
        .insertInto("portlock_usage")
        .values(rows.slice(from, from + MOST_ROWS))
        .onConflict((conflict) =>
          conflict.columns(["key_id", "hour", "model"]).doUpdateSet({
            requests: sql<number>`portlock_usage.requests + excluded.requests`,
            prompt_tokens: sql<number>`portlock_usage.prompt_tokens + excluded.prompt_tokens`,
            answer_tokens: sql<number>`portlock_usage.answer_tokens + excluded.answer_tokens`,
            failed: sql<number>`portlock_usage.failed + excluded.failed`,
          }),
        )
        .execute();
    }
  });
}

/** Rows of the hours that begin in `[since, until)`, oldest first. */
export async function listUsage(db: Kysely<Tables>, since: number, until: number): Promise<readonly UsageRow[]> {
  const rows = await db
    .selectFrom("portlock_usage")
    .selectAll()
    .where("hour", ">=", since)
    .where("hour", "<", until)
    .orderBy("hour")
    .orderBy("key_id")
    .orderBy("model")
    .execute();
  return rows.map((row) => ({
    keyId: row.key_id,
    model: row.model,
    hour: row.hour,
    requests: row.requests,
    promptTokens: row.prompt_tokens,
    answerTokens: row.answer_tokens,
    failed: row.failed,
  }));
}

/** Tokens of a key since the beginning of that hour. */
export async function countTokens(db: Kysely<Tables>, keyId: string, since: number): Promise<number> {
  const { tokens } = await db
    .selectFrom("portlock_usage")
    // A sum is wider than its parts in PostgreSQL, and would come back as text.
    .select(sql<number>`cast(coalesce(sum(prompt_tokens + answer_tokens), 0) as bigint)`.as("tokens"))
    .where("key_id", "=", keyId)
    .where("hour", ">=", toHour(since))
    .executeTakeFirstOrThrow();
  return tokens;
}

/** One row for each key, hour and model, in an order that every writer keeps, so that none waits for another in turn. */
function sumUp(entries: readonly UsageEntry[]): readonly UsageTableRow[] {
  const rows = new Map<string, UsageTableRow>();
  for (const entry of entries) {
    const hour = toHour(entry.at);
    const place = JSON.stringify([entry.keyId, hour, entry.model]);
    const row = rows.get(place);
    rows.set(place, {
      key_id: entry.keyId,
      model: entry.model,
      hour,
      requests: (row?.requests ?? 0) + entry.requests,
      prompt_tokens: (row?.prompt_tokens ?? 0) + entry.promptTokens,
      answer_tokens: (row?.answer_tokens ?? 0) + entry.answerTokens,
      failed: (row?.failed ?? 0) + entry.failed,
    });
  }
  return [...rows].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

function toHour(at: number): number {
  return Math.floor(at / HOUR_MS) * HOUR_MS;
}
