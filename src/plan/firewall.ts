import type { Facts } from "../facts/facts.ts";
import { fromCidr, toCidrs } from "../firewall/source-set.ts";
import type { Reading } from "../host/host.ts";
import type { RuleSet } from "../firewall/rule-set.ts";
import type { RuleId } from "../judge/finding.ts";
import { judge } from "../judge/judge.ts";
import { findOpenRoutes } from "../judge/rules/others-routes.ts";
import { toRuleSets } from "../judge/rule-sets.ts";
import type { Server } from "../judge/server.ts";
import type { Judgement } from "../report/report.ts";
import { leaveRoutes } from "./claims.ts";
import type { FirewallChoice } from "./choices.ts";
import type { ChangeSite, ClosedPort, FirewallChange, MadeChange } from "./firewall-change.ts";
import { checkForetold, type Foretold } from "./firewall-check.ts";
import { findClosings, type Closings } from "./firewall-closing.ts";
import { closeInDockerUser } from "./firewall-docker.ts";
import { closeInFirewalld } from "./firewall-firewalld.ts";
import { findInCharge, type InCharge } from "./firewall-in-charge.ts";
import { closeInNftables } from "./firewall-nftables.ts";
import { predictFirewall } from "./firewall-prediction.ts";
import { closeInUfw } from "./firewall-ufw.ts";
import type { PlanInput, PlannedSteps } from "./plan-input.ts";
import type { Leave, Refusal, Step } from "./plan.ts";
import { addFirewallRule } from "./steps/add-firewall-rule.ts";

const CLOSE: Readonly<Record<InCharge, (closed: ClosedPort, site: ChangeSite) => MadeChange>> = {
  ufw: closeInUfw,
  firewalld: closeInFirewalld,
  nftables: closeInNftables,
  "docker-user": closeInDockerUser,
};

/**
 * Closes the servers' ports to everybody outside in the manager of rules that is in charge, but for `choices.allow`.
 * What the rules then come to is judged first, from the facts; a step whose outcome is in doubt, or that would change
 * more than was asked for, is refused. The steps do not build on each other, and come in the order of the servers.
 */
export function planFirewall(input: PlanInput): PlannedSteps {
  const worked = workOut(input);
  if ("kind" in worked) return worked;
  const { ports, changes, foretold, leaves } = worked;
  const steps = ports.flatMap((port, index): Step[] => {
    const change = changes[index];
    const mends = findMended(input.judgement, foretold.judgement, port.server);
    return change === undefined ? [] : [addFirewallRule(port, change, mends)];
  });
  return toSteps(steps, leaves);
}

/** The host as it will be after the steps of `planFirewall`, judged; null where there are none. */
export function foretellFirewall(input: PlanInput): Foretold | null {
  const worked = workOut(input);
  return "kind" in worked ? null : worked.foretold;
}

interface WorkedOut {
  readonly ports: readonly ClosedPort[];
  /** One for each port. */
  readonly changes: readonly FirewallChange[];
  readonly foretold: Foretold;
  readonly leaves: readonly Leave[];
}

function workOut(input: PlanInput): WorkedOut | PlannedSteps {
  const { facts, judgement, choices, texts } = input;
  if (choices.firewall === "none") return toSteps([], []);
  const allow = toNetworks(choices.allow);
  if (typeof allow === "string") return refuse({ code: "prediction-unsure", why: `not a network: ${allow}` });
  const ruleSets = toRuleSets(facts);
  if (!ruleSets.ok) return refuse({ code: "facts-missing", fact: "firewall" });
  const servers = judgement.servers.filter(({ id }) => choices.servers?.includes(id) !== false);
  const found = servers.map((server) => findClosings(facts, server, allow));
  const ports = toClosedPorts(facts, ruleSets, found);
  if (ports === null) return refuse({ code: "facts-missing", fact: "managers" });
  const leaves = leaveTheRest(judgement, servers, found, ports);
  const outOfPlace = findOutOfPlace(choices.firewall, found, ports);
  if (outOfPlace !== null) return refuse(outOfPlace);
  if (ports.length === 0) return toSteps([], leaves);
  const changes = makeChanges(ports, { facts, ruleSets: ruleSets.value, allow, texts });
  if ("kind" in changes) return changes;
  const edits = changes.flatMap((change) => change.edits);
  const predicted = predictFirewall(facts, edits);
  if (predicted === null)
    return refuse({ code: "prediction-unsure", why: "the rules have not the chains they should" });
  const foretold = { facts: predicted, judgement: judge(predicted) };
  const closed = servers.filter(({ id }) => ports.some(({ server }) => server === id));
  const refusal = checkForetold(input, closed, foretold, allow);
  return refusal === null ? { ports, changes, foretold, leaves } : refuse(refusal);
}

