import type { Server } from "../../judge/server.ts";
import { toSocketText } from "../../report/printable.ts";
import type { Words } from "../../report/words/words.ts";

const MOST = 3;

/** The open ways to a server in the words of a report: who gets in, and where. The first few, each once. */
export function listOpenRoutes({ routes }: Server, words: Words): readonly string[] {
  const open = routes.filter(
    ({ verdict, from }) => verdict === "open" && from.vantage !== "host" && from.vantage !== "browser",
  );
  const texts = open.map(({ from, entry }) => {
    const place = words.entry(toSocketText(entry.address, entry.port), from.interface);
    return words.plan.closes(words.vantages[from.vantage](from), place);
  });
  return [...new Set(texts)].slice(0, MOST);
}
