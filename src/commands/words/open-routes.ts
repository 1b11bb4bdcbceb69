import type { Server } from "../../judge/server.ts";
import { toSocketText } from "../../report/printable.ts";

const MOST = 3;

/** The open ways to a server, as few words as tell them apart: vantage, interface and socket. */
export function listOpenRoutes({ routes }: Server): readonly string[] {
  const open = routes.filter(
    ({ verdict, from }) => verdict === "open" && from.vantage !== "host" && from.vantage !== "browser",
  );
  const texts = open.map(({ from, entry }) => {
    const through = from.interface === null ? "" : ` (${from.interface})`;
    return `${from.vantage}${through} > ${toSocketText(entry.address, entry.port)}`;
  });
  return [...new Set(texts)].slice(0, MOST);
}
