import type { Facts } from "../facts/facts.ts";
import type { Process } from "../facts/processes.ts";
import type { LoadedUnit, Unit } from "../facts/units.ts";
import { toDeclaration, toFaultReason, unitValues } from "./claims.ts";
import type { Claim, Effective } from "./claims.ts";
import type { Declaration, DeclarationReason, RunBy } from "./server.ts";

/** The service a server runs in, as far as it is known. */
interface Service {
  readonly name: string;
  readonly scope: "system" | "user";
  /** Null where its files could not be read. */
  readonly unit: Unit | null;
  readonly loaded: LoadedUnit | null;
  readonly process: Process | null;
  /** The setting that is judged. */
  readonly setting: string;
  /** True where a file of the unit, or one it reads its environment from, could not be read. */
  readonly partlyUnread: boolean;
}

/** What is known when the claims of one setting are held against a service. */
export interface ServiceQuestion {
  readonly facts: Facts;
  readonly process: Process | null;
  readonly runBy: Extract<RunBy, { readonly kind: "systemd" }>;
  readonly name: string;
}

/**
 * What the claims come to for a server that systemd runs. Claims that the service reads are ordered as systemd
 * orders them, and the last one wins at the next start; whether it has won already is for the process to say.
 */
export function declareInUnit(
  question: ServiceQuestion,
  claims: readonly Claim[],
  effective: Effective,
): readonly Declaration[] {
  const service = toService(question);
  const ofService = claims.filter((claim) => isOfService(claim, service));
  const named = new Set(ofService.flatMap(({ kind, file }) => (kind === "unit" ? [file] : [])));
  // A unit may name /etc/environment itself; that is then the claim that counts.
  const own = ofService.filter(({ kind, file }) => kind === "unit" || !named.has(file));
  const ranked = own
    .flatMap((claim) => {
      const rank = rankOf(claim, service);
      return rank === null ? [] : [{ claim, rank }];
    })
    .toSorted((a, b) => a.rank - b.rank)
    .map(({ claim }) => claim);
  const verdicts = judgeRanked(ranked, service, effective);
  const explained = [...verdicts.values()].some(({ reaches }) => reaches === true);
  return own.map((claim) => verdicts.get(claim) ?? declareUnread(claim, service, effective, explained));
}

function toService({ facts, process, runBy, name }: ServiceQuestion): Service {
  const uid = runBy.scope === "user" ? runBy.uid : null;
  const units = facts.units.ok ? facts.units.value : [];
  const unit = units.find((each) => each.name === runBy.unit && each.scope === runBy.scope && each.uid === uid) ?? null;
  const unreadFile = facts.environmentFiles.some(
    (file) => file.unit?.name === runBy.unit && file.unit.scope === runBy.scope && !file.assignments.ok,
  );
  return {
    name: runBy.unit,
    scope: runBy.scope,
    unit,
    loaded: unit?.loaded.ok === true ? unit.loaded.value : null,
    process,
    setting: name,
    partlyUnread: unit === null || unreadFile || unit.files.some((file) => !file.ok),
  };
}

/** Claims of other units are none about this server. */
function isOfService(claim: Claim, service: Service): boolean {
  if (claim.unit === null) return claim.kind !== "container";
  return claim.unit.name === service.name && claim.unit.scope === service.scope && sameUser(claim, service);
}

function sameUser(claim: Claim, { unit }: Service): boolean {
  return unit === null || claim.unit?.uid === unit.uid;
}

/** In this order a service takes its environment; a later one wins. */
const SYSTEM_ORDER: readonly Claim["kind"][] = ["manager", "unit-file", "unit"];
/** With PAMName=, what the login modules set comes last. */
const PAM_ORDER: readonly Claim["kind"][] = [...SYSTEM_ORDER, "pam"];
const USER_ORDER: readonly Claim["kind"][] = ["manager", "pam", "environment.d", "unit-file", "unit"];

/** Place in the order in which the service takes its environment; null: it never reads this place. */
function rankOf(claim: Claim, { scope, unit, process }: Service): number | null {
  const own = claim.unit !== null || claim.uid === null || claim.uid === process?.uid;
  const usesPam = unit !== null && unitValues(unit, "PAMName").length > 0;
  const order = scope === "user" ? USER_ORDER : usesPam ? PAM_ORDER : SYSTEM_ORDER;
  const rank = order.indexOf(claim.kind);
  return claim.fault === null && own && rank >= 0 ? rank : null;
}

function judgeRanked(
  ranked: readonly Claim[],
  service: Service,
  effective: Effective,
): ReadonlyMap<Claim, Declaration> {
  const live = isUnset(service) ? [] : ranked.filter(({ removed }) => !removed);
  const winner = live.at(-1) ?? null;
  const won = winner === null ? null : judgeWinner(winner, service, effective);
  const isStale = won?.why === "daemon-reload-missing" || won?.why === "restart-missing";
  // While the winner waits for a reload or a restart, the process still has what an earlier line gave it.
  const before = ranked.filter((claim) => claim !== winner && claim.value === effective.value);
  const inEffect = isStale && effective.known ? before.at(-1) : undefined;
  const explained = won?.reaches === true || inEffect !== undefined;
  function judgeOther(claim: Claim): Declaration {
    if (claim === inEffect) return toDeclaration(claim, true, "in-effect");
    if (!effective.known && !isSettled(service)) return toDeclaration(claim, null, "effective-unread");
    if (effective.known && !explained && claim.value === effective.value)
      return toDeclaration(claim, null, "cannot-tell");
    return toDeclaration(claim, false, overriddenBy(winner, claim));
  }
  return new Map(ranked.map((claim) => [claim, claim === winner && won !== null ? won : judgeOther(claim)]));
}

