const SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};

const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
const LONGEST = 64;

/** Seconds of a duration as Go's time.ParseDuration reads it (`5m`, `-1h30m`, `1.5s`, `0`); null where it does not. */
export function parseGoDuration(text: string): number | null {
  if (text.length > LONGEST) return null;
  const unsigned = text.replace(/^[+-]/, "");
  const sign = text.startsWith("-") ? -1 : 1;
  if (unsigned === "0") return 0;
  let seconds = 0;
  let at = 0;
  while (at < unsigned.length) {
    PART.lastIndex = at;
    const [whole = "", count = "", unit = ""] = PART.exec(unsigned) ?? [];
    if (whole === "") return null;
    seconds += Number(count) * (SECONDS[unit] ?? 0);
    at += whole.length;
  }
  return at === 0 ? null : sign * seconds;
}
