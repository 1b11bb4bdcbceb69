import type { AttackWords } from "./attack-words.ts";
import { FILES, type Group, isGroup, NUMBERS } from "./groups.ts";

/** The attack list as a page of Markdown, in the language of the words. */
export function formatAttackPage(words: AttackWords): string {
  const groups = Object.keys(FILES).filter(isGroup);
  const sections = groups.map((group) => formatGroup(group, words));
  return `${[`# ${words.title}`, ...words.intro, ...sections].join("\n\n")}\n`;
}

function formatGroup(group: Group, { groups, triedIn, colon, attacks }: AttackWords): string {
  const file = FILES[group];
  // A list, for the tables of Markdown are formatted by the width of their columns.
  const items = NUMBERS[group].map((number) => `${number}. **${attacks[number][0]}**${colon}${attacks[number][1]}`);
  return [
    `## ${group.toUpperCase()}. ${groups[group]}`,
    "",
    `${triedIn}${colon}[${file}](../${file})`,
    "",
    ...items,
  ].join("\n");
}
