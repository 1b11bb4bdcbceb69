import { ATTACK_GROUPS, type Attack } from "./attack.ts";
import { HARMS, type Harm, type Outcome } from "./outcome.ts";
import { ATTACKS } from "./run-attacks.ts";
import { type Language, PAGE_WORDS, type PageWords } from "./page-words.ts";

/** What was attacked, and what each attack of the list came to. */
export interface Column {
  readonly name: { readonly en: string; readonly zh: string };
  /** Where a copied configuration is given; null for Portlock's own. */
  readonly source: string | null;
  readonly outcomes: readonly Outcome[];
}

const LETTERS: Readonly<Record<Harm, string>> = {
  desync: "D",
  route: "R",
  credential: "K",
  header: "H",
  stray: "S",
};

/** docs/proxy-attacks.md: both tables, in one language. */
export function formatPage(generated: readonly Column[], copied: readonly Column[], language: Language): string {
  const words = PAGE_WORDS[language];
  const lines = [
    `<!-- ${words.generated} -->`,
    "",
    `# ${words.title}`,
    "",
    ...words.intro.flatMap((text) => [text, ""]),
    `## ${words.sums}`,
    "",
    ...formatSums([...generated, ...copied], language),
    "",
    ...words.lettersIntro.flatMap((text) => [text, ""]),
    ...HARMS.toReversed().map((harm) => `- \`${LETTERS[harm]}\`: ${words.harms[harm]}`),
    "",
    `## ${words.ours}`,
    "",
    ...formatTables(generated, language),
    `## ${words.copied}`,
    "",
    ...copied.map(({ name, source }, index) => `${index + 1}. ${name[language]}: <${source ?? ""}>`),
    "",
    ...formatTables(copied, language),
  ];
  return `${lines.join("\n").trimEnd()}\n`;
}

function formatSums(columns: readonly Column[], language: Language): string[] {
  const words = PAGE_WORDS[language];
  const harms = HARMS.toReversed();
  return [
    toRow([words.configuration, ...harms.map((harm) => `${words.harms[harm]} (\`${LETTERS[harm]}\`)`)]),
    toRow(["---", ...harms.map(() => "--:")]),
    ...columns.map(({ name, outcomes }) =>
      toRow([
        name[language],
        ...harms.map((harm) => String(outcomes.filter((one) => one.harms.includes(harm)).length)),
      ]),
    ),
  ];
}

function formatTables(columns: readonly Column[], language: Language): string[] {
  const words = PAGE_WORDS[language];
  const isOurs = columns.every(({ source }) => source === null);
  return ATTACK_GROUPS.flatMap((group) => [
    `### ${words.groups[group]}`,
    "",
    toRow([words.attack, ...columns.map(({ name }, index) => (isOurs ? name[language] : String(index + 1)))]),
    toRow(["---", ...columns.map(() => "---")]),
    ...ATTACKS.flatMap((attack, number) =>
      attack.group === group
        ? [toRow([attack.name[language], ...columns.map((column) => toCell(column, number, words))])]
        : [],
    ),
    "",
  ]);
}

function toCell({ outcomes }: Column, number: number, words: PageWords): string {
  const outcome = outcomes[number];
  if (outcome === undefined) throw new Error(`no outcome of attack ${number}`);
  const letters = HARMS.toReversed().flatMap((harm) => (outcome.harms.includes(harm) ? [LETTERS[harm]] : []));
  if (letters.length > 0) return `**${letters.join(" ")}**`;
  if (outcome.heads.length === 0 && isLarge(number)) return words.refused;
  return outcome.status === null ? words.silent : String(outcome.status);
}

/** Whoever refuses so much closes while it still comes, and then it is chance whether his answer gets here. */
function isLarge(number: number): boolean {
  const nobody = { header: "", value: "", secret: "", stored: "" };
  return (ATTACKS[number]?.bytes(nobody).length ?? 0) > 20_000;
}

function toRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", String.raw`\|`)).join(" | ")} |`;
}

/** Attacks that came through, for whoever looks into a failure. */
export function listBreaches({ name, outcomes }: Column): readonly string[] {
  return outcomes.flatMap(({ harms, heads, status }, number) => {
    const attack: Attack | undefined = ATTACKS[number];
    return harms.length === 0 || attack === undefined
      ? []
      : [`${name.en}: ${attack.name.en}: ${harms.join(", ")} (${status}) ${JSON.stringify(heads)}`];
  });
}
