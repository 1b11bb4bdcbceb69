import type { Finding } from "../judge/finding.ts";
import type { Server } from "../judge/server.ts";
import { agreesWith } from "./agrees-with.ts";
import type { Mend } from "./choices.ts";
import type { Leave } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";

/** What a plan would mend too if it were asked to, by the findings about the servers it is about. */
export function listNotAsked({ judgement, choices }: PlanInput, servers: readonly Server[]): readonly Leave[] {
  return judgement.findings.flatMap((finding): readonly Leave[] => {
    const server = servers.find(({ id }) => id === finding.server);
    const mend = server === undefined ? null : toMend(finding, server);
    if (server === undefined || mend === null || choices.mends.includes(mend)) return [];
    return [{ server: server.id, rule: finding.rule, why: { code: "not-asked", flag: `--mend ${mend}` } }];
  });
}

function toMend(finding: Finding, server: Server): Mend | null {
  const isUnit = server.runBy.kind === "systemd";
  switch (finding.rule) {
    case "key-file-readable":
    case "model-folder-writable":
      return "permissions";
    case "any-origin-allowed":
      return isUnit ? "origins" : null;
    case "setting-without-effect": {
      const stays = finding.data.setting === "OLLAMA_HOST" && agreesWith(server, finding.data.value);
      return isUnit && !stays ? "leftovers" : null;
    }
    default:
      return null;
  }
}
