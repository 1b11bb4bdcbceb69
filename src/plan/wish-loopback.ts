import type { Unit } from "../facts/units.ts";
import { unitValues } from "../judge/claims.ts";
import { isStartedDirectly } from "../judge/declare-in-unit.ts";
import type { Finding, RuleId } from "../judge/finding.ts";
import { toLoopbackPlace, toLoopbackValue, type LoopbackPlace } from "../judge/loopback-value.ts";
import { toServerProcess } from "../judge/server-facts.ts";
import type { Declaration, Server } from "../judge/server.ts";
import { parseListenAddress } from "../servers/ollama/listen-address.ts";
import type { LeaveReason } from "./plan.ts";
import type { PlanInput } from "./plan-input.ts";
import type { PartialWish } from "./unit-wish.ts";

const LISTEN_ADDRESS = "OLLAMA_HOST";

/** Findings that are mended by listening on loopback alone. */
const MENDED: ReadonlySet<RuleId> = new Set<RuleId>([
  "open-bind",
  "reached-from-other-interface",
  "misleading-listen-address",
  "comment-applied-as-setting",
  "daemon-reload-missing",
  "restart-missing",
]);

/**
 * Puts the server of a unit on loopback. Where the unit says so already and only waits to be loaded or restarted,
 * nothing is written. What no drop-in can change is left, with the reason.
 */
export function wishLoopback(
  input: PlanInput,
  server: Server,
  unit: Unit,
  taken: readonly LoopbackPlace[],
): PartialWish {
  const place = toLoopbackPlace(server);
  const why = whyNot(input, server, unit, place, taken);
  if (why !== null) return { leaves: [{ server: server.id, rule: ruleOf(input, server), why }] };
  const mends = input.judgement.findings.filter((each) => isMended(each, server)).map(({ rule }) => rule);
  if (waitsForLoopback(server, unit)) return { place, mends, remarks: [{ code: "stays-closed-after-undo" }] };
  return { place, mends, settings: [{ name: LISTEN_ADDRESS, value: toLoopbackValue(server) }] };
}

function ruleOf({ judgement }: PlanInput, server: Server): RuleId | null {
  return judgement.findings.find((finding) => isMended(finding, server))?.rule ?? null;
}

function isMended(finding: Finding, { id }: Server): boolean {
  if (finding.server !== id) return false;
  return finding.rule === "browser-page-can-call" ? finding.data.by === "host-check-off" : MENDED.has(finding.rule);
}

function whyNot(
  input: PlanInput,
  server: Server,
  unit: Unit,
  place: LoopbackPlace,
  taken: readonly LoopbackPlace[],
): LeaveReason | null {
  if (server.kind !== "ollama") return { code: "no-safe-change" };
  if (isPlaceTaken(input, server, place, taken)) return { code: "port-taken", port: place.port };
  if (setsItself(input, server, unit)) return { code: "set-by-command", unit: unit.name };
  const byLogin = toListenSetting(server)?.find(({ reaches, file }) => reaches === true && isOfLogin(input, file));
  if (byLogin === undefined || unitValues(unit, "PAMName").length === 0 || input.choices.method === "environment") {
    return null;
  }
  // A unit with PAMName= takes what pam_env sets last, over anything a drop-in says.
  return byLogin.file === "/etc/environment"
    ? { code: "not-asked", flag: "--method environment" }
    : { code: "no-safe-change" };
}

function toListenSetting({ settings }: Server): readonly Declaration[] | undefined {
  return settings.find(({ name }) => name === LISTEN_ADDRESS)?.declared;
}

function isOfLogin({ facts }: PlanInput, file: string): boolean {
  return facts.environmentFiles.some(({ path, kind }) => kind === "pam" && path === file);
}

/**
 * The command of the unit gives the server its address: `env OLLAMA_HOST=... ollama serve`, or a script, where the
 * process has a value that no file accounts for.
 */
function setsItself(input: PlanInput, server: Server, unit: Unit): boolean {
  const commands = unitValues(unit, "ExecStart");
  if (commands.some(({ assignments }) => assignments.some(({ name }) => name === LISTEN_ADDRESS))) return true;
  const setting = server.settings.find(({ name }) => name === LISTEN_ADDRESS);
  const process = toServerProcess(input, server);
  if (setting === undefined || !setting.effectiveKnown || setting.effective === null || process === null) return false;
  if (commands.length === 0 || !unit.loaded.ok || isStartedDirectly(unit, process)) return false;
  return setting.declared.every((each) => each.reaches === false && !isWaiting(each));
}

/** Whether somebody else has that place already, or is about to get it by the same plan. */
function isPlaceTaken(
  { facts }: PlanInput,
  server: Server,
  place: LoopbackPlace,
  taken: readonly LoopbackPlace[],
): boolean {
  if (taken.some(({ address, port }) => address === place.address && port === place.port)) return true;
  if (!facts.listeners.ok || server.process === null) return false;
  const { pid } = server.process;
  const own = facts.listeners.value.find(({ pids }) => pids.includes(pid));
  return facts.listeners.value.some(
    (other) =>
      other.port === place.port &&
      other.namespace === own?.namespace &&
      !other.pids.includes(pid) &&
      [place.address, place.address === "::1" ? "::" : "0.0.0.0"].includes(other.address),
  );
}

/** Whether a value that keeps the server to loopback, on its port, only waits for the reload or the restart. */
function waitsForLoopback(server: Server, unit: Unit): boolean {
  const waiting = toListenSetting(server)?.find(isWaiting);
  if (waiting === undefined || isOverwritten(waiting.file, unit)) return false;
  const address = parseListenAddress(waiting.value, server.version);
  return address.kind === "listens" && address.reach === "loopback" && address.port === server.listeners[0]?.port;
}

function isWaiting({ why }: Declaration): boolean {
  return why === "daemon-reload-missing" || why === "restart-missing";
}

/** The installer writes its unit anew at every upgrade: what stands there is gone then. */
function isOverwritten(file: string, unit: Unit): boolean {
  return unit.scope === "system" && file.endsWith(".service");
}
