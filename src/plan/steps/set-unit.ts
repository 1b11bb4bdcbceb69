import { isWildcard, toFamily } from "../../judge/addresses.ts";
import { isPlainName, isPlainValue } from "../../judge/plain-names.ts";
import type { Server } from "../../judge/server.ts";
import { toDropInPlace, toDropInText, type DropInPlace } from "../drop-in.ts";
import { editEtcEnvironment, ETC_ENVIRONMENT } from "../etc-environment.ts";
import { countLoadedModels } from "../loaded-models.ts";
import {
  isSetByFile,
  toOwnEnvironmentFile,
  toOwnEnvironmentText,
  type OwnEnvironmentFile,
} from "../own-environment-file.ts";
import type { Expectation, FileChange, Remark, Step } from "../plan.ts";
import type { PlanInput, PlannedSteps } from "../plan-input.ts";
import { leave, needFiles, refuse, toSteps } from "../planned-steps.ts";
import { isStopped, toManager, type UnitManager } from "../unit-manager.ts";
import type { UnitWish } from "../unit-wish.ts";

/** A wish with the place of every file that it takes. */
interface PlacedWish {
  readonly wish: UnitWish;
  readonly dropIn: DropInPlace;
  /** Null where no file that systemd lets win sets any of these variables. */
  readonly ownFile: OwnEnvironmentFile | null;
  readonly usesEtcEnvironment: boolean;
}

/** The one step for all that is wanted of a unit, and so its one restart; none where it is so already. */
export function planUnit(input: PlanInput, wish: UnitWish): PlannedSteps {
  const { server, unit, place } = wish;
  if (place === null && wish.settings.length === 0 && wish.directives.length === 0) return toSteps({});
  const manager = toManager(unit, server);
  const dropIn = toDropInPlace(unit, input.choices.method === "session");
  const isPlain = wish.settings.every(({ name, value }) => isPlainName(name) && isPlainValue(value));
  if (manager === null || dropIn === null || !isPlain) return leave(server, { code: "no-safe-change" });
  const placed = placeWish(input, wish, dropIn);
  const needed = needFiles(input, toNeededPaths(placed));
  if (needed !== null) return needed;
  const files = toFiles(input, placed);
  if (!Array.isArray(files)) return files;
  if (files.length === 0 && place === null) return toSteps({});
  const step = toStep(placed, files, manager, input);
  const interruption = {
    server: server.id,
    loadedModels: countLoadedModels(input, server),
    because: "restart",
  } as const;
  return toSteps({ steps: [step], interruptions: isStopped(unit) ? [] : [interruption] });
}

function placeWish({ facts, choices }: PlanInput, wish: UnitWish, dropIn: DropInPlace): PlacedWish {
  const { unit, settings } = wish;
  const usesEtcEnvironment = choices.method === "environment" && settings.some(isListenAddress);
  const isBeaten = settings.some(
    (setting) =>
      !(usesEtcEnvironment && isListenAddress(setting)) && isSetByFile(facts, unit, setting.name, usesEtcEnvironment),
  );
  const ownFile = isBeaten ? toOwnEnvironmentFile(unit, choices.method === "session") : null;
  return { wish, dropIn, ownFile, usesEtcEnvironment };
}

function isListenAddress({ name }: { readonly name: string }): boolean {
  return name === "OLLAMA_HOST";
}

function toNeededPaths({ dropIn, ownFile, usesEtcEnvironment }: PlacedWish): readonly string[] {
  return [
    ...(dropIn.isThere ? [dropIn.path] : []),
    ...(ownFile === null ? [] : [ownFile.path]),
    ...(usesEtcEnvironment ? [ETC_ENVIRONMENT] : []),
  ];
}

