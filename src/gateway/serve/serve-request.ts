import type { Limiter } from "../limits/limiter.ts";
import type { Key } from "../key.ts";
import type { Verifier } from "../keys/caller.ts";
import { checkHead } from "../policy/check-head.ts";
import { decide } from "../policy/decide.ts";
import type { Api, Decision, Refusal, RequestHead, Route } from "../policy/decision.ts";
import { extractCredential } from "../policy/extract-credential.ts";
import { filterModels, seesSomeModels } from "../policy/filter-models.ts";
import { readBody } from "../policy/read-body.ts";
import { toApi } from "../policy/read-target.ts";
import { StoreError } from "../store/store-error.ts";
import { REVOKED, answer, hasBody, refuse } from "./answer.ts";
import type { BodyBudget } from "./body-budget.ts";
import { toCorsAnswer } from "./cors.ts";
import type { Exchange } from "./exchange.ts";
import { forward } from "./forward.ts";
import { readWholeBody } from "./read-whole-body.ts";
import type { Upstream } from "./upstream.ts";
import { answerVerify, isVerifyTarget } from "./verify-endpoint.ts";

/**
 * `starting`: somebody still looks whether the gateway may open. `draining`: what is under way ends in its own time.
 * In both nothing new begins.
 */
export type Phase = "starting" | "ok" | "draining";

/** What requests are served with. */
export interface Serving {
  readonly verifier: Verifier;
  readonly limiter: Limiter;
  readonly upstream: Upstream;
  readonly origins: ReadonlySet<string>;
  readonly bodies: BodyBudget;
  toPhase(): Phase;
  /** Hears what the gateway could not do, without anything a caller sent. */
  readonly onTrouble: (error: unknown) => void;
}

const CLOSED: Readonly<Record<Exclude<Phase, "ok">, Refusal>> = {
  starting: { status: 503, code: "starting", message: "The gateway is about to open; try again in a moment." },
  draining: { status: 503, code: "draining", message: "The gateway is about to end and takes no new requests." },
};
const STORE_GONE: Refusal = {
  status: 503,
  code: "keys-unreadable",
  message: "Keys cannot be looked up at the moment; try again later.",
};
const FAULT: Refusal = { status: 503, code: "fault", message: "The gateway could not serve this request." };
const ORIGIN_REFUSED: Refusal = {
  status: 403,
  code: "origin-not-allowed",
  message: "Pages of this origin may not use the gateway.",
};

/** One request with all that it is served with. */
interface Call {
  readonly serving: Serving;
  readonly exchange: Exchange;
  readonly head: RequestHead;
  readonly api: Api;
  readonly expectsContinue: boolean;
  /** Header of every answer to this client, names and values in turn. */
  readonly ownHeaders: readonly string[];
}

/** Serves one request whose head has come: asks who it is, decides, waits for a turn, forwards. Never rejects. */
export async function serveRequest(serving: Serving, exchange: Exchange, expectsContinue: boolean): Promise<void> {
  const { request, peer } = exchange;
  const { method = "", url: target = "", rawHeaders } = request;
  const head: RequestHead = { method, target, rawHeaders, peer };
  const call: Call = { serving, exchange, head, api: toApi(target), expectsContinue, ownHeaders: [] };
  try {
    const fault = checkHead(head, request.httpVersion);
    if (fault !== null) refuse(exchange, fault, call.api, { closes: true });
    else if (isHealth(head)) answerHealth(call);
    else await askBrowser(call);
  } catch (error) {
    serving.onTrouble(error);
    stop(call, error instanceof StoreError ? STORE_GONE : FAULT);
  }
}

function isHealth({ target, method }: RequestHead): boolean {
  return target === "/healthz" && (method === "GET" || method === "HEAD");
}

/** Whether the gateway runs: told to everybody, and without asking the model server. */
function answerHealth({ serving, exchange }: Call): void {
  const status = serving.toPhase();
  const body = JSON.stringify({ status });
  answer(exchange, status === "ok" ? 200 : 503, ["content-type", "application/json"], body);
}

function askBrowser(call: Call): void | Promise<void> {
  const { serving, exchange } = call;
  const cors = toCorsAnswer(exchange.request, serving.origins);
  if (cors.kind === "refused") return stop(call, ORIGIN_REFUSED);
  if (cors.kind === "preflight") return answer(exchange, 204, cors.headers, "");
  return askKey(cors.kind === "allowed" ? { ...call, ownHeaders: cors.headers } : call);
}

