/** Values of each header as they came, by its name in lower case. */
export type HeaderLines = ReadonlyMap<string, readonly string[]>;

/** @param rawHeaders names and values in turn, as node:http has them. */
export function readHeaders(rawHeaders: readonly string[]): HeaderLines {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? "").toLowerCase();
    const value = rawHeaders[index + 1] ?? "";
    const lines = headers.get(name);
    if (lines === undefined) headers.set(name, [value]);
    else lines.push(value);
  }
  return headers;
}
