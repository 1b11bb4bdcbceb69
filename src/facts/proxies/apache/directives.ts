/** One directive of httpd(8), or a section with what stands in it. */
export interface ApacheDirective {
  /** In small letters; of a section its own name. */
  readonly name: string;
  readonly values: readonly string[];
  /** Null: no section. */
  readonly block: readonly ApacheDirective[] | null;
  readonly file: string;
  readonly line: number;
}

const DEEPEST = 48;

/** Reads a configuration file of Apache; `fault` is the line at which sections do not match. Never throws. */
export function parseApache(
  text: string,
  file: string,
): { readonly directives: readonly ApacheDirective[]; readonly fault: number | null } {
  const root: ApacheDirective[] = [];
  const open: { readonly name: string; readonly block: ApacheDirective[] }[] = [{ name: "", block: root }];
  for (const { text: written, line } of joinLines(text)) {
    const [, closing] = /^<\/\s*([\w]+)/.exec(written) ?? [];
    if (closing !== undefined) {
      if (open.length === 1 || open.at(-1)?.name !== closing.toLowerCase()) return { directives: root, fault: line };
      open.pop();
      continue;
    }
    const isSection = written.startsWith("<");
    const [name = "", ...values] = splitWords(isSection ? written.slice(1).replace(/>\s*$/, "") : written);
    if (name === "") continue;
    const block: ApacheDirective[] | null = isSection ? [] : null;
    open.at(-1)?.block.push({ name: name.toLowerCase(), values, block, file, line });
    if (block !== null) open.push({ name: name.toLowerCase(), block });
    if (open.length > DEEPEST) return { directives: root, fault: line };
  }
  return { directives: root, fault: open.length > 1 ? text.split("\n").length : null };
}

/** Lines without comments; a backslash at the end continues one. */
function joinLines(text: string): readonly { readonly text: string; readonly line: number }[] {
  const joined: { text: string; line: number }[] = [];
  let before: { readonly parts: string[]; readonly line: number } | null = null;
  for (const [index, raw] of text.split("\n").entries()) {
    const line = raw.replace(/\r$/, "");
    const current: { readonly parts: string[]; readonly line: number } = before ?? { parts: [], line: index + 1 };
    const continues = line.endsWith("\\");
    current.parts.push(continues ? line.slice(0, -1) : line);
    before = continues ? current : null;
    if (continues) continue;
    const whole = current.parts.join("").trim();
    if (whole !== "" && !whole.startsWith("#")) joined.push({ text: whole, line: current.line });
  }
  return joined;
}

function splitWords(text: string): readonly string[] {
  const words = text.matchAll(/"((?:[^"\\]|\\[\s\S])*)"?|'((?:[^'\\]|\\[\s\S])*)'?|(\S+)/g);
  return Array.from(
    words,
    ([, double, single, plain]) => plain ?? (double ?? single ?? "").replaceAll(/\\(["'\\])/g, "$1"),
  );
}
