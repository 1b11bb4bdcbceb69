import { parseListenAddress } from "../../servers/ollama/listen-address.ts";
import type { Evidence } from "../../facts/evidence.ts";
import type { FindingOf, Severity } from "../finding.ts";
import { reachOf } from "../reach.ts";
import type { Rule } from "../rule.ts";
import type { Declaration, DeclarationReason, Server, Setting } from "../server.ts";

/** These have rules of their own. */
const TOLD_ELSEWHERE: ReadonlySet<DeclarationReason> = new Set(["daemon-reload-missing", "restart-missing"]);

/**
 * Places that lose against another one by design: a drop-in replaces the unit's line, a container does not see
 * the host's profiles. Only worth a word where somebody closed the server there, and it is not closed.
 */
const ORDINARY: ReadonlySet<DeclarationReason> = new Set([
  "overridden-later",
  "overridden-by-environment-file",
  "server-started-otherwise",
  "container-has-its-own",
]);

/** Places that the command line client reads too: a value there need not be meant for the server. */
const MAY_BE_FOR_CLIENT: ReadonlySet<DeclarationReason> = new Set([
  "not-read-by-system-services",
  "shell-only",
  "not-exported",
  "user-services-only",
]);

/** A declared setting never reaches the server, and the server goes by another value. */
export const SETTING_WITHOUT_EFFECT: Rule<"setting-without-effect"> = {
  id: "setting-without-effect",
  judge: ({ servers }) =>
    servers.flatMap((server) =>
      server.settings.flatMap((setting) =>
        setting.declared.flatMap((declaration): FindingOf<"setting-without-effect">[] => {
          const severity = toSeverity(server, setting, declaration);
          if (severity === null) return [];
          const { value, file, line, why } = declaration;
          return [
            {
              rule: "setting-without-effect",
              severity,
              server: server.id,
              routes: [],
              data: { setting: setting.name, value, file, line, reason: why },
              evidence: toEvidence(server, setting, declaration),
            },
          ];
        }),
      ),
    ),
};

/** Null: no finding. High where somebody believes the server to be closed and others may reach it. */
function toSeverity(
  server: Server,
  setting: Setting,
  { reaches, why, value, file, line }: Declaration,
): Severity | null {
  if (reaches !== false || TOLD_ELSEWHERE.has(why)) return null;
  if (setting.effectiveKnown && value === setting.effective) return null;
  // The words behind it on the same line won: comment-applied-as-setting tells that.
  if (setting.declared.some((other) => other.reaches === true && other.file === file && other.line === line))
    return null;
  if (server.kind !== "ollama" || setting.name !== "OLLAMA_HOST") return ORDINARY.has(why) ? null : "low";
  const meant = parseListenAddress(value, server.version);
  const isSame = meant.kind === "listens" && setting.effectiveKnown && meant.on === setting.listensOn;
  const closes = meant.kind === "listens" && meant.reach === "loopback";
  if (isSame) return null;
  if (closes && reachOf(server) === "outside") return "high";
  if (ORDINARY.has(why)) return null;
  const namesAnother = meant.kind === "resolves" || (meant.kind === "listens" && meant.reach === "one-address");
  return namesAnother && MAY_BE_FOR_CLIENT.has(why) ? "info" : "low";
}

function toEvidence(server: Server, setting: Setting, { value, file, line }: Declaration): readonly Evidence[] {
  const declared = { from: file, ...(line === null ? {} : { line }), text: `${setting.name}=${value}` };
  if (!setting.effectiveKnown || server.process === null) return [declared];
  const running = setting.effective === null ? `no ${setting.name}` : `${setting.name}=${setting.effective}`;
  return [declared, { from: `/proc/${String(server.process.pid)}/environ`, text: running }];
}