async function askKey(call: Call): Promise<void> {
  const { serving, exchange, head } = call;
  const phase = serving.toPhase();
  if (phase !== "ok") return stop(call, CLOSED[phase]);
  if (isVerifyTarget(head.target)) return answerVerify(serving, exchange);
  const credential = extractCredential(head);
  if (credential.kind === "refused") return stop(call, credential.refusal);
  const verifying = serving.verifier.verify(credential, Date.now());
  // What is there already is not waited for: most requests go on at once.
  const { key } = verifying instanceof Promise ? await verifying : verifying;
  exchange.key = key;
  return askPolicy(call, key);
}

function askPolicy(call: Call, key: Key | null): void | Promise<void> {
  const { exchange, head } = call;
  const first = decide(head, { key }, Date.now());
  if (first.kind === "refuse") return stop(call, first.refusal);
  exchange.route = first.route;
  if (key === null) throw new Error("a request without a key was not refused");
  if (first.kind === "forward") {
    // What has no body to be read may have one that is not wanted, or one that passes through.
    if (!first.route.streamsBody && hasBody(exchange))
      return takeBody(call, key, first.route, first.bodyLimitBytes ?? 0);
    return askTurn(call, key, first, first.route.streamsBody ? null : EMPTY, null);
  }
  return takeBody(call, key, first.route, first.limitBytes);
}

/** Reads the body, which is asked for only now, and decides again with what it says. */
async function takeBody(call: Call, key: Key, route: Route, limitBytes: number): Promise<void> {
  const { serving, exchange, head } = call;
  const body = await readWholeBody(exchange, limitBytes, serving.bodies, () => askForBody(call));
  if (body.kind === "left") return;
  if (body.kind === "refused") return stop(call, body.refusal);
  const contentType = exchange.request.headers["content-type"] ?? null;
  const needsFacts = route.modelIn === "json" || route.modelIn === "multipart";
  const reading = needsFacts ? readBody(route, contentType, body.bytes) : null;
  if (reading?.ok === false) return stop(call, reading.refusal);
  const facts = reading?.facts;
  const decision = decide({ ...head, body: facts }, { key }, Date.now());
  if (decision.kind === "refuse") return stop(call, decision.refusal);
  if (decision.kind === "read-body") throw new Error("a body that was read is asked for again");
  return askTurn(call, key, decision, body.bytes, facts?.contextTokens ?? null);
}

const EMPTY = Buffer.alloc(0);

async function askTurn(
  call: Call,
  key: Key,
  decision: Extract<Decision, { kind: "forward" }>,
  body: Buffer | null,
  expectedTokens: number | null,
): Promise<void> {
  const { serving, exchange } = call;
  const { route, models } = decision;
  exchange.model = models[0] ?? null;
  const { occupiesModel } = route;
  const ask = { key, occupiesModel, expectedTokens, now: Date.now(), signal: exchange.signal };
  const admitting = serving.limiter.admit(ask);
  const admission = admitting instanceof Promise ? await admitting : admitting;
  if (admission.kind === "left") {
    if (exchange.isRevoked && !exchange.hasEnded) stop(call, REVOKED);
    return;
  }
  if (admission.kind === "refused") {
    const { refusal, retryAfterSeconds, place } = admission;
    return refuse(exchange, refusal, call.api, { headers: call.ownHeaders, retryAfterSeconds, place });
  }
  exchange.take(admission.turn);
  if (exchange.hasEnded) return;
  // Much may have happened to a key while it stood in the queue.
  if (exchange.isRevoked || (key.expiresAt !== null && key.expiresAt <= Date.now())) return stop(call, REVOKED);
  if (body === null) askForBody(call);
  const { path, bodyLimitBytes } = decision;
  const filter = seesSomeModels(route, key) ? (list: string) => filterModels(list, key) : null;
  forward(exchange, serving.upstream, { route, path, body, bodyLimitBytes, ownHeaders: call.ownHeaders, filter });
}

/** Asks for the body where the client waits to be asked. */
function askForBody({ exchange, expectsContinue }: Call): void {
  if (!expectsContinue || exchange.askedForBody) return;
  exchange.askedForBody = true;
  exchange.response.writeContinue();
}

function stop({ exchange, api, ownHeaders }: Call, refusal: Refusal): void {
  refuse(exchange, refusal, api, { headers: ownHeaders });
}
