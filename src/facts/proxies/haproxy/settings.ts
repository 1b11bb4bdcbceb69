import { matchesPattern } from "../credential-names.ts";
import type { Passing } from "../proxy.ts";
import type { HaproxyLine } from "./sections.ts";

const UNITS: Readonly<Record<string, number>> = { us: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A time of the configuration manual, 2.5; without a unit milliseconds. */
function toMilliseconds(text: string | undefined): number | null {
  const [, count, unit = "ms"] = /^(\d{1,12})(us|ms|s|m|h|d)?$/.exec(text ?? "") ?? [];
  if (count === undefined) return null;
  const time = Math.round(Number(count) * (UNITS[unit] ?? 1));
  return time === 0 ? null : time;
}

/** The words behind a keyword of two words, the last time it is written: `timeout server`, `option http-no-delay`. */
function findLast(lines: readonly HaproxyLine[], first: string, second: string): readonly string[] | undefined {
  return lines.findLast(({ words }) => words[0] === first && words[1] === second)?.words.slice(2);
}

/**
 * What becomes of a request and its answer.
 *
 * @param front lines that hold for the frontend, defaults first
 * @param back the same of the backend
 */
export function readPassing(front: readonly HaproxyLine[], back: readonly HaproxyLine[]): Passing {
  const lines = [...front, ...back];
  const silences = [
    toMilliseconds(findLast(front, "timeout", "client")?.[0]),
    toMilliseconds(findLast(back, "timeout", "server")?.[0]),
  ];
  const known = silences.filter((time) => time !== null);
  const requests = lines.flatMap(({ words }) => (words[0] === "http-request" ? [words.slice(1)] : []));
  const answers = lines.flatMap(({ words }) =>
    words[0] === "http-response" || words[0] === "http-after-response" ? [words.slice(1)] : [],
  );
  const origins = answers.flatMap(([action = "", field = "", value]) =>
    /^(?:set|add)-header$/.test(action) && /^access-control-allow-origin$/i.test(field) && value !== undefined
      ? [value]
      : [],
  );
  const noDelay = lines.some(({ words }) => words[0] === "option" && words[1] === "http-no-delay");
  const speaksTwo = back.some(({ words }) => words[0] === "server" && words[words.indexOf("proto") + 1] === "h2");
  return {
    host: findHost(requests),
    authorization: findAuthorization(requests),
    // Without `http-no-delay` the kernel holds small pieces back for a while, which is not the same.
    buffered: noDelay ? false : null,
    httpVersion: speaksTwo ? "2" : "1.1",
    silenceMs: known.length === 0 ? null : Math.min(...known),
    bodyLimitBytes: null,
    allowsOrigins:
      origins.length === 0
        ? null
        : origins.map((value) => (/^%\[(?:req\.)?f?hdr\(origin\)\]$/i.test(value) ? "*" : value)),
  };
}

type Requests = readonly (readonly string[])[];

function findHost(requests: Requests): Passing["host"] {
  const value = requests.findLast(([action, field]) => action === "set-header" && /^host$/i.test(field ?? ""))?.[2];
  if (value === undefined || /^%\[(?:req\.)?f?hdr\(host\)\]$/i.test(value)) return { kind: "client" };
  if (/^%(?:b|s|\[srv_name\])/.test(value)) return null;
  return value.includes("%") ? null : { kind: "literal", text: value };
}

function findAuthorization(requests: Requests): Passing["authorization"] {
  const last = requests.findLast(([action = "", field = "", ...rest]) =>
    action === "del-header"
      ? isDeleted(field, rest)
      : /^(?:set|replace)-header$/.test(action) && /^authorization$/i.test(field),
  );
  if (last === undefined) return "passed";
  if (last[0] === "del-header") return "removed";
  // What is made of a header of the caller's is the caller's credential in another form.
  return last[0] === "replace-header" || /%\[(?:req\.)?(?:f?hdr|cook|urlp)\(/.test(last[2] ?? "")
    ? "passed"
    : "replaced";
}

/** Whether `del-header FIELD [-m METHOD]` takes the header off that holds a credential, for every request. */
function isDeleted(field: string, rest: readonly string[]): boolean {
  if (rest.includes("if") || rest.includes("unless")) return false;
  const wanted = field.toLowerCase();
  const method = rest[0] === "-m" ? (rest[1] ?? "") : "str";
  switch (method) {
    case "reg":
      return matchesPattern(field, "authorization") === true;
    case "beg":
      return "authorization".startsWith(wanted);
    case "end":
      return "authorization".endsWith(wanted);
    case "sub":
      return "authorization".includes(wanted);
    default:
      return wanted === "authorization";
  }
}

/**
 * The path that `set-path` or `replace-path` puts in place of a beginning; undefined where one changes it in a way
 * that is not understood, null where none does.
 */
export function findReplacement(lines: readonly HaproxyLine[]): string | null | undefined {
  const changes = lines
    .flatMap(({ words }) =>
      words[0] === "http-request" && /^(?:set|replace)-(?:path|uri|pathq)$/.test(words[1] ?? "")
        ? [words.slice(1)]
        : [],
    )
    .filter(([, value]) => value !== "%[path]");
  const [change, ...others] = changes;
  if (change === undefined) return null;
  if (others.length > 0) return undefined;
  const [action = "", first = "", second = ""] = change;
  const [, set] = /^%\[path,regsub\(\^?\/[\w/-]*\??,(\/[^,)]*)/.exec(first) ?? [];
  if (set !== undefined) return set;
  const isReplaced = action.startsWith("replace") && /^\^?\/[\w/-]*(?:\(\/\)\?|\/\?)?\(\.\*\)\$?$/.test(first);
  const [, to] = /^(\/[^\\%]*)\\\d$/.exec(second) ?? [];
  return isReplaced ? to : undefined;
}
