/** One option of an engine's command line: its name and its value are one word, so that no value can be an option. */
export type Option = `--${string}`;

export function option(name: string, value: string | number): Option {
  return `--${name}=${value}`;
}

/** None where it is not set. */
export function optional(name: string, value: string | number | undefined): readonly Option[] {
  return value === undefined ? [] : [option(name, value)];
}

export function each(name: string, values: readonly string[] | undefined): readonly Option[] {
  return (values ?? []).map((value) => option(name, value));
}

export function pairs(name: string, values: Readonly<Record<string, string>> | undefined): readonly Option[] {
  return Object.entries(values ?? {}).map(([key, value]) => option(name, `${key}=${value}`));
}

/** Some options, or the settings that no option could be found for. */
export interface Translated {
  readonly options: readonly Option[];
  readonly unknown: readonly string[];
}
