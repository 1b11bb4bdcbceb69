import type { InspectedContainer } from "../facts/container-inspection.ts";
import type { Facts } from "../facts/facts.ts";
import type { Reading } from "../host/host.ts";
import type { Judgement } from "../report/report.ts";
import type { Choices } from "./choices.ts";
import type { FileText } from "./file-edit.ts";
import type { ContainerName, Interruption, Leave, Refusal, Step } from "./plan.ts";

/** All that a plan is made from: the same input gives the same steps. */
export interface PlanInput {
  readonly facts: Facts;
  readonly judgement: Judgement;
  readonly choices: Choices;
  /** Files that were asked for by `needs-files`, as they are; null: there is none. */
  readonly texts: ReadonlyMap<string, FileText>;
  /** Containers that were asked for by `needs-inspection`, by their ids. */
  readonly inspected: ReadonlyMap<string, Reading<InspectedContainer>>;
  /** SSH sessions that stand open, one of which may be that of whoever hardens the host. */
  readonly operators: readonly Operator[];
}

/** An SSH session that must stay. */
export interface Operator {
  /** Numeric address; a link-local one carries its zone. */
  readonly source: string;
  /** Port of the host's sshd. */
  readonly port: number;
}

/** What one part of the planner (a unit's, a container's, the firewall's) comes to. */
export type PlannedSteps =
  | {
      readonly kind: "steps";
      readonly steps: readonly Step[];
      readonly interruptions: readonly Interruption[];
      readonly leaves: readonly Leave[];
    }
  | { readonly kind: "needs-files"; readonly paths: readonly string[] }
  | { readonly kind: "needs-inspection"; readonly containers: readonly ContainerName[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };
