/** What the ask script saw of one call. */
export interface SeenCall {
  /** Null: nothing was answered. */
  readonly status: number | null;
  /** Seconds between the request and its first bytes; null without either. */
  readonly firstAfter: number | null;
  /** Moments at which bytes came; more within `ONE_MOMENT` of the one before are the same moment. */
  readonly moments: number;
  /** Seconds between the first and the last of them. */
  readonly span: number;
}

/** The connections to the server's port at one second. */
export interface Look {
  readonly at: number;
  /** Bytes that each one had received, by its two ends. */
  readonly received: ReadonlyMap<string, number>;
}

export interface SeenCalls {
  readonly calls: Readonly<Record<CallName, SeenCall>>;
  readonly rounds: Rounds;
  /** In order: two while the client was there, then those after. */
  readonly looks: readonly Look[];
}

export type CallName = "warm" | "direct" | "site" | "long";

/** Calls for one token each, in the order in which they were made by turns. */
export type Rounds = Readonly<Record<"direct" | "site", readonly SeenCall[]>>;

/** Seconds. Pieces that one read of curl's could not take are there at once. */
const ONE_MOMENT = 0.002;
/** The end of a body of pieces is no piece: five bytes, by HTTP/1.1. */
const LEAST_BYTES = 8;
const DAY = 86_400;
const ROUNDS = [0, 1, 2] as const;

/** Reads what the ask script printed. Lines that are none of its are passed over; never throws. */
export function parseAsked(printed: string): SeenCalls {
  const lines = printed.split("\n");
  const read = (name: string): SeenCall => toCall(lines, name);
  const readRounds = (name: string): readonly SeenCall[] => ROUNDS.map((round) => read(`${name}${round}`));
  return {
    calls: { warm: read("warm"), direct: read("direct"), site: read("site"), long: read("long") },
    rounds: { direct: readRounds("direct"), site: readRounds("site") },
    looks: lines.flatMap(toLook),
  };
}

function toCall(lines: readonly string[], name: string): SeenCall {
  let status: number | null = null;
  let sent: number | null = null;
  const came: number[] = [];
  for (const line of lines) {
    const [said, letter, what = "", bytes] = line.split(" ");
    if (said !== name) continue;
    if (letter === "w" && /^[1-5]\d\d$/.test(what)) status = Number(what);
    if (letter === "s") sent = toSeconds(what);
    const at = letter === "d" && Number(bytes) >= LEAST_BYTES ? toSeconds(what) : null;
    if (at !== null) came.push(at);
  }
  const [first] = came;
  const last = came.at(-1);
  return {
    status,
    firstAfter: sent === null || first === undefined ? null : toElapsed(sent, first),
    moments: came.filter((at, index) => index === 0 || toElapsed(came[index - 1] ?? at, at) > ONE_MOMENT).length,
    span: first === undefined || last === undefined ? 0 : toElapsed(first, last),
  };
}

/** Seconds of the day. */
function toSeconds(text: string): number | null {
  const [, hours, minutes, seconds] = /^(\d\d):(\d\d):(\d\d\.\d{6})$/.exec(text) ?? [];
  return seconds === undefined ? null : (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
}

/** Over midnight too. */
function toElapsed(from: number, until: number): number {
  return until >= from ? until - from : until - from + DAY;
}

/** A look whose bytes were cut off says nothing of those that are missing. */
const MOST_BYTES = 16_384;

function toLook(line: string): readonly Look[] {
  const [, at, hex = ""] = /^l \d+ (\d+) ((?:[0-9a-f]{2})*)$/.exec(line) ?? [];
  if (at === undefined || hex.length / 2 >= MOST_BYTES) return [];
  const bytes = Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
  const text = new TextDecoder().decode(bytes).replaceAll(/\n[ \t]+/g, " ");
  const received = text.split("\n").flatMap((each): readonly (readonly [string, number])[] => {
    const [, ends] = /^\d+ +\d+ +(\S+ +\S+)/.exec(each.trim()) ?? [];
    return ends === undefined ? [] : [[ends, Number(/ bytes_received:(\d+)/.exec(each)?.[1] ?? 0)]];
  });
  return [{ at: Number(at), received: new Map(received) }];
}
