import type { FindingOf } from "../finding.ts";
import { reachOf } from "../reach.ts";
import type { Rule } from "../rule.ts";

/** A server started by hand beside a service of its kind: hardening the service leaves it as it is. */
export const SECOND_SERVER: Rule<"second-server"> = {
  id: "second-server",
  judge: ({ servers }) =>
    servers
      .filter(({ runBy }) => runBy.kind === "process")
      .flatMap((byHand): FindingOf<"second-server">[] => {
        const services = servers.filter(({ kind, runBy }) => kind === byHand.kind && runBy.kind === "systemd");
        if (services.length === 0) return [];
        return [
          {
            rule: "second-server",
            severity: reachOf(byHand) === "outside" ? "high" : "low",
            server: byHand.id,
            routes: [],
            data: { servers: [...services, byHand].map(({ id }) => id) },
            evidence: [...services, byHand].flatMap(({ id, process }) =>
              process === null ? [] : [{ from: `/proc/${process.pid}/cgroup`, text: `${id}: ${process.user ?? "?"}` }],
            ),
          },
        ];
      }),
};
