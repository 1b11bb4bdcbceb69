import { readFileSync } from "node:fs";

const NANOSECONDS = 1_000_000;

/**
 * How long this process was ready to run and had to wait for a processor, in milliseconds; 0 where the kernel does
 * not tell. Source: the second number of /proc/self/schedstat.
 */
export function readRunDelayMs(): number {
  try {
    return parseRunDelayMs(readFileSync("/proc/self/schedstat", "utf8"));
  } catch {
    return 0;
  }
}

export function parseRunDelayMs(text: string): number {
  const [, nanoseconds] = /^\d+ (\d+) \d+\s*$/.exec(text) ?? [];
  return Number(nanoseconds ?? 0) / NANOSECONDS;
}
