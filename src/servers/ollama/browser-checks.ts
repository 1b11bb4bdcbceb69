/**
 * The two checks that stand between a web page and an Ollama: the host check (since 0.1.29, only while the
 * listener is loopback) and the origin check (CORS). Sources: server/routes.go `allowedHostsMiddleware` and
 * envconfig/config.go `AllowedOrigins` of Ollama; github.com/gin-contrib/cors.
 */
import ipaddr from "ipaddr.js";
import { lt, parse } from "semver";
import type { Answer, Question } from "../../facts/answers.ts";
import type { HttpAnswer } from "../../host/host.ts";
import { API_VERSION, FOREIGN_HOST_VERSION, FOREIGN_ORIGIN_VERSION } from "../questions.ts";
import { answerTo } from "../read-answers.ts";
import { parseGoAddress, splitHostPort } from "./go-address.ts";

/** What a check does to a request that comes from a web page elsewhere. */
export type BrowserCheck = "refuses" | "accepts" | "unmeasured";

/** What the listener did to a foreign Host header. Only tells where the same request without it was served. */
export function hostCheck(answers: readonly Answer[]): BrowserCheck {
  return judgeForeign(foreignAnswer(answers, FOREIGN_HOST_VERSION));
}

/**
 * What the listener did to a foreign Origin header. A request that is served although the page may not read
 * the answer counts as accepted: it had its effect.
 */
export function originCheck(answers: readonly Answer[]): BrowserCheck {
  return judgeForeign(foreignAnswer(answers, FOREIGN_ORIGIN_VERSION));
}

/** What the rules of this version do on a listener at `address` when nobody asked it. */
export function expectedHostCheck(version: string | null, address: string): BrowserCheck {
  if (!isLoopback(address)) return "accepts";
  const known = parse(version ?? "");
  if (known === null) return "unmeasured";
  return lt(known, "0.1.29") ? "accepts" : "refuses";
}

/**
 * What the origin check does with OLLAMA_ORIGINS set to `value` (null: unset) when nobody asked it. The
 * default list names this host, desktop applications and editors, no page from elsewhere.
 */
export function expectedOriginCheck(value: string | null): BrowserCheck {
  return admitsAnyOrigin(value) ? "accepts" : "refuses";
}

/**
 * True where an entry of the list lets every web page in: `*`, every page of a scheme (`http://*`, `http*`) or of a
 * port (`http://*:3000`), and `null`, which a page that frames itself has for its origin. Entries have one star, and
 * mean any text that begins and ends as they do (tried with 0.17.4, which does not trim the single ones).
 */
export function admitsAnyOrigin(value: string | null): boolean {
  return (value ?? "").replaceAll(/["']/g, "").split(",").some(isAnyOrigin);
}

function isAnyOrigin(entry: string): boolean {
  const origin = entry.trim().toLowerCase();
  const star = origin.indexOf("*");
  if (star < 0) return false;
  const [before, after] = [origin.slice(0, star), origin.slice(star + 1)];
  const begins = ["http://", "https://"].some((scheme) => scheme.startsWith(before));
  if (begins && /^(?::\d*)?$/.test(after)) return true;
  return "null".startsWith(before) && "null".endsWith(after);
}

const PRIVATE: ReadonlySet<string> = new Set(["loopback", "private", "uniqueLocal", "unspecified"]);

/**
 * Whether the host check lets a Host header pass: an address of a private network or of this host, `localhost`, the
 * machine's own name, or a name below `.localhost`, `.local` or `.internal`.
 *
 * @param host the header, with or without a port
 * @param own names and addresses of the machine
 */
export function acceptsHostName(host: string, own: readonly string[]): boolean {
  const name = (splitHostPort(host)?.host ?? host).toLowerCase();
  if (name === "" || name === "localhost" || own.some((each) => each.toLowerCase() === name)) return true;
  const address = parseGoAddress(name);
  if (address === null) return /\.(?:localhost|local|internal)$/.test(name);
  return PRIVATE.has(ipaddr.parse(address.text).range()) || own.includes(address.text);
}

/** A server that is overloaded or broken (429, 5xx) has judged nothing. */
function judgeForeign(answer: HttpAnswer | null): BrowserCheck {
  if (answer === null || answer.status === 429 || answer.status >= 500) return "unmeasured";
  return answer.status < 400 ? "accepts" : "refuses";
}

function foreignAnswer(answers: readonly Answer[], question: Question): HttpAnswer | null {
  const plain = answerTo(answers, API_VERSION);
  return plain?.status === 200 ? answerTo(answers, question) : null;
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