/** What changes in files; a refusal where a file cannot be edited. */
function toFiles({ texts }: PlanInput, placed: PlacedWish): FileChange[] | PlannedSteps {
  const { wish, dropIn, ownFile, usesEtcEnvironment } = placed;
  const { settings } = wish;
  const files: FileChange[] = [];
  const listenAddress = settings.find(isListenAddress);
  if (usesEtcEnvironment && listenAddress !== undefined) {
    const edited = editEtcEnvironment(texts.get(ETC_ENVIRONMENT) ?? null, listenAddress);
    if (!edited.ok) return refuse({ code: "file-not-understood", path: ETC_ENVIRONMENT, why: edited.why });
    if (edited.edit !== null) files.push({ path: ETC_ENVIRONMENT, edit: edited.edit });
  }
  if (ownFile !== null) {
    const own = usesEtcEnvironment ? settings.filter((setting) => !isListenAddress(setting)) : settings;
    const before = texts.get(ownFile.path) ?? null;
    pushWhole(files, ownFile.path, before, toOwnEnvironmentText(before, own));
  }
  const lines = toLines(placed);
  const before = dropIn.isThere ? (texts.get(dropIn.path) ?? null) : null;
  if (lines.length > 0) pushWhole(files, dropIn.path, before, toDropInText(before, lines));
  return files;
}

/** A file of Portlock's own, unless it is so already. */
function pushWhole(files: FileChange[], path: string, before: string | null, text: string): void {
  if (text !== before) files.push({ path, edit: { kind: "write", text, mode: 0o644 } });
}

/**
 * `Environment=` stands there also where a file sets the variable: should that line go, it is what is left. Of
 * Portlock's own file there is no `-` before the name: without it the unit does not start, rather than start open.
 */
function toLines({ wish, ownFile, usesEtcEnvironment }: PlacedWish): readonly string[] {
  return [
    ...wish.settings.map(({ name, value }) => `Environment="${name}=${value}"`),
    ...(usesEtcEnvironment ? [`EnvironmentFile=-${ETC_ENVIRONMENT}`] : []),
    ...(ownFile === null ? [] : [`EnvironmentFile=${ownFile.path}`]),
    ...wish.directives,
  ];
}

function toStep(placed: PlacedWish, files: readonly FileChange[], manager: UnitManager, input: PlanInput): Step {
  const { wish, dropIn, ownFile } = placed;
  const { unit, server } = wish;
  const stopped = isStopped(unit);
  return {
    kind: "set-unit",
    target: unit.name,
    server: server.id,
    mends: [...new Set(wish.mends)],
    folders: [
      ...(ownFile !== null && files.some(({ path }) => path === ownFile.path) ? [ownFile.folder] : []),
      ...(files.some(({ path }) => path === dropIn.path) ? dropIn.folders : []),
    ],
    files,
    modes: [],
    commands: stopped ? [manager.reload] : [manager.reload, manager.restart],
    undo: {
      before: [],
      after: stopped ? [manager.reload, manager.stop] : [manager.reload, manager.forgetFailures, manager.restart],
    },
    expect: stopped ? [] : toExpectations(wish),
    remarks: toRemarks(placed, files, input),
  };
}

function toExpectations({ unit, server, place }: UnitWish): readonly Expectation[] {
  const active = { kind: "unit-active", unit: unit.name, scope: unit.scope, uid: unit.uid } as const;
  if (place !== null) {
    return [active, { kind: "listens-on-loopback-only", port: place.port }, { kind: "answers", ...place }];
  }
  const [listener] = server.listeners;
  return listener === undefined ? [active] : [active, { kind: "answers", ...toLocalPlace(listener) }];
}

/** Where a client on the host itself reaches a listener. */
function toLocalPlace({ address, port, dualStack }: Server["listeners"][number]): {
  readonly address: string;
  readonly port: number;
} {
  if (!isWildcard(address)) return { address, port };
  return { address: toFamily(address) === 6 && dualStack === false ? "::1" : "127.0.0.1", port };
}

function toRemarks(
  { wish, dropIn, usesEtcEnvironment }: PlacedWish,
  files: readonly FileChange[],
  { choices }: PlanInput,
): readonly Remark[] {
  const isWritten = files.some(({ path }) => path === dropIn.path);
  return [
    ...(choices.method === "session" && isWritten ? [{ code: "lasts-until-reboot" } as const] : []),
    ...(usesEtcEnvironment
      ? [
          { code: "others-read-this-file", path: ETC_ENVIRONMENT } as const,
          { code: "service-reads-whole-file", path: ETC_ENVIRONMENT } as const,
        ]
      : []),
    ...(wish.unit.scope === "user" && isWritten ? [{ code: "for-every-user", path: dropIn.path } as const] : []),
    ...wish.remarks,
  ];
}
