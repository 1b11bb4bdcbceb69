import type { Unit } from "../facts/units.ts";
import { isServiceUnit, runsServer } from "../judge/runs-server.ts";
import { isOnLoopback, toLoopbackPlace, type LoopbackPlace } from "../judge/loopback-value.ts";
import { toServerUnit } from "../judge/server-unit.ts";
import type { Server } from "../judge/server.ts";
import { fits, type ChosenServer } from "./choose-servers.ts";
import { planContainer } from "./container/plan-container.ts";
import type { PlanInput, PlannedSteps } from "./plan-input.ts";
import { leave, refuse, toSteps } from "./planned-steps.ts";
import { planLeftovers } from "./steps/remove-leftover.ts";
import { planProcess } from "./steps/restart-process.ts";
import { planModes } from "./steps/set-mode.ts";
import { planUnit } from "./steps/set-unit.ts";
import { joinWishes, type PartialWish } from "./unit-wish.ts";
import { wishLoopback } from "./wish-loopback.ts";
import { wishMends } from "./wish-mends.ts";

/** The parts of a plan that are about servers: first those that close one, then the others. */
export interface ServerParts {
  readonly closing: readonly PlannedSteps[];
  readonly mending: readonly PlannedSteps[];
}

/** Plans each server by who runs it. Two servers never get the same place on loopback. */
export function planServers(input: PlanInput, servers: readonly ChosenServer[]): ServerParts {
  const taken: LoopbackPlace[] = [];
  const closing: PlannedSteps[] = [];
  const mending: PlannedSteps[] = [];
  for (const chosen of servers) {
    const { server } = chosen;
    const closes = chosen.closes && !isOnLoopback(server);
    (closes ? closing : mending).push(...planServer(input, { server, closes }, servers, taken));
    if (closes) taken.push(toLoopbackPlace(server));
    if (input.choices.mends.includes("permissions")) mending.push(planModes(input, server));
    const unit = input.choices.mends.includes("leftovers") ? toServerUnit(input, server) : null;
    if (unit !== null && unit.scope === "system") mending.push(planLeftovers(input, { server, closes }, unit));
  }
  return { closing, mending };
}

function planServer(
  input: PlanInput,
  { server, closes }: ChosenServer,
  all: readonly ChosenServer[],
  taken: readonly LoopbackPlace[],
): readonly PlannedSteps[] {
  if (closes && !fits(input.choices.method, server.runBy)) {
    return [leave(server, { code: "not-asked", flag: "--method auto" })];
  }
  switch (server.runBy.kind) {
    case "systemd":
      return planService(input, { server, closes }, all, taken);
    case "process":
      return [...(closes ? [planProcess(input, server)] : []), ...leaveUnitMends(input, server)];
    case "docker":
    case "podman":
      return [...(closes ? [planContainer(input, server)] : []), ...leaveUnitMends(input, server)];
    case "unknown":
      return closes ? leaveUnknownRunner(input, server) : [];
  }
}

/** Nothing is known of who starts it, but its port: rules close that, whoever has it open. */
function leaveUnknownRunner({ choices }: PlanInput, server: Server): readonly PlannedSteps[] {
  const unknown = leave(server, { code: "unknown-runner" });
  return choices.firewall === "none"
    ? [unknown, leave(server, { code: "not-asked", flag: "--firewall auto" })]
    : [unknown];
}

function planService(
  input: PlanInput,
  { server, closes }: ChosenServer,
  all: readonly ChosenServer[],
  taken: readonly LoopbackPlace[],
): readonly PlannedSteps[] {
  if (!input.facts.units.ok) return closes ? [refuse({ code: "facts-missing", fact: "units" })] : [];
  const unit = toServerUnit(input, server);
  if (unit === null || !isServiceUnit(unit) || !runsServer(input, unit, server)) {
    return closes ? leaveUnknownRunner(input, server) : [];
  }
  // One value for both would give both the same port.
  if (all.some((other) => other.server !== server && toServerUnit(input, other.server) === unit)) {
    return closes ? [leave(server, { code: "no-safe-change" })] : [];
  }
  return planWishes(input, server, unit, [
    ...(closes ? [wishLoopback(input, server, unit, taken)] : []),
    ...wishMends(input, server, unit),
  ]);
}

function planWishes(
  input: PlanInput,
  server: Server,
  unit: Unit,
  parts: readonly PartialWish[],
): readonly PlannedSteps[] {
  const leaves = parts.flatMap((part) => part.leaves ?? []);
  return [planUnit(input, joinWishes(server, unit, parts)), toSteps({ leaves })];
}

/** What is asked for and only a unit can have. */
function leaveUnitMends({ choices }: PlanInput, server: Server): readonly PlannedSteps[] {
  const { sandbox, ipFilter, mends } = choices;
  const isAsked = sandbox || ipFilter || mends.includes("origins") || mends.includes("cloud");
  return isAsked ? [leave(server, { code: "no-safe-change" })] : [];
}
