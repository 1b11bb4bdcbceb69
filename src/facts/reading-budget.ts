import type { HostReader, Reading } from "../host/host.ts";

/** How many characters are read of each owner's files; whoever fills a folder with files uses up his own share. */
export interface ReadingBudget {
  readonly limit: number;
  /** Characters read so far, by owner; null stands for the system. */
  readonly used: Map<number | null, number>;
}

export function toReadingBudget(limit: number): ReadingBudget {
  return { limit, used: new Map() };
}

/** A file of at most `maxBytes`; `too-large` without a look at it where its owner's share is used up. */
export async function readWithin(
  budget: ReadingBudget,
  host: HostReader,
  { path, owner, maxBytes }: { readonly path: string; readonly owner: number | null; readonly maxBytes: number },
): Promise<Reading<string>> {
  const used = budget.used.get(owner) ?? 0;
  if (used >= budget.limit) {
    return { ok: false, why: "too-large", from: path, detail: `more than ${budget.limit} bytes of such files` };
  }
  const text = await host.readFile(path, maxBytes);
  if (text.ok) budget.used.set(owner, (budget.used.get(owner) ?? 0) + text.value.length);
  return text;
}
