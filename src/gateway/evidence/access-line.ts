import type { Served } from "./served.ts";

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]);
const LONGEST_MODEL = 200;

/**
 * One line of the access log: a JSON object in ASCII, so that no name in it can pose as another line or as a control
 * sequence of a terminal. Times are whole or tenth milliseconds.
 */
export function toAccessLine(served: Served): string {
  const { tokens } = served;
  const line = {
    at: new Date(served.at).toISOString(),
    id: served.id,
    from: served.peer,
    key: served.keyId,
    method: METHODS.has(served.method) ? served.method : "other",
    route: served.route,
    model: served.model === null ? null : served.model.slice(0, LONGEST_MODEL),
    status: served.status,
    ending: served.ending,
    code: served.code,
    promptTokens: tokens?.prompt ?? null,
    answerTokens: tokens?.answer ?? null,
    waitedMs: toTenths(served.waitedMs),
    firstByteMs: served.firstByteMs === null ? null : toTenths(served.firstByteMs),
    totalMs: toTenths(served.totalMs),
    bodyBytes: served.bodyBytes,
    answerBytes: served.answerBytes,
  };
  return `${JSON.stringify(line).replaceAll(/[^\u0020-\u007e]/g, escape)}\n`;
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function toTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
