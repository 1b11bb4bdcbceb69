/** What JSON.parse may give, before anybody looked at it. */
export type Json = unknown;

export interface JsonObject {
  readonly [name: string]: Json;
}

export function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

export function toText(value: Json): string {
  return typeof value === "string" ? value : "";
}

/** The value as JSON again, cut to what a doubt can show. */
export function quoteJson(value: Json): string {
  return (JSON.stringify(value) ?? "").slice(0, 120);
}

/** The only member of an object such as `{"accept": null}`. */
export function toOnlyMember(value: Json): readonly [string, Json] | null {
  if (!isObject(value)) return null;
  const [only, ...others] = Object.entries(value);
  return only === undefined || others.length > 0 ? null : only;
}
