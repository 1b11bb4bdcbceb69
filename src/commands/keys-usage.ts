import { getKey } from "../gateway/keys/key-acts.ts";
import type { StoredKey, UsageRow } from "../gateway/store/store.ts";
import { toJson } from "../report/json.ts";
import { toPrintable } from "../report/printable.ts";
import type { TextOptions } from "../report/text.ts";
import { toBars, toTokens } from "./bars.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { UsageFlags } from "./keys-flags.ts";
import { formatRows, toMoment } from "./keys-page.ts";
import { withStore } from "./open-data.ts";
import { toTextOptions } from "./page.ts";
import type { KeysWords } from "./words/keys-words.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SINCE_MS = 7 * DAY_MS;
const WIDEST = 200;

/** Usage of one key and model over the whole time that is looked at. */
interface Sum extends Omit<UsageRow, "hour"> {
  /** Null for a key that is not in the store any more. */
  readonly name: string | null;
}

/** `portlock keys usage [KEY]`: what was used by key and model, and when. */
export async function usage(session: Session, flags: UsageFlags, idOrName?: string): Promise<ExitCode> {
  const now = session.now().getTime();
  const spanMs = flags.since ?? SINCE_MS;
  const since = Math.floor((now - spanMs) / HOUR_MS) * HOUR_MS;
  const { rows, keys } = await withStore(session, flags.data, async (open) => {
    const only = idOrName === undefined ? null : (await getKey(open, idOrName)).key.id;
    const all = await open.store.listUsage(since, now + 1);
    return { rows: all.filter(({ keyId }) => only === null || keyId === only), keys: await open.store.listKeys() };
  });
  const sums = sumUp(rows, keys);
  if (flags.json === true) {
    const span = { since: new Date(since).toISOString(), until: new Date(now).toISOString() };
    const hours = rows.map(({ hour, ...row }) => ({ hour: new Date(hour).toISOString(), ...row }));
    session.out.write(toJson({ schema: "portlock.usage/1", ...span, sums, hours }));
    return EXIT.clear;
  }
  const says = session.words.commands.keys;
  const lines =
    rows.length === 0 ? [says.noUsage] : toPage({ rows, sums, since, now }, says, toTextOptions(session, flags));
  session.out.write(`${lines.join("\n")}\n`);
  return EXIT.clear;
}

/** By key and model, most tokens first. */
function sumUp(rows: readonly UsageRow[], keys: readonly StoredKey[]): readonly Sum[] {
  const names = new Map(keys.map(({ key }) => [key.id, key.name]));
  const sums = new Map<string, Sum>();
  for (const { hour: _, ...row } of rows) {
    const place = JSON.stringify([row.keyId, row.model]);
    const sum = sums.get(place);
    sums.set(place, {
      keyId: row.keyId,
      name: names.get(row.keyId) ?? null,
      model: row.model,
      requests: row.requests + (sum?.requests ?? 0),
      promptTokens: row.promptTokens + (sum?.promptTokens ?? 0),
      answerTokens: row.answerTokens + (sum?.answerTokens ?? 0),
      failed: row.failed + (sum?.failed ?? 0),
    });
  }
  return [...sums.values()].toSorted((one, other) => toTokens(other) - toTokens(one));
}

interface Used {
  readonly rows: readonly UsageRow[];
  readonly sums: readonly Sum[];
  readonly since: number;
  readonly now: number;
}

function toPage({ rows, sums, since, now }: Used, says: KeysWords, options: TextOptions): readonly string[] {
  const { key, model, requests, promptTokens, answerTokens, failed } = says.headings;
  const cells = sums.map((sum) => [
    toPrintable(sum.name ?? sum.keyId, WIDEST),
    sum.model === "" ? says.none : toPrintable(sum.model, WIDEST),
    String(sum.requests),
    String(sum.promptTokens),
    String(sum.answerTokens),
    String(sum.failed),
  ]);
  const unit = now - since <= 2 * DAY_MS ? "hour" : "day";
  const { bars, most } = toBars(rows, { since, until: now, stepMs: unit === "hour" ? HOUR_MS : DAY_MS }, options);
  return [
    says.usageOf(toMoment(since)),
    "",
    ...formatRows([key, model, requests, promptTokens, answerTokens, failed], cells, options),
    "",
    says.chart(unit, String(most)),
    ...bars,
  ];
}
