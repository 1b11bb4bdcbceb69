import type { Key } from "../key.ts";
import type { BodyFacts, Decision, Policy, RequestHead, Route } from "./decision.ts";
import { type ModelName, isModelAllowed, readModelName } from "./model-name.ts";
import { isInNetworks } from "./networks.ts";
import { readTarget, toApi } from "./read-target.ts";
import { type RefusalCode, refuse } from "./refusals.ts";

/** Most of a body that is held in memory to be read. Bodies that are streamed on are not held. */
export const READ_LIMIT_BYTES: number = 64 * 1024 * 1024;

/**
 * Decides on one request: what was asked for by whom, at `now` (milliseconds since 1970). Pure, and the same for every
 * route. Headers are looked at by `checkHead`, before. Where the route names its model in the body the decision is
 * `read-body` until `head.body` is there. Nothing that is not in the table of routes is forwarded.
 */
export function decide(head: RequestHead, policy: Policy, now: number): Decision {
  const target = readTarget(head.method, head.target);
  if (target.kind === "malformed") return refused(head, target.code);
  const { key } = policy;
  if (key === null || !isValid(key, now)) return refused(head, "unauthenticated");
  if (key.from !== null && !isInNetworks(head.peer, key.from)) return refused(head, "network-not-allowed");
  if (target.kind === "unknown") return refused(head, "no-such-route");
  const { route } = target;
  if (!key.scopes.includes(route.scope)) return refused(head, "scope-missing");
  if (route.grant !== null && !key.grants.includes(route.grant)) return refused(head, "grant-missing");
  const readsBody = route.modelIn === "json" || route.modelIn === "multipart";
  const bodyLimitBytes = limitBody(route, key);
  if (readsBody && head.body === undefined) {
    return { kind: "read-body", route, limitBytes: bodyLimitBytes ?? READ_LIMIT_BYTES };
  }
  const body = readsBody ? head.body : undefined;
  const code = body === undefined ? null : refuseBody(body, key);
  if (code !== null) return refused(head, code);
  const models = readModels(body?.models ?? target.models, key);
  if (!models.ok) return refused(head, models.code);
  return { kind: "forward", route, path: target.path, models: models.shown, bodyLimitBytes };
}

/** Revoked, expired and unknown keys are refused alike. */
function isValid(key: Key, now: number): boolean {
  return key.revokedAt === null && (key.expiresAt === null || now < key.expiresAt);
}

function limitBody(route: Route, key: Key): number | null {
  if (route.method === "GET" || route.method === "HEAD") return 0;
  const { maxBodyBytes } = key.limits;
  return route.streamsBody ? maxBodyBytes : Math.min(maxBodyBytes ?? READ_LIMIT_BYTES, READ_LIMIT_BYTES);
}

function refuseBody(body: BodyFacts, key: Key): RefusalCode | null {
  const { maxContextTokens, maxKeepAliveSeconds } = key.limits;
  if (body.models.length === 0) return "model-missing";
  if (!body.grants.every((grant) => key.grants.includes(grant))) return "grant-missing";
  if (maxContextTokens !== null && (body.contextTokens ?? 0) > maxContextTokens) return "context-too-large";
  if (maxKeepAliveSeconds !== null && (body.keepAliveSeconds ?? 0) > maxKeepAliveSeconds) return "keep-alive-too-long";
  return null;
}

type Models =
  | { readonly ok: true; readonly shown: readonly string[] }
  | { readonly ok: false; readonly code: RefusalCode };

function readModels(written: readonly string[], key: Key): Models {
  const names: ModelName[] = [];
  for (const text of written) {
    const name = readModelName(text);
    if (name === null) return { ok: false, code: "bad-model-name" };
    names.push(name);
  }
  if (!names.every((name) => isModelAllowed(name, key.models))) return { ok: false, code: "model-not-allowed" };
  if (names.some((name) => name.cloud) && !key.grants.includes("cloud")) return { ok: false, code: "grant-missing" };
  return { ok: true, shown: [...new Set(names.map((name) => name.shown))] };
}

function refused(head: RequestHead, code: RefusalCode): Decision {
  return { kind: "refuse", refusal: refuse(code), api: toApi(head.target) };
}
