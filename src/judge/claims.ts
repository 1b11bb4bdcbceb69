import type { Container } from "../facts/containers.ts";
import type { EnvironmentFile, EnvironmentFileKind } from "../facts/environment-files.ts";
import type { Facts } from "../facts/facts.ts";
import type { Unit, UnitLine } from "../facts/units.ts";
import type { Declaration, DeclarationReason } from "./server.ts";

/** A setting as the process runs with it. */
export interface Effective {
  readonly known: boolean;
  /** Null where it is unset, or not known. */
  readonly value: string | null;
}

/** A place that claims a value for one setting, before anybody asks whether it reaches a process. */
export interface Claim {
  readonly value: string;
  readonly file: string;
  readonly line: number | null;
  /** Who reads this place. */
  readonly kind: EnvironmentFileKind | "unit-file" | "container";
  /** For `unit-file` and `unit`: the unit. */
  readonly unit: { readonly name: string; readonly scope: "system" | "user"; readonly uid: number | null } | null;
  /** For an account's own file: whose. */
  readonly uid: number | null;
  /** Why its reader throws the line away; null where it takes it. */
  readonly fault: UnitLine["fault"] | "export-not-understood" | "not-exported" | null;
  /** True where a later line of the same unit empties or unsets what this one set. */
  readonly removed: boolean;
  /** True where the reader makes another value of it, such as `$HOME` in a shell or `%h` in a unit. */
  readonly computed: boolean;
  /** For an `EnvironmentFile=`: whether the manager has loaded the line that names it. */
  readonly loaded: boolean | null;
  readonly modifiedAt: string | null;
}

/** Every claim about one setting on a host, those of one reader in the order in which it reads them. */
export function listClaims(facts: Facts, container: Container | null, name: string): readonly Claim[] {
  const units = facts.units.ok ? facts.units.value : [];
  return [
    ...facts.environmentFiles.flatMap((file) => toFileClaims(file, name)),
    ...units.flatMap((unit) => toUnitClaims(unit, name)),
    ...(container === null ? [] : toContainerClaims(container, name)),
  ];
}

const PLAIN = {
  unit: null,
  uid: null,
  fault: null,
  removed: false,
  computed: false,
  loaded: null,
  modifiedAt: null,
} as const;

function toFileClaims(file: EnvironmentFile, name: string): readonly Claim[] {
  if (!file.assignments.ok) return [];
  return file.assignments.value
    .filter((assignment) => assignment.name === name)
    .map(({ value, line, exported, understood }): Claim => ({
      ...PLAIN,
      value,
      file: file.path,
      line,
      kind: file.kind,
      unit: file.unit === null ? null : { name: file.unit.name, scope: file.unit.scope, uid: file.uid },
      uid: file.uid,
      fault: understood ? (exported ? null : "not-exported") : "export-not-understood",
      computed: COMPUTED[file.kind].test(value),
      loaded: file.unit?.loaded ?? null,
      modifiedAt: file.modifiedAt,
    }));
}

const NEVER = /(?!)/;
/** What a reader replaces in a value. */
const COMPUTED: Readonly<Record<Claim["kind"], RegExp>> = {
  shell: /[$`]/,
  "environment.d": /\$/,
  pam: /[$@]\{/,
  manager: /%[A-Za-z]/,
  "unit-file": /%[A-Za-z]/,
  unit: NEVER,
  defaults: NEVER,
  container: NEVER,
};

function toContainerClaims(container: Container, name: string): readonly Claim[] {
  const value = container.environment[name];
  if (value === undefined) return [];
  return [{ ...PLAIN, value, file: `${container.engine} inspect ${container.name}`, line: null, kind: "container" }];
}

/** Claims of `Environment=` in a unit's files, in the order systemd applies them. */
function toUnitClaims(unit: Unit, name: string): readonly Claim[] {
  let claims: readonly Claim[] = [];
  for (const file of unit.files) {
    if (!file.ok) continue;
    for (const line of file.value.lines) {
      if (line.key === "Environment" && line.value === "" && line.fault === null) {
        claims = claims.map((claim) => (claim.fault === null ? { ...claim, removed: true } : claim));
      }
      if (line.key !== "Environment") continue;
      const made = line.assignments
        .filter((assignment) => assignment.name === name)
        .map(({ value, taken }): Claim => ({
          ...PLAIN,
          value,
          file: file.value.path,
          line: line.line,
          kind: "unit-file",
          unit: { name: unit.name, scope: unit.scope, uid: unit.uid },
          uid: unit.uid,
          fault: taken ? null : line.fault,
          computed: COMPUTED["unit-file"].test(value),
          modifiedAt: file.value.modifiedAt,
        }));
      claims = [...claims, ...made];
    }
  }
  return claims;
}

/** A claim with what it came to. */
export function toDeclaration(claim: Claim, reaches: boolean | null, why: DeclarationReason): Declaration {
  return { value: claim.value, file: claim.file, line: claim.line, reaches, why };
}

/** Why its own reader throws a claim away; null where it takes it. */
export function toFaultReason({ fault }: Claim): DeclarationReason | null {
  if (fault === "outside-section" || fault === "unknown-section") return "outside-service-section";
  return fault === "trailing-comment" ? "unknown-escape" : fault;
}

/** What the lines of a unit's own section say for one key, a reset applied. */
export function unitValues(unit: Unit, key: string): readonly UnitLine[] {
  let lines: readonly UnitLine[] = [];
  for (const file of unit.files) {
    if (!file.ok) continue;
    for (const line of file.value.lines) {
      if (line.key !== key || line.fault !== null) continue;
      lines = line.value === "" ? [] : [...lines, line];
    }
  }
  return lines;
}
