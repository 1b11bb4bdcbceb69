import type { Words, Language } from "../report/words/words.ts";
import type { CommandWords } from "./words/words.ts";

/** Everything Portlock can say in one language: the reporter's words and those of the command line. */
export interface AllWords {
  readonly report: Words;
  readonly commands: CommandWords;
}

/**
 * The language a user asks for: `--lang`, then PORTLOCK_LANG, LC_ALL, LC_MESSAGES, LANG. The arguments are
 * looked through before they are parsed, because help and usage errors are said in that language too.
 */
export function toLanguage(argv: readonly string[], env: Readonly<Record<string, string | undefined>>): Language {
  const asked = toLangFlag(argv) ?? env["PORTLOCK_LANG"];
  if (asked !== undefined && asked !== "") return parseLanguage(asked) ?? "en";
  // POSIX: the first of these that is set to something decides.
  const locale = [env["LC_ALL"], env["LC_MESSAGES"], env["LANG"]].find((each) => each !== undefined && each !== "");
  return parseLanguage(locale ?? "") ?? "en";
}

/** `zh`, `zh_CN.UTF-8`, `zh-Hans-SG` are Simplified Chinese; null for a language there are no words in. */
export function parseLanguage(text: string): Language | null {
  const [language, ...parts] = text.split(/[.@]/)[0]?.toLowerCase().split(/[-_]/) ?? [];
  if (language === "en") return "en";
  if (language !== "zh" || ["hant", "tw", "hk", "mo"].some((part) => parts.includes(part))) return null;
  return "zh-CN";
}

/** Loads the words of one language and of no other. */
export async function loadWords(language: Language): Promise<AllWords> {
  if (language === "zh-CN") {
    const [report, commands] = await Promise.all([import("../report/words/zh-CN.ts"), import("./words/zh-CN.ts")]);
    return { report: report.ZH_CN, commands: commands.COMMANDS_ZH_CN };
  }
  const [report, commands] = await Promise.all([import("../report/words/en.ts"), import("./words/en.ts")]);
  return { report: report.EN, commands: commands.COMMANDS_EN };
}

function toLangFlag(argv: readonly string[]): string | undefined {
  const end = argv.indexOf("--");
  const flags = end === -1 ? argv : argv.slice(0, end);
  const index = flags.findLastIndex((each) => each === "--lang" || each.startsWith("--lang="));
  const flag = flags[index];
  return flag === undefined ? undefined : flag === "--lang" ? flags[index + 1] : flag.slice("--lang=".length);
}
