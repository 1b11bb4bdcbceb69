import type { Evidence } from "../../facts/evidence.ts";
import type { Unit } from "../../facts/units.ts";
import { parseListenAddress } from "../../servers/ollama/listen-address.ts";
import type { ListenAddress, ListenAddressRemark } from "../../servers/ollama/listen-address.ts";
import type { FindingOf, Severity } from "../finding.ts";
import { reachOf } from "../reach.ts";
import type { JudgedHost, Rule } from "../rule.ts";
import type { Server } from "../server.ts";
import { toUnitServers } from "../server-unit.ts";

type Misleading = FindingOf<"misleading-listen-address">;

const SETTING = "OLLAMA_HOST";

/** Remarks on values that come to what their author wanted; that `0.0.0.0` takes IPv6 too, the routes show. */
const HARMLESS: ReadonlySet<ListenAddressRemark> = new Set([
  "quotes-removed",
  "path-ignored",
  "ipv4-wildcard-takes-ipv6",
]);

/**
 * The value of OLLAMA_HOST does not mean what it seems to mean: of a running server, and of a service that is
 * down because no server can start with it.
 */
export const MISLEADING_LISTEN_ADDRESS: Rule<"misleading-listen-address"> = {
  id: "misleading-listen-address",
  judge: (host) => [...host.servers.flatMap(ofServer), ...toUnitServers(host).flatMap((each) => ofUnit(host, each))],
};

function ofServer(server: Server): readonly Misleading[] {
  const setting = server.settings.find(({ name, effective }) => name === SETTING && effective !== null);
  if (server.kind !== "ollama" || setting?.effective === null || setting?.effective === undefined) return [];
  const address = parseListenAddress(setting.effective, server.version);
  const from = server.process === null ? SETTING : `/proc/${String(server.process.pid)}/environ`;
  return toFinding(setting.effective, address, server, { from, text: `${SETTING}=${setting.effective}` });
}

/** A service that keeps failing: what its next start would have, where a value of its own is the likely cause. */
function ofUnit(host: JudgedHost, { unit, server }: { unit: Unit; server: Server | null }): readonly Misleading[] {
  if (server !== null || !unit.loaded.ok || !["failed", "activating"].includes(unit.loaded.value.activeState))
    return [];
  const files = host.facts.environmentFiles.filter((file) => file.unit?.name === unit.name);
  const assigned = files.flatMap(({ path, assignments }) =>
    assignments.ok ? assignments.value.map((assignment) => ({ path, ...assignment })) : [],
  );
  const last = assigned.findLast(({ name, understood }) => name === SETTING && understood);
  const loaded = unit.loaded.value.environment[SETTING];
  const value = last?.value ?? loaded;
  if (value === undefined) return [];
  const evidence =
    last === undefined
      ? { from: `systemctl show ${unit.name}`, text: `${SETTING}=${value}` }
      : { from: last.path, line: last.line, text: last.text };
  return toFinding(value, parseListenAddress(value), null, evidence);
}

function toFinding(
  value: string,
  address: ListenAddress,
  server: Server | null,
  evidence: Evidence,
): readonly Misleading[] {
  const remark = address.remarks.find((each) => !HARMLESS.has(each));
  const reason = remark ?? (address.kind === "fails" ? address.because : null);
  if (reason === null) return [];
  return [
    {
      rule: "misleading-listen-address",
      severity: toSeverity(address, server),
      server: server?.id ?? null,
      routes: [],
      data: { value, reason, listensOn: address.kind === "listens" ? address.on : null },
      evidence: [evidence],
    },
  ];
}

/** It weighs most where somebody opened every address without meaning to. */
function toSeverity(address: ListenAddress, server: Server | null): Severity {
  const opensAll = address.kind === "listens" && address.reach === "every-address";
  if (!opensAll || server === null) return "low";
  return reachOf(server) === "outside" ? "high" : "medium";
}