function toSteps(steps: readonly Step[], leaves: readonly Leave[]): PlannedSteps {
  return { kind: "steps", steps, interruptions: [], leaves };
}

function refuse(refusal: Refusal): PlannedSteps {
  return { kind: "refused", refusal };
}

/** Each network in one spelling; the text of the first that is none. */
function toNetworks(allow: readonly string[]): readonly string[] | string {
  const networks: string[] = [];
  for (const text of allow) {
    const set = fromCidr(text);
    if (set === null) return text;
    networks.push(...toCidrs(set));
  }
  return networks;
}

/** Open routes that no rule here closes, of servers for which there is no step: of the others the claims tell. */
function leaveTheRest(
  judgement: Judgement,
  servers: readonly Server[],
  found: readonly Closings[],
  ports: readonly ClosedPort[],
): readonly Leave[] {
  return servers.flatMap((server, index) => {
    if (ports.some((port) => port.server === server.id)) return [];
    const left = found[index]?.left ?? [];
    const open = findOpenRoutes(server).filter(({ route }) => left.includes(route));
    return leaveRoutes(server, judgement, open, null);
  });
}

/** What is closed by whom: one entry for each port and manager. Null where who is in charge could not be read. */
function toClosedPorts(
  facts: Facts,
  ruleSets: Reading<readonly RuleSet[]>,
  found: readonly Closings[],
): readonly ClosedPort[] | null {
  const all = found.flatMap(({ closings }) => closings);
  const managed = all.map((closing) => ({ closing, by: findInCharge(facts, ruleSets, closing) }));
  if (managed.some(({ by }) => by === null)) return null;
  const groups = Map.groupBy(managed, ({ closing, by }) => `${by} ${closing.port}`);
  return [...groups.values()].flatMap((group): ClosedPort[] => {
    const [first] = group;
    if (first === undefined || first.by === null) return [];
    const { server, port } = first.closing;
    return [{ by: first.by, server, port, closings: group.map(({ closing }) => closing) }];
  });
}

/**
 * Why the manager that was asked for is not the one. A published port is Docker's, also where its helper besides
 * takes connections on a socket of the host, which whoever is in charge of those then closes.
 */
function findOutOfPlace(
  choice: FirewallChoice,
  found: readonly Closings[],
  ports: readonly ClosedPort[],
): Refusal | null {
  if (choice === "auto" || choice === "none") return null;
  for (const { closings } of found) {
    const main = closings.find(({ place }) => place === "forward") ?? closings[0];
    if (main === undefined) continue;
    const inCharge = ports.find((port) => port.closings.includes(main))?.by ?? null;
    if (inCharge === choice) continue;
    return { code: "manager-not-in-charge", manager: choice, inCharge: inCharge === "nftables" ? null : inCharge };
  }
  return null;
}

function makeChanges(ports: readonly ClosedPort[], site: ChangeSite): readonly FirewallChange[] | PlannedSteps {
  const changes: FirewallChange[] = [];
  const paths = new Set<string>();
  for (const port of ports) {
    const made = CLOSE[port.by](port, site);
    if (made.kind === "unsure") return refuse({ code: "prediction-unsure", why: made.why });
    if (made.kind === "needs-files") for (const path of made.paths) paths.add(path);
    else changes.push(made.change);
  }
  return paths.size > 0 ? { kind: "needs-files", paths: [...paths] } : changes;
}

/** The findings of a server that would not be there any more. */
function findMended(before: Judgement, after: Judgement, server: string): readonly RuleId[] {
  const rulesOf = ({ findings }: Judgement): readonly RuleId[] =>
    findings.filter((finding) => finding.server === server).map(({ rule }) => rule);
  const left = new Set(rulesOf(after));
  return [...new Set(rulesOf(before))].filter((rule) => !left.has(rule));
}
