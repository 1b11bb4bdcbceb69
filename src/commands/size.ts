const SIZE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
};

/** `512KiB`, `20MB`, `1000`, in bytes, above 0; null for any other text. */
export function parseSize(text: string): number | null {
  const [, digits, unit] = /^(\d{1,12})([kmg]i?b|)$/i.exec(text) ?? [];
  const bytes = Number(digits) * (SIZE_UNITS[unit?.toLowerCase() ?? "?"] ?? Number.NaN);
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}

/** As `parseSize`, from 16 MiB on: with less nobody sees whether a proxy passes an upload on as it comes. */
export function parseUpload(text: string): number | null {
  const bytes = parseSize(text);
  return bytes === null || bytes < 16 * 2 ** 20 ? null : bytes;
}
