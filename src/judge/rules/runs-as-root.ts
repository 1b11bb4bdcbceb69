import type { Severity } from "../finding.ts";
import { reachOf } from "../reach.ts";
import { isSshServer } from "../run-by.ts";
import type { Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { toServerProcess } from "../server-facts.ts";

/** A model server with the rights of root: a flaw in it gives the host away. */
export const RUNS_AS_ROOT: Rule<"runs-as-root"> = {
  id: "runs-as-root",
  judge: (host) =>
    host.servers.flatMap((server) => {
      const process = toServerProcess(host, server);
      // What answers by an SSH server runs elsewhere.
      if (process?.uid !== 0 || isSshServer(process)) return [];
      return [
        {
          rule: "runs-as-root",
          severity: toSeverity(server),
          server: server.id,
          routes: [],
          data: { pid: process.pid },
          evidence: [{ from: `/proc/${process.pid}/status`, text: "Uid: 0" }],
        },
      ];
    }),
};

/** Root in a container is confined, and is what the official image does. */
function toSeverity(server: Server): Severity {
  if (server.runBy.kind === "docker" || server.runBy.kind === "podman") return "low";
  return reachOf(server) === "outside" ? "high" : "medium";
}
