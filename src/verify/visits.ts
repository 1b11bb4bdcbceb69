import type { RequestOutcome } from "../host/host.ts";
import type { Family } from "../judge/addresses.ts";
import { parseRawAnswer } from "./raw-answer.ts";

/** What came of one trip: the outcomes of each visit, in the order of its paths, and who was seen on the way. */
export interface Trip {
  readonly visits: readonly (readonly RequestOutcome[])[];
  /** Families in which the host itself was heard on the pair: without that, silence says nothing about it. */
  readonly wired: readonly Family[];
}

/** Bytes that the script keeps of an answer. */
const KEPT_BYTES = 8_192;

/** Reads what the visit script printed. Lines that are none of its are passed over. */
export function parseTrip(printed: string, count: number): Trip {
  const bytes = new Map<string, number[]>();
  const codes = new Map<string, number>();
  for (const line of printed.split("\n")) {
    const [, at = "", letter, rest = ""] = /^(\d+\.\d+|-) ([aenx]) (.*)$/.exec(line) ?? [];
    if (letter === undefined) continue;
    const known = bytes.get(`${at} ${letter}`);
    if (letter === "x") codes.set(at, Number(rest));
    else if (known === undefined) bytes.set(`${at} ${letter}`, parseHex(rest));
    else known.push(...parseHex(rest));
  }
  const heard = toText(bytes.get("- n"))
    .split("\n")
    .filter((line) => / lladdr \S+ (?:.* )?(?:REACHABLE|STALE|DELAY|PROBE|PERMANENT)\b/.test(line));
  return {
    visits: Array.from({ length: count }, (_, number) => toOutcomes(number, bytes, codes)),
    wired: [...new Set(heard.map((line): Family => (line.split(" ")[0]?.includes(":") === true ? 6 : 4)))],
  };
}

function toOutcomes(
  number: number,
  bytes: ReadonlyMap<string, number[]>,
  codes: ReadonlyMap<string, number>,
): readonly RequestOutcome[] {
  const outcomes: RequestOutcome[] = [];
  for (let path = 0; codes.has(`${number}.${path}`); path += 1) {
    const at = `${number}.${path}`;
    outcomes.push(toOutcome(bytes.get(`${at} a`) ?? [], toText(bytes.get(`${at} e`)), codes.get(at) ?? 0));
  }
  return outcomes;
}

/** What the tools of the script say of a call that came to nothing, in the words of the C library. */
const REASONS: readonly (readonly [RegExp, "refused" | "unroutable" | "timeout"])[] = [
  [/Connection refused/, "refused"],
  [/No route to host|Network is unreachable|Host is unreachable|prohibited/i, "unroutable"],
  [/timed out/i, "timeout"],
];

function toOutcome(answer: readonly number[], said: string, code: number): RequestOutcome {
  if (answer.length > 0) {
    const parsed = parseRawAnswer(Uint8Array.from(answer), answer.length >= KEPT_BYTES);
    return parsed === null ? { kind: "not-http" } : { kind: "answered", answer: parsed };
  }
  // curl says it with a star before it, bash by the script itself.
  if (/^(?:connected|\* Connected to)/m.test(said)) {
    return code === 0 || code === 52 || code === 56 ? { kind: "closed" } : { kind: "timeout", detail: CONNECTED };
  }
  const reason = REASONS.find(([pattern]) => pattern.test(said))?.[1];
  if (reason !== undefined) return { kind: reason };
  if (code === 137 || code === 124 || code === 28) return { kind: "timeout" };
  return { kind: "not-possible", detail: said.trim().split("\n").at(-1)?.slice(0, 200) ?? "" };
}

/** Detail of a timeout on a connection that had been taken: a packet filter did not stop it. */
export const CONNECTED = "connected, and no answer in time";

function parseHex(text: string): number[] {
  return (text.match(/\b[0-9a-f]{2}\b/g) ?? []).map((each) => Number.parseInt(each, 16));
}

function toText(bytes: readonly number[] | undefined): string {
  return new TextDecoder().decode(Uint8Array.from(bytes ?? []));
}
