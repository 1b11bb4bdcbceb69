import stringWidth from "fast-string-width";

/**
 * Characters that a terminal may act on, that hide, or that reorder what stands around them: controls, format
 * characters (the bidi controls are among them), line separators, code points without a character, invisible
 * ones, and a third combining mark on one letter.
 */
const UNPRINTABLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?<=\p{M}\p{M})\p{M}/gu;

const CUT = "...";

/**
 * Hostile text as text that is safe to print on one line: what is not printable becomes its visible form
 * (`\n`, `\x1b`, `\u202e`), and a value wider than `max` columns loses its middle. Printing it twice changes
 * nothing. The work is bounded by `max`, not by the length of the text.
 */
export function toPrintable(text: string, max: number = Number.POSITIVE_INFINITY): string {
  // A visible form is never narrower than its character, so 4 characters a column are more than enough
  // (combining marks are the only ones without a width, and the third of them becomes visible).
  const half = max * 4;
  const near = text.length > half * 2 ? text.slice(0, half) + text.slice(text.length - half) : text;
  const visible = near.replaceAll(UNPRINTABLE, toVisible);
  if (stringWidth(visible) <= max && near.length === text.length) return visible;
  const room = Math.max(0, max - CUT.length);
  const characters = Array.from(visible);
  const head = takeColumns(characters, Math.ceil(room / 2));
  const tail = takeColumns(characters.toReversed(), Math.floor(room / 2));
  return head.join("") + CUT + tail.toReversed().join("");
}

function toVisible(character: string): string {
  if (character === "\n") return "\\n";
  if (character === "\t") return "\\t";
  if (character === "\r") return "\\r";
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x100) return `\\x${code.toString(16).padStart(2, "0")}`;
  if (code < 0x10000) return `\\u${code.toString(16).padStart(4, "0")}`;
  return `\\u{${code.toString(16)}}`;
}

function takeColumns(characters: readonly string[], columns: number): string[] {
  const taken: string[] = [];
  let left = columns;
  for (const character of characters) {
    left -= stringWidth(character);
    if (left < 0) break;
    taken.push(character);
  }
  return taken;
}

/** An address and a port as one writes them: IPv6 in brackets. */
export function toSocketText(address: string, port: number): string {
  return `${address.includes(":") ? `[${address}]` : address}:${port}`;
}

/**
 * Text as one word of a POSIX shell, for commands that are shown to be copied. Text that is not printable
 * takes the `$'...'` form of bash and zsh, so that what is copied is what was seen.
 */
export function toShellWord(text: string): string {
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(text) && !text.startsWith("-")) return text;
  if (toPrintable(text) === text) return `'${text.replaceAll("'", `'\\''`)}'`;
  const bytes = [...new TextEncoder().encode(text)].map((byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x27 && byte !== 0x5c
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).padStart(2, "0")}`,
  );
  return `$'${bytes.join("")}'`;
}

/** A command line to be copied into a shell. What begins with a dash is an option there as it is here. */
export function toCommandLine(words: readonly string[]): string {
  return words.map((word) => (/^-[A-Za-z0-9_@%+=:,./-]*$/.test(word) ? word : toShellWord(word))).join(" ");
}
