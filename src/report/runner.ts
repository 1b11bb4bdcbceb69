import type { Subject } from "./report.ts";

/** Who runs the server a finding is about, as far as how to mend it depends on that. */
export type Runner = "service" | "container" | "process" | "unknown";

export function toRunner({ server }: Subject): Runner {
  if (server === null || server.runBy.kind === "unknown") return "unknown";
  if (server.runBy.kind === "process") return "process";
  return server.runBy.kind === "systemd" ? "service" : "container";
}
