import type { Finding } from "../judge/finding.ts";
import { agreesWith } from "./agrees-with.ts";
import type { ChosenServer } from "./choose-servers.ts";
import type { Mend } from "./choices.ts";
import type { Leave } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";

/** What a plan would mend too if it were asked to, by the findings about the servers it is about. */
export function listNotAsked({ judgement, choices }: PlanInput, servers: readonly ChosenServer[]): readonly Leave[] {
  return judgement.findings.flatMap((finding): readonly Leave[] => {
    const chosen = servers.find(({ server }) => server.id === finding.server);
    const mend = chosen === undefined ? null : toMend(finding, chosen);
    if (chosen === undefined || mend === null || choices.mends.includes(mend)) return [];
    return [{ server: chosen.server.id, rule: finding.rule, why: { code: "not-asked", flag: `--mend ${mend}` } }];
  });
}

function toMend(finding: Finding, { server, closes }: ChosenServer): Mend | null {
  const { rule } = finding;
  if (rule === "key-file-readable" || rule === "model-folder-writable") return "permissions";
  if (server.runBy.kind !== "systemd") return null;
  if (rule === "any-origin-allowed") return "origins";
  if (rule !== "setting-without-effect") return null;
  const stays = finding.data.setting === "OLLAMA_HOST" && agreesWith(server, finding.data.value, closes);
  return stays ? null : "leftovers";
}
