import type { FindingOf, Severity } from "../finding.ts";
import { reachOf } from "../reach.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { toUnitLines, toUnitServers } from "../server-unit.ts";

/** systemd has no comments behind a value: words like `NAME=value` there are settings, and the last one wins. */
export const COMMENT_APPLIED_AS_SETTING: Rule<"comment-applied-as-setting"> = {
  id: "comment-applied-as-setting",
  judge: (host) =>
    toUnitServers(host).flatMap(({ unit, server }) =>
      toUnitLines(unit).flatMap(({ file, line }) =>
        line.assignments
          .filter(({ taken, behindComment }) => taken && behindComment)
          .filter(({ name, value }) => !isOverridden(server, { name, value, file }))
          .map(({ name, value }): FindingOf<"comment-applied-as-setting"> => ({
            rule: "comment-applied-as-setting",
            severity: toSeverity(server, { name, value, file }),
            server: server?.id ?? null,
            routes: [],
            data: { file, line: line.line, setting: name, value },
            evidence: [{ from: file, line: line.line, text: line.text }],
          })),
      ),
    ),
};

interface Applied {
  readonly name: string;
  readonly value: string;
  readonly file: string;
}

/** A line that wins over it has made it harmless. */
function isOverridden(server: Server | null, { name, value, file }: Applied): boolean {
  const declared = server?.settings.find((each) => each.name === name)?.declared ?? [];
  const own = declared.filter((each) => each.file === file && each.value === value);
  return declared.some(({ reaches }) => reaches === true) && own.every(({ reaches }) => reaches === false);
}

/** High where the server runs with the value of the "comment" and others may reach it. */
function toSeverity(server: Server | null, { name, value, file }: Applied): Severity {
  const setting = server?.settings.find((each) => each.name === name);
  const inEffect = setting?.declared.some(
    (each) => each.file === file && each.value === value && each.reaches === true,
  );
  return server !== null && inEffect === true && reachOf(server) === "outside" ? "high" : "medium";
}