function overriddenBy(winner: Claim | null, claim: Claim): DeclarationReason {
  return winner?.kind === "unit" && claim.kind !== "unit" ? "overridden-by-environment-file" : "overridden-later";
}

function judgeWinner(winner: Claim, service: Service, effective: Effective): Declaration {
  const loaded = winner.kind === "unit-file" ? service.loaded?.environment[service.setting] : undefined;
  const isReloaded = service.loaded !== null && !service.loaded.needsDaemonReload;
  const value = winner.computed && isReloaded && loaded !== undefined ? loaded : winner.value;
  const isComputed = winner.computed && value === winner.value;
  if (effective.known && !isComputed && value === effective.value) return toDeclaration(winner, true, "in-effect");
  if (isComputed) return toDeclaration(winner, null, effective.known ? "cannot-tell" : "effective-unread");
  const why = whyNotTaken({ ...winner, value }, service, effective);
  if (effective.known) return toDeclaration(winner, false, why);
  return why === "daemon-reload-missing"
    ? toDeclaration(winner, false, why)
    : toDeclaration(winner, null, "effective-unread");
}

/** Why a process does not have the value that its service would take at the next start. */
function whyNotTaken(winner: Claim, service: Service, effective: Effective): DeclarationReason {
  if (effective.known && setsItself(service, effective.value)) return "overridden-by-command";
  if (winner.kind === "unit" && winner.loaded === false) return "daemon-reload-missing";
  if (winner.kind !== "unit-file") return isNewer(winner.modifiedAt, service) ? "restart-missing" : "cannot-tell";
  if (service.loaded === null) return isNewer(winner.modifiedAt, service) ? "restart-missing" : "cannot-tell";
  const loaded = service.loaded.environment[service.setting] ?? null;
  if (loaded !== winner.value) {
    if (service.loaded.needsDaemonReload) return "daemon-reload-missing";
    if (!effective.known || loaded !== effective.value) return "cannot-tell";
    // systemd goes by times: a file put in place with an old time is not noticed.
    return service.partlyUnread ? "overridden-later" : "daemon-reload-missing";
  }
  if (service.partlyUnread) return "cannot-tell";
  const changed = service.unit?.files.some((file) => file.ok && isNewer(file.value.modifiedAt, service)) === true;
  const { unit, process } = service;
  const direct = unit !== null && process !== null && isStartedDirectly(unit, process);
  return changed || direct ? "restart-missing" : "cannot-tell";
}

/** Whether a file was changed after the process started. Both times are ISO 8601, UTC. */
function isNewer(modifiedAt: string | null, { process, loaded }: Service): boolean {
  const startedAt = process?.startedAt ?? loaded?.startedAt ?? null;
  return modifiedAt !== null && startedAt !== null && modifiedAt > startedAt;
}

/** No script stands between systemd and the server, so that nothing else can have set a variable. */
export function isStartedDirectly(unit: Unit, process: Process): boolean {
  const program = unitValues(unit, "ExecStart").at(-1)?.value;
  const executable = process.executable?.replace(/ \(deleted\)$/, "");
  const mainPid = unit.loaded.ok ? unit.loaded.value.mainPid : null;
  if (program === undefined || executable === undefined || mainPid !== process.pid) return false;
  return fileName(program) === fileName(executable);
}

function fileName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `ExecStart=/usr/bin/env NAME=value ...` with the value the process has. */
function setsItself({ unit, setting }: Service, value: string | null): boolean {
  if (unit === null) return false;
  return unitValues(unit, "ExecStart").some(({ assignments }) =>
    assignments.some((assignment) => assignment.name === setting && assignment.value === value),
  );
}

function isUnset({ unit, setting }: Service): boolean {
  if (unit === null) return false;
  return unitValues(unit, "UnsetEnvironment").some(({ value }) => value.split(" ").includes(setting));
}

/** What the files say is what the manager has loaded, and nothing changed since the process started. */
function isSettled(service: Service): boolean {
  const { loaded, unit, partlyUnread } = service;
  if (loaded === null || loaded.needsDaemonReload || partlyUnread) return false;
  return unit?.files.every((file) => file.ok && !isNewer(file.value.modifiedAt, service)) === true;
}

const NOT_READ: Readonly<Record<Claim["kind"], DeclarationReason>> = {
  pam: "not-read-by-system-services",
  "environment.d": "user-services-only",
  shell: "shell-only",
  defaults: "no-unit-names-this-file",
  manager: "cannot-tell",
  unit: "cannot-tell",
  "unit-file": "cannot-tell",
  container: "container-has-its-own",
};

/** A place the service never reads, or a line that its reader throws away. */
function declareUnread(claim: Claim, service: Service, effective: Effective, explained: boolean): Declaration {
  const why = toFaultReason(claim) ?? (service.scope === "user" ? toUserReason(claim) : NOT_READ[claim.kind]);
  const same = effective.known && !explained && claim.value === effective.value;
  if (same) return toDeclaration(claim, null, "cannot-tell");
  // A unit nobody could read may name any file.
  const mayBeNamed = service.unit === null && !effective.known && claim.fault === null;
  return mayBeNamed ? toDeclaration(claim, null, "effective-unread") : toDeclaration(claim, false, why);
}

function toUserReason({ kind }: Claim): DeclarationReason {
  return kind === "pam" || kind === "environment.d" ? "server-started-otherwise" : NOT_READ[kind];
}
