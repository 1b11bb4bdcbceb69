import stringWidth from "fast-string-width";

/** A column; a fixed one is never narrowed. */
export interface Column {
  readonly heading: string;
  readonly fixed?: boolean;
}

/** A cell; its paint is put on after the layout, because codes have no width. */
export interface Cell {
  readonly text: string;
  readonly paint?: (line: string) => string;
}

const GAP = "  ";
/** The narrowest a column can be and still be read. */
const NARROWEST = 12;

/** The widest word that is kept whole while there is room to narrow something else. */
const WIDEST_KEPT_WORD = 30;

/**
 * What a line may break after: spaces, an ideograph, or a run of anything else; with the brackets and quotes
 * that open before it and the punctuation that must not begin a line.
 */
const WORD =
  /\s+|[（「『“]*(?:[\p{Script=Han}\u3000-\u303f]|[^\s\p{Script=Han}（「『“，。、：；！？）」』”]+)[，。、：；！？）」』”]*|./gu;

/**
 * A table as lines of at most `width` columns, cells wrapped; null where it cannot fit. Nothing is drawn but
 * spaces, which every terminal, pipe and screen reader takes alike.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly Cell[])[],
  width: number,
  headPaint?: (line: string) => string,
): string[] | null {
  const widths = toWidths(columns, rows, width);
  if (widths === null) return null;
  const head = columns.map((column) => ({ text: column.heading, ...(headPaint && { paint: headPaint }) }));
  return [head, ...rows].flatMap((row) => formatRow(row, widths));
}

function formatRow(row: readonly Cell[], widths: readonly number[]): string[] {
  const cells = row.map((cell, index) => wrapText(cell.text, widths[index] ?? NARROWEST));
  const height = Math.max(1, ...cells.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    row
      .map(({ paint }, index) => {
        const text = cells[index]?.[line] ?? "";
        const padding = " ".repeat(Math.max(0, (widths[index] ?? NARROWEST) - stringWidth(text)));
        return (text === "" || paint === undefined ? text : paint(text)) + padding;
      })
      .join(GAP)
      .trimEnd(),
  );
}

function toWidths(columns: readonly Column[], rows: readonly (readonly Cell[])[], width: number): number[] | null {
  const texts = columns.map(({ heading }, index) => [heading, ...rows.map((row) => row[index]?.text ?? "")]);
  const natural = texts.map((each) => toWidest(each));
  const narrowest = natural.map((each, index) => (columns[index]?.fixed === true ? each : Math.min(each, NARROWEST)));
  const kept = texts.map((each, index) =>
    Math.max(narrowest[index] ?? 0, Math.min(WIDEST_KEPT_WORD, toWidestWord(each))),
  );
  const room = width - GAP.length * (columns.length - 1);
  return narrowTo(room, natural, kept) ?? narrowTo(room, natural, narrowest);
}

/** Takes columns from the widest until the sum fits; null where that would go below the floors. */
function narrowTo(room: number, natural: readonly number[], floors: readonly number[]): number[] | null {
  const widths = [...natural];
  let excess = widths.reduce((sum, each) => sum + each, 0) - room;
  while (excess > 0) {
    let widest: number | null = null;
    for (const [index, each] of widths.entries()) {
      if (each > (floors[index] ?? 0) && (widest === null || each > (widths[widest] ?? 0))) widest = index;
    }
    if (widest === null) return null;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  return widths;
}

function toWidestWord(texts: readonly string[]): number {
  return toWidest(texts.flatMap((text) => text.match(WORD) ?? []));
}

/** A loop, because a call takes only so many arguments, and a hostile host has more rows than that. */
function toWidest(texts: readonly string[]): number {
  return texts.reduce((widest, text) => Math.max(widest, stringWidth(text)), 0);
}

/** Text as lines of at most `width` columns, broken between words; a word that is too long is cut. */
export function wrapText(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = "";
  let used = 0;
  for (const word of text.match(WORD) ?? []) {
    const space = word.trim() === "";
    let rest = space ? " " : word;
    if (used + stringWidth(rest) > width) {
      if (used > 0) lines.push(line.trimEnd());
      line = "";
      used = 0;
      if (space) continue;
    }
    if (space && used === 0) continue;
    while (stringWidth(rest) > width) {
      const head = takeHead(rest, width);
      lines.push(head);
      rest = rest.slice(head.length);
    }
    line += rest;
    used += stringWidth(rest);
  }
  if (line.trim() !== "" || lines.length === 0) lines.push(line.trimEnd());
  return lines;
}

function takeHead(text: string, width: number): string {
  let head = "";
  for (const character of text) {
    if (head !== "" && stringWidth(head + character) > width) break;
    head += character;
  }
  return head;
}
