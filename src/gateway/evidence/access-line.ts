import type { Served } from "./served.ts";

const METHODS: ReadonlySet<string> = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]);
const LONGEST_MODEL = 200;

/**
 * One line of the access log: a JSON object in ASCII, so that no name in it can pose as another line or as a control
 * sequence of a terminal. Times are whole or tenth milliseconds.
 */
export function toAccessLine(served: Served): string {
  const { tokens, model } = served;
  const at = new Date(served.at).toISOString();
  const method = METHODS.has(served.method) ? served.method : "other";
  const shown = quote(model === null ? null : model.slice(0, LONGEST_MODEL));
  // Written out: JSON.stringify of the whole takes three times as long, and every request pays for it.
  return (
    `{"at":"${at}","id":${quote(served.id)},"from":${quote(served.peer)},"key":${quote(served.keyId)},` +
    `"method":"${method}","route":${quote(served.route)},"model":${shown},"status":${served.status},` +
    `"ending":"${served.ending}","code":${quote(served.code)},` +
    `"promptTokens":${tokens?.prompt ?? null},"answerTokens":${tokens?.answer ?? null},` +
    `"waitedMs":${toTenths(served.waitedMs)},` +
    `"firstByteMs":${served.firstByteMs === null ? null : toTenths(served.firstByteMs)},` +
    `"totalMs":${toTenths(served.totalMs)},"bodyBytes":${served.bodyBytes},"answerBytes":${served.answerBytes}}\n`
  );
}

/** Text that stands in JSON as it is. */
const PLAIN = /^[\u0020!#-[\]-\u007e]*$/;

function quote(text: string | null): string {
  if (text === null) return "null";
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text).replaceAll(/[^\u0020-\u007e]/g, escape);
}

function escape(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function toTenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
