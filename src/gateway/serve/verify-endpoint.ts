import type { Limiter } from "../limits/limiter.ts";
import type { Verifier } from "../keys/caller.ts";
import type { Key } from "../key.ts";
import { decide } from "../policy/decide.ts";
import type { Decision, Refusal, RequestHead } from "../policy/decision.ts";
import { extractCredential } from "../policy/extract-credential.ts";
import { toApi } from "../policy/read-target.ts";
import { answer, refuse, REVOKED } from "./answer.ts";
import type { Exchange } from "./exchange.ts";

/** Where a proxy asks whether it may pass a request on: nginx `auth_request`, `forward_auth` of Caddy and others. */
const VERIFY_PATH = "/portlock/verify";

export function isVerifyTarget(target: string): boolean {
  return target === VERIFY_PATH;
}

const NOT_TOLD: Refusal = {
  status: 400,
  code: "request-not-told",
  message:
    "A proxy tells the request it asks about in X-Original-Method and X-Original-URI, or in X-Forwarded-Method and X-Forwarded-Uri.",
};
const TOLD_TWICE: Refusal = {
  status: 400,
  code: "request-told-twice",
  message: "The proxy tells two different requests, and it is not clear which one counts.",
};
const NEEDS_GATEWAY: Refusal = {
  status: 403,
  code: "needs-gateway",
  message: "This key has limits that only the gateway itself can hold: send the request through it.",
};

/**
 * Answers a proxy with 204 and the id of the key, or with what the gateway itself would refuse the request with. The
 * same decision is made as for a request of one's own. What a proxy cannot show (the body, the address of the client,
 * the end of the answer) is not taken for harmless: a key that was given limits about it is refused. Grants, which every
 * key lacks by itself, are not looked for in bodies here: else no key could ask a model anything through a proxy.
 */
export async function answerVerify({ verifier, limiter }: Asked, exchange: Exchange): Promise<void> {
  const { rawHeaders } = exchange.request;
  const told = toToldRequest(rawHeaders);
  if ("refusal" in told) return refuse(exchange, told.refusal, "ollama");
  const head: RequestHead = { ...told, rawHeaders, peer: exchange.peer };
  const credential = extractCredential(head);
  if (credential.kind === "refused") return refuse(exchange, credential.refusal, toApi(told.target));
  const { key } = await verifier.verify(credential, Date.now());
  exchange.key = key;
  const decision = decide(head, { key }, Date.now());
  if (decision.kind === "refuse") return refuse(exchange, decision.refusal, decision.api);
  const { api } = decision.route;
  if (key === null || needsGateway(decision, key)) return refuse(exchange, NEEDS_GATEWAY, api);
  const ask = { key, occupiesModel: false, now: Date.now(), signal: exchange.signal };
  const admission = await limiter.admit(ask);
  if (admission.kind === "left") {
    if (exchange.isRevoked && !exchange.hasEnded) refuse(exchange, REVOKED, api);
    return;
  }
  if (admission.kind === "refused") {
    return refuse(exchange, admission.refusal, api, { retryAfterSeconds: admission.retryAfterSeconds });
  }
  admission.turn.release({ tokens: 0 });
  answer(exchange, 204, ["x-portlock-key", key.id], "");
}

interface Asked {
  readonly verifier: Verifier;
  readonly limiter: Limiter;
}

/** True where the decision depends on what a proxy does not show. */
function needsGateway(decision: Exclude<Decision, { kind: "refuse" }>, key: Key): boolean {
  const { limits, models, from } = key;
  if (from !== null) return true;
  if (decision.route.listsModels && models !== null) return true;
  if (decision.route.occupiesModel && (limits.tokensPerDay !== null || limits.concurrent !== null)) return true;
  if (decision.route.method !== "GET" && decision.route.method !== "HEAD" && limits.maxBodyBytes !== null) return true;
  if (decision.kind === "forward") return false;
  return models !== null || limits.maxContextTokens !== null || limits.maxKeepAliveSeconds !== null;
}

type Told = { readonly method: string; readonly target: string } | { readonly refusal: Refusal };

function toToldRequest(rawHeaders: readonly string[]): Told {
  const methods = toValues(rawHeaders, ["x-original-method", "x-forwarded-method"]);
  const targets = toValues(rawHeaders, ["x-original-uri", "x-forwarded-uri"]);
  if (methods.size > 1 || targets.size > 1) return { refusal: TOLD_TWICE };
  const [method] = methods;
  const [target] = targets;
  return method === undefined || target === undefined ? { refusal: NOT_TOLD } : { method, target };
}

function toValues(rawHeaders: readonly string[], names: readonly string[]): ReadonlySet<string> {
  const values = new Set<string>();
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const value = rawHeaders[at + 1];
    if (value !== undefined && names.includes(rawHeaders[at]?.toLowerCase() ?? "")) values.add(value);
  }
  return values;
}
