import type { Evidence } from "../../facts/evidence.ts";
import type { Unit } from "../../facts/units.ts";
import type { FindingOf } from "../finding.ts";
import type { VantageName } from "../route.ts";
import type { Rule } from "../rule.ts";
import { toServerUnit, toUnitLines } from "../server-unit.ts";

/** Vantages on the host itself: what they see says nothing about a filter against others. */
const NEAR: ReadonlySet<VantageName> = new Set(["host", "browser"]);

/**
 * IPAddressDeny= needs unified control groups and the right to load BPF programs; without them systemd loads the
 * setting, prints it and blocks nothing. Only a connection from outside tells, so it is never counted as proof.
 */
export const IP_FILTER_UNPROVEN: Rule<"ip-filter-unproven"> = {
  id: "ip-filter-unproven",
  judge: (host) =>
    host.servers.flatMap((server): FindingOf<"ip-filter-unproven">[] => {
      const unit = toServerUnit(host, server);
      const evidence = unit === null ? null : toFilter(unit);
      if (unit === null || evidence === null) return [];
      const { identity } = host.facts;
      const unified = identity.ok ? identity.value.unifiedCgroups : null;
      // A user's manager may not load BPF programs and leaves the setting alone.
      const cannotWork = unified === false || (unit.scope === "user" && unit.uid !== 0);
      const tried = server.routes.some(({ from, proof }) => proof !== null && !NEAR.has(from.vantage));
      if (tried && !cannotWork) return [];
      return [
        {
          rule: "ip-filter-unproven",
          severity: cannotWork ? "medium" : "info",
          server: server.id,
          routes: [],
          data: { unit: unit.name, unifiedCgroups: unified },
          evidence: [evidence],
        },
      ];
    }),
};

function toFilter(unit: Unit): Evidence | null {
  if (unit.loaded.ok) {
    const { ipAddressDeny: denied, ipAddressAllow: allowed } = unit.loaded.value;
    if (denied.length === 0) return null;
    const text = `IPAddressDeny=${denied.join(" ")} IPAddressAllow=${allowed.join(" ")}`;
    return { from: `systemctl show ${unit.name}`, text };
  }
  const declared = toUnitLines(unit).findLast(({ line }) => line.key === "IPAddressDeny" && line.fault === null);
  if (declared === undefined || declared.line.value === "") return null;
  return { from: declared.file, line: declared.line.line, text: declared.line.text };
}
