import type { Language } from "../report/words/words.ts";
import { parseLanguage } from "./language.ts";
import type { CommandWords } from "./words/words.ts";

/** Flags as the parser of the command line wants them. */
export interface Toggle {
  readonly kind: "boolean";
  readonly optional: true;
  readonly withNegated: false;
  readonly brief: string;
}

export interface Valued<Value> {
  readonly kind: "parsed";
  readonly parse: (text: string) => Value;
  readonly proposeCompletions?: (partial: string) => string[];
  readonly optional: true;
  readonly placeholder?: string;
  readonly brief: string;
}

export interface Repeated<Value> extends Valued<Value> {
  readonly variadic: true;
}

const COLORS = ["auto", "always", "never"] as const;

/** A flag without a value. */
export function toggle(brief: string): Toggle {
  return { kind: "boolean", optional: true, withNegated: false, brief };
}

/** A flag with a text that may be left out. */
export function optional(brief: string, placeholder: string): Valued<string> {
  return { kind: "parsed", parse: String, optional: true, brief, placeholder };
}

/** A flag with a text that may be given several times. */
export function many(brief: string): Repeated<string> {
  return { kind: "parsed", parse: String, variadic: true, optional: true, brief };
}

/** What `parse` gives null for is refused with `why`. */
export function parsed<Value>(parse: (text: string) => Value | null, brief: string, why: string): Valued<Value> {
  return {
    kind: "parsed",
    parse: (text: string): Value => {
      const value = parse(text);
      if (value === null) throw new Error(why);
      return value;
    },
    optional: true,
    brief,
  };
}

/** One of a few words. Not the parser's own kind, whose help does not align beside Chinese. */
export function choice<Value extends string>(
  values: readonly Value[],
  brief: string,
  words: CommandWords,
): Valued<Value> {
  return {
    kind: "parsed",
    parse: (text: string): Value => {
      const value = values.find((each) => each === text);
      if (value === undefined) throw new Error(words.usage.takes(values));
      return value;
    },
    proposeCompletions: (partial: string) => values.filter((value) => value.startsWith(partial)),
    optional: true,
    placeholder: values.join("|"),
    brief,
  };
}

/** Flags of every command that prints a page. */
export function layout(words: CommandWords): {
  readonly color: Valued<(typeof COLORS)[number]>;
  readonly plain: Toggle;
} {
  return {
    color: choice(COLORS, words.flags.color, words),
    plain: toggle(words.flags.plain),
  };
}

/** Only checked here: which language it is was found out before the command line was parsed. */
export function lang(words: CommandWords): Valued<Language> {
  return {
    kind: "parsed",
    parse: (text: string): Language => {
      const language = parseLanguage(text);
      if (language === null) throw new Error(words.usage.badLanguage);
      return language;
    },
    proposeCompletions: (partial: string) => ["en", "zh-CN"].filter((name) => name.startsWith(partial)),
    optional: true,
    placeholder: "en|zh-CN",
    brief: words.flags.lang,
  };
}
