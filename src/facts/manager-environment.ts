import { readEnvironmentLine } from "./environment-line.ts";
import type { EnvironmentAssignment } from "./environment-files.ts";
import { logicalLines } from "./unit-lines.ts";

/**
 * `DefaultEnvironment=` of systemd-system.conf(5), which PID 1 hands to every service. Split like
 * `Environment=` of a unit. Never throws.
 */
export function parseManagerEnvironment(text: string, variables: readonly string[]): readonly EnvironmentAssignment[] {
  const wanted = new Set(variables);
  return logicalLines(text).flatMap(({ line, section, key, value, unread }): readonly EnvironmentAssignment[] => {
    if (section !== "Manager" || key !== "DefaultEnvironment" || unread) return [];
    const { assignments, shown } = readEnvironmentLine(value, wanted);
    return assignments.flatMap((assignment) =>
      assignment.taken
        ? [
            {
              name: assignment.name,
              value: assignment.value,
              line,
              exported: true,
              understood: true,
              text: `DefaultEnvironment=${shown}`,
            },
          ]
        : [],
    );
  });
}
