import { isGoSpace, trimWhile } from "./go-address.ts";

/**
 * Whether a switch of Ollama's is on. Quotes and spaces around the value do not count; what is no word of
 * strconv.ParseBool counts as on (envconfig/config.go, `Bool`).
 */
export function isOn(value: string | null): boolean {
  const bare = trimWhile(trimWhile(value ?? "", isGoSpace), (unit) => unit === '"' || unit === "'");
  return bare !== "" && !["0", "f", "F", "false", "False", "FALSE"].includes(bare);
}
