import type { RunBy, Server } from "../judge/server.ts";
import type { Proofs, TriedConnection } from "../verify/proofs.ts";
import { toPaint, type Paint, type Style } from "./colour.ts";
import { toPrintable, toShellWord } from "./printable.ts";
import {
  isOfOwnLink,
  toConclusions,
  toProofCells,
  toSessionText,
  toSiteHeading,
  toSiteLines,
  toSurvivalCells,
  toUntriedText,
  type Verified,
} from "./proof-lines.ts";
import type { Report } from "./report.ts";
import { toSummary } from "./summary.ts";
import { formatTable, wrapText, type Cell } from "./table.ts";
import type { TextOptions } from "./text.ts";
import type { Words } from "./words/words.ts";

/** The proofs as text that ends in a newline; everything that came from the host is made printable. */
export function formatProofs({ report, proofs }: Verified, options: TextOptions): string {
  const { words, width, colour } = options;
  const paint = toPaint(colour);
  const { headings } = words.proofs;
  const wrap = (text: string): string[] => wrapText(text, width);
  const list = (texts: readonly string[]): string[] => texts.flatMap((text) => indent(text, width));
  const sections: readonly (readonly [string | null, readonly string[]])[] = [
    [null, [...wrap(words.summary(toSummary(report))), ...toConclusions({ report, proofs }, words).flatMap(wrap)]],
    ...report.servers.map(
      ({ id, kind, version }) =>
        [
          `${id}  ${words.server(words.servers[kind], version)}`,
          formatTried(
            proofs.proofs.filter(({ server }) => server === id),
            report.servers,
            options,
            paint,
          ),
        ] as const,
    ),
    ...proofs.sites.map(
      (site) => [words.labelled(headings.sites, toSiteHeading(site, words)), list(toSiteLines(site, words))] as const,
    ),
    [headings.oldSessions, formatSessions(report, proofs, options)],
    [headings.survival, formatSurvival(proofs, options, paint)],
    [headings.untried, list(proofs.untried.map((each) => toUntriedText(each, words)))],
  ];
  return `${sections
    .filter(([, lines]) => lines.length > 0)
    .map(([heading, lines]) => [...(heading === null ? [] : [paint("bold", heading)]), ...lines].join("\n"))
    .join("\n\n")}\n`;
}

function formatTried(
  proofs: readonly TriedConnection[],
  servers: readonly Server[],
  { words, width, linear }: TextOptions,
  paint: Paint,
): string[] {
  const { headings } = words.proofs;
  const rows = proofs.map((proof) => {
    const { place, address, expected, seen } = toProofCells(proof, words);
    return [
      { text: place },
      { text: address },
      { text: expected },
      { text: seen, paint: (line: string) => paint(toStyle(proof, servers), line) },
    ];
  });
  const names = [headings.place, headings.address, headings.expected, headings.seen];
  return layOut(names, rows, { words, width, linear }, paint);
}

function formatSurvival({ survival }: Proofs, options: TextOptions, paint: Paint): string[] {
  const { headings } = options.words.proofs;
  const many = new Set(survival.map(({ server }) => server)).size > 1;
  const rows = survival.map((each) => {
    const [event, holds, because] = toSurvivalCells(each, options.words);
    const style: Style = each.holds === null ? "yellow" : each.holds ? "green" : "red";
    const cells: Cell[] = [{ text: event }, { text: holds, paint: (line) => paint(style, line) }, { text: because }];
    return many ? [{ text: each.server }, ...cells] : cells;
  });
  const names = [headings.event, headings.holds, headings.because];
  return layOut(many ? [headings.server, ...names] : names, rows, options, paint);
}

/** A table, or one thing a line where that is wanted or there is no room for a table. */
function layOut(
  names: readonly string[],
  rows: readonly (readonly Cell[])[],
  { words, width, linear }: Pick<TextOptions, "words" | "width" | "linear">,
  paint: Paint,
): string[] {
  if (rows.length === 0) return [];
  const columns = names.map((heading) => ({ heading }));
  const table = linear ? null : formatTable(columns, rows, width - 2, (line) => paint("dim", line));
  if (table !== null) return table.map((line) => `  ${line}`);
  return rows.flatMap((row) =>
    indent(row.map(({ text }, index) => words.labelled(names[index] ?? "", text)).join("; "), width),
  );
}

function toStyle(proof: TriedConnection, servers: readonly Server[]): Style {
  const { verdict, agrees, place } = proof;
  if (!agrees) return "red";
  if (place.kind === "host") return verdict === "open" || verdict === "guarded" ? "green" : "red";
  if (isOfOwnLink(proof, servers)) return "dim";
  return verdict === "open" ? "red" : verdict === "unknown" ? "yellow" : "green";
}

function formatSessions(report: Report, { oldSessions }: Proofs, { words, own, width }: TextOptions): string[] {
  const left = oldSessions.filter(({ cut }) => !cut);
  const isTried = oldSessions.length > left.length;
  const runners = report.servers.filter(({ id }) => left.some(({ server }) => server === id)).map(({ runBy }) => runBy);
  const commands = runners.map((runBy) => (isTried ? toRestart(runBy, words) : own("verify", "--cut-sessions")));
  const hint = isTried ? words.proofs.restartHint : words.proofs.cutHint;
  return [
    ...oldSessions.flatMap((each) => indent(toSessionText(each, words), width)),
    ...(commands.length === 0 ? [] : indent(hint, width)),
    // Never wrapped, because they are there to be copied.
    ...[...new Set(commands)].map((command) => `    ${command}`),
  ];
}

function toRestart(runBy: RunBy, words: Words): string {
  if (runBy.kind === "systemd" && runBy.scope === "system") return `systemctl restart ${toShellWord(runBy.unit)}`;
  if (runBy.kind === "docker" || runBy.kind === "podman")
    return `${runBy.kind} restart ${toShellWord(toPrintable(runBy.container, 80))}`;
  return words.proofs.noCommand;
}

function indent(text: string, width: number): string[] {
  const [first = "", ...rest] = wrapText(text, Math.max(20, width - 4));
  return [`  - ${first}`, ...rest.map((line) => `    ${line}`)];
}
