import { isOnLoopback, toLoopbackPlace } from "../judge/loopback-value.ts";
import { judge } from "../judge/judge.ts";
import type { Server } from "../judge/server.ts";
import { findOpenRoutes } from "../judge/rules/others-routes.ts";
import { chooseServers, type ChosenServer } from "./choose-servers.ts";
import { leaveRoutes, toOutcome } from "./claims.ts";
import { toPortsMove } from "./container/plan-container.ts";
import { foretellFirewall, planFirewall } from "./firewall.ts";
import { listNotAsked } from "./not-asked.ts";
import type { Leave, Planned, Step } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import { planServers } from "./plan-servers.ts";
import { combine } from "./planned-steps.ts";
import { predictFacts, type Move } from "./predict.ts";

/**
 * Makes the plan for one host: the same facts, choices and files give the same steps. Never throws, whatever the
 * facts say. Order: where servers listen, containers, the firewall, and what is mended around them.
 *
 * @param context.madeAt when the facts were read, ISO 8601, UTC
 */
export function makePlan(input: PlanInput, context: { readonly version: string; readonly madeAt: string }): Planned {
  const { judgement, choices } = input;
  const chosen = chooseServers(judgement, choices);
  if (chosen.kind === "refused") return chosen;
  const { closing, mending } = planServers(input, chosen.servers);
  const closed = combine(closing);
  if (closed.kind !== "steps") return closed;
  const planned = combine([closed, planFirewall(input), ...mending]);
  if (planned.kind !== "steps") return planned;
  const flag = choices.firewall === "none" ? "--firewall auto" : null;
  const moves = toMoves(input, chosen.servers, planned.steps);
  const ruled = new Set(planned.steps.filter(({ kind }) => kind === "add-firewall-rule").map((step) => step.server));
  const touched = judgement.servers.filter(({ id }) => ruled.has(id) || moves.some(({ server }) => server.id === id));
  const outcome = toOutcome(judgement, touched, { servers: judgeAhead(input, moves), allow: choices.allow, flag });
  return {
    kind: "plan",
    plan: {
      schema: "portlock.plan/1",
      tool: { name: "portlock", version: context.version },
      host: { name: judgement.host.name },
      madeAt: context.madeAt,
      choices,
      verdict: judgement.verdict,
      steps: planned.steps,
      claims: outcome.claims,
      interruptions: planned.interruptions,
      leaves: [
        ...planned.leaves,
        ...outcome.leaves,
        ...leaveOpenLoopback(input, chosen.servers, flag),
        ...listNotAsked(input, chosen.servers),
      ],
      reader: judgement.reader,
      missing: judgement.missing,
    },
  };
}

/** The servers of the host as they will be, with the rules that were foretold and where servers will listen. */
function judgeAhead(input: PlanInput, moves: readonly Move[]): readonly Server[] {
  const foretold = foretellFirewall(input);
  if (foretold === null && moves.length === 0) return input.judgement.servers;
  return judge(predictFacts(foretold?.facts ?? input.facts, moves)).servers;
}

/** Servers that a step of the plan puts on loopback, or the ports of whose containers it publishes there. */
function toMoves(input: PlanInput, servers: readonly ChosenServer[], steps: readonly Step[]): readonly Move[] {
  const moved = new Set(
    steps
      .filter(({ expect }) => expect.some(({ kind }) => kind === "listens-on-loopback-only"))
      .map((step) => step.server),
  );
  return servers.flatMap(({ server }) =>
    moved.has(server.id) ? [toPortsMove(input, server) ?? { server, place: toLoopbackPlace(server) }] : [],
  );
}

/** A server that listens on loopback alone and is reached all the same: by a rule, a proxy or a switch of the kernel. */
function leaveOpenLoopback(
  { judgement }: PlanInput,
  servers: readonly ChosenServer[],
  flag: string | null,
): readonly Leave[] {
  return servers
    .filter(({ server, closes }) => closes && isOnLoopback(server))
    .flatMap(({ server }) => leaveRoutes(server, judgement, findOpenRoutes(server), flag));
}
