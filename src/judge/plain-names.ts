/**
 * Names and paths from a host that a change may be made with. They stand in unit files, in paths and among the words
 * of commands that run as root: what is not plain is left alone, never quoted.
 */

/** Means the same to a shell, to printf and to systemd, so that no layer of quoting can be wrong. */
export function isPlainValue(value: string): boolean {
  return /^[A-Za-z0-9_./:@,+*[\]-]*$/.test(value);
}

/** The name of an environment variable. */
export function isPlainName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}

/** systemd.unit(5); a recording may claim a unit by any name. */
export function isUnitName(name: string): boolean {
  return /^[A-Za-z0-9:_.\\@-]+$/.test(name);
}

/** The same without systemd's escapes, for names that stand in two layers of quotes. */
export function isPlainUnitName(name: string): boolean {
  return /^[A-Za-z0-9:_.@-]+$/.test(name);
}

/** An absolute path without a blank, a quote, a specifier of systemd's or a way back up. */
export function isPlainPath(path: string): boolean {
  return /^(?:\/[A-Za-z0-9_.@+-]+)+$/.test(path) && !/\/\.{1,2}(?:\/|$)/.test(path);
}

/**
 * Whoever starts a server chooses its model folder, and OLLAMA_MODELS=/tmp must not make root take rights from
 * everybody.
 */
export function isModelFolder(path: string): boolean {
  return /^(?!.*\/\.\.?\/)\/.+\/models\/?$/s.test(path);
}

/** The file that signs an Ollama server in at ollama.com. */
export function isKeyFile(path: string): boolean {
  return /^(?!.*\/\.\.?\/)\/.+\/\.ollama\/id_ed25519$/s.test(path);
}
