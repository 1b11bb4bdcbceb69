import { lt, parse } from "semver";
import type { Unit } from "../facts/units.ts";
import type { RuleId } from "../judge/finding.ts";
import { isPlainValue } from "../judge/plain-names.ts";
import { toEffectiveSetting } from "../judge/server-facts.ts";
import type { Server } from "../judge/server.ts";
import { admitsAnyOrigin } from "../servers/ollama/browser-checks.ts";
import { isOn } from "../servers/ollama/settings.ts";
import type { LeaveReason } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { IP_FILTER, toSandbox } from "./sandbox.ts";
import type { PartialWish } from "./unit-wish.ts";

/** The first release with OLLAMA_NO_CLOUD. */
const FIRST_WITH_SWITCH = "0.16.2";
const ORIGINS = "OLLAMA_ORIGINS";
const NO_CLOUD = "OLLAMA_NO_CLOUD";

/** What is asked for of a unit besides where its server listens. */
export function wishMends(input: PlanInput, server: Server, unit: Unit): readonly PartialWish[] {
  const { sandbox, ipFilter, mends } = input.choices;
  return [
    ...(mends.includes("origins") ? [wishOrigins(input, server)] : []),
    ...(mends.includes("cloud") ? [wishNoCloud(input, server)] : []),
    ...(sandbox ? [wishSandbox(input, server, unit)] : []),
    ...(ipFilter ? [wishIpFilter(server, unit)] : []),
  ];
}

/** The origins that are named stay; those that let every web page in go. */
function wishOrigins(input: PlanInput, server: Server): PartialWish {
  const value = toEffectiveSetting(input, server, ORIGINS)?.value ?? null;
  if (server.kind !== "ollama" || value === null || !admitsAnyOrigin(value)) return {};
  const named = value.split(",").filter((origin) => !admitsAnyOrigin(origin));
  const narrowed = named.every(isPlainValue) ? named.join(",") : "";
  const mends = input.judgement.findings
    .filter(({ rule, server: id }) => id === server.id && rule === "any-origin-allowed")
    .map(({ rule }) => rule);
  return { settings: [{ name: ORIGINS, value: narrowed }], mends };
}

function wishNoCloud(input: PlanInput, server: Server): PartialWish {
  if (server.kind !== "ollama" || isOn(toEffectiveSetting(input, server, NO_CLOUD)?.value ?? null)) return {};
  const version = parse(server.version ?? "");
  if (version !== null && lt(version, FIRST_WITH_SWITCH)) {
    return toLeave(server, { code: "no-safe-change" }, "cloud-on-exposed-server");
  }
  const mends = input.judgement.findings
    .filter(({ rule, server: id }) => id === server.id && rule === "cloud-on-exposed-server")
    .map(({ rule }) => rule);
  return { settings: [{ name: NO_CLOUD, value: "1" }], mends, remarks: [{ code: "cloud-models-off" }] };
}

function wishSandbox({ facts }: PlanInput, server: Server, unit: Unit): PartialWish {
  if (server.kind !== "ollama") return toLeave(server, { code: "no-safe-change" });
  // A user's manager may not set up most of it, and would leave it out without a word.
  if (unit.scope === "user") return toLeave(server, { code: "user-service" });
  return { directives: toSandbox(facts, unit, server), remarks: [{ code: "sandbox-score" }] };
}

function wishIpFilter(server: Server, unit: Unit): PartialWish {
  if (unit.scope === "user") return toLeave(server, { code: "user-service" });
  return { directives: IP_FILTER, remarks: [{ code: "blocks-downloads" }, { code: "ip-filter-may-be-inert" }] };
}

function toLeave(server: Server, why: LeaveReason, rule: RuleId | null = null): PartialWish {
  return { leaves: [{ server: server.id, rule, why }] };
}
