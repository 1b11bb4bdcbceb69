import type { Facts } from "../facts/facts.ts";
import { isEmpty, subtractSets, toEmptySet, uniteSets, type SourceSet } from "../firewall/source-set.ts";
import { toFamily, type Family } from "../judge/addresses.ts";
import type { Route } from "../judge/route.ts";
import { toRuleSets } from "../judge/rule-sets.ts";
import type { Server } from "../judge/server.ts";
import { tracePacket } from "../judge/trace.ts";
import { toWiring } from "../judge/vantages.ts";
import type { Judgement } from "../report/report.ts";
import { isAllowed, isAtThisHost, isOutside, toSet } from "./firewall-closing.ts";
import { findChangedPorts } from "./firewall-others.ts";
import type { Operator, PlanInput } from "./plan-input.ts";
import type { Refusal } from "./plan.ts";

/** A host as it would be once the rules are changed, judged by the judge that judges what is. */
export interface Foretold {
  readonly facts: Facts;
  readonly judgement: Judgement;
}

/**
 * What speaks against doing it; null: nothing. Every way to the servers that is to be closed must be closed but for
 * the allowed sources, nobody may come in who was kept out, the operator's session stays, and so does what is let in
 * to every other port.
 */
export function checkForetold(
  input: PlanInput,
  servers: readonly Server[],
  foretold: Foretold,
  allow: readonly string[],
): Refusal | null {
  for (const server of servers) {
    const after = foretold.judgement.servers.find(({ id }) => id === server.id);
    const why = after === undefined ? "the server is not found again" : findFault(server, after, input.facts, allow);
    if (why !== null) return { code: "prediction-unsure", why };
  }
  return checkSessions(input, foretold.facts) ?? checkOthers(input, servers, foretold.facts);
}

function findFault(before: Server, after: Server, facts: Facts, allow: readonly string[]): string | null {
  const network = facts.networks.find((each) => each.own) ?? null;
  const wiring = toWiring(network, true, facts.containers);
  const routes = after.routes.filter((route) => isOutside(route) && isAtThisHost(route, wiring));
  const open = routes.find((route) => mayPass(route) && !isAllowed(route, allow));
  if (open !== undefined) return toWhy(open);
  const fresh = routes.find((route) => mayPass(route) && !isEmpty(toNewcomers(route, before.routes)));
  return fresh === undefined ? null : `would let in ${fresh.from.sources.join(", ")}, who is kept out now`;
}

function mayPass({ verdict }: Route): boolean {
  return verdict === "open" || verdict === "unknown";
}

function toWhy({ entry, barriers, verdict }: Route): string {
  const doubt = barriers.find(({ stops }) => stops === null);
  return `${entry.address} port ${entry.port} would be ${verdict}${doubt === undefined ? "" : `: ${doubt.why}`}`;
}

/** Those who come by a route and by none that was there before from the same place. */
function toNewcomers(route: Route, before: readonly Route[]): SourceSet {
  const family = toFamily(route.entry.address) ?? 4;
  const known = before
    .filter((each) => mayPass(each) && isSamePlace(each, route))
    .reduce((all, each) => uniteSets(all, toSources(each, family)), toEmptySet(family));
  return subtractSets(toSources(route, family), known);
}

function isSamePlace(one: Route, other: Route): boolean {
  return (
    one.from.vantage === other.from.vantage &&
    one.from.interface === other.from.interface &&
    one.entry.port === other.entry.port &&
    toFamily(one.entry.address) === toFamily(other.entry.address)
  );
}

function toSources({ from }: Route, family: Family): SourceSet {
  return subtractSets(toSet(family, from.sources), toSet(family, from.except));
}

/** A new connection of the operator's must get through if it does now: the old one alone is no way back. */
function checkSessions({ facts, operators }: PlanInput, after: Facts): Refusal | null {
  const cut = operators.find((operator) => getsThrough(facts, operator) && !getsThrough(after, operator));
  return cut === undefined ? null : { code: "would-cut-session", source: cut.source };
}

function getsThrough(facts: Facts, { source, port }: Operator): boolean {
  const [address = source, zone = null] = source.split("%");
  const traced = tracePacket(facts, { source: address, address: null, port, interface: zone });
  return traced.ok && traced.trace.verdict === "admitted";
}

function checkOthers({ facts, choices }: PlanInput, servers: readonly Server[], foretold: Facts): Refusal | null {
  const [before, after] = [toRuleSets(facts), toRuleSets(foretold)];
  if (!before.ok || !after.ok) return { code: "facts-missing", fact: "firewall" };
  const changed = findChangedPorts(facts, servers, before.value, after.value);
  if (changed === null) return { code: "prediction-unsure", why: "more ports listen than are compared" };
  const ports = changed.filter((port) => !choices.mayChange.includes(port));
  return ports.length === 0 ? null : { code: "would-change-others", ports };
}
