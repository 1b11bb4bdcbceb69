import { parse as parseToml } from "smol-toml";
import { parse as parseYaml } from "yaml";

/** A value of a configuration file of somebody else's. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function toList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A text, or a number as one; empty for everything else. */
export function toText(value: unknown): string {
  return typeof value === "string" ? value : typeof value === "number" ? String(value) : "";
}

/** YAML or JSON as an object; null: it is none, or too deep to be one. */
export function readYaml(text: string): Fields | null {
  try {
    const value: unknown = parseYaml(text, { maxAliasCount: 64, logLevel: "error" });
    return isFields(value) ? value : null;
  } catch {
    return null;
  }
}

export function readToml(text: string): Fields | null {
  try {
    return parseToml(text);
  } catch {
    return null;
  }
}

/** `[section]` and `name = value`, as older frpc has it; null: no line of the kind. */
export function readIni(text: string): Fields | null {
  const sections: Record<string, Record<string, string>> = {};
  let section: Record<string, string> = {};
  for (const line of text.split("\n")) {
    const [, name] = /^\s*\[([^\]]{1,128})\]\s*$/.exec(line) ?? [];
    if (name !== undefined && name !== "__proto__") sections[name] = section = {};
    const [, key, value] = /^\s*(\w{1,64})\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined && value !== undefined && key !== "__proto__") section[key] = value;
  }
  return Object.keys(sections).length === 0 ? null : sections;
}

/** The first line on which a text stands; null: on none, as where it is written in another way. */
export function findLine(text: string, wanted: string): number | null {
  if (wanted === "") return null;
  const index = text.indexOf(wanted);
  return index < 0 ? null : text.slice(0, index).split("\n").length;
}
