import { extractWords } from "./extract-words.ts";
import { maskValue } from "./secrets.ts";
import type { LoadedUnit } from "./units.ts";

/** What is asked of `systemctl show`; all of these exist since systemd 235 (the IP filter's first release). */
export const UNIT_PROPERTIES: string =
  "Id,Names,LoadState,ActiveState,MainPID,NeedDaemonReload,FragmentPath,DropInPaths,Environment," +
  "EnvironmentFiles,User,UnitFileState,ExecMainStartTimestamp,IPAddressDeny,IPAddressAllow";

/** One unit of the output, under every name it has. */
export interface ShownUnit {
  readonly id: string;
  readonly names: readonly string[];
  /** `loaded`, `not-found`, `masked`, `error`, `bad-setting` ... */
  readonly loadState: string;
  readonly unit: LoadedUnit;
}

/**
 * Reads the output of `systemctl show --property=UNIT_PROPERTIES -- UNIT...` (one block of `Key=value` lines
 * for each unit, blank lines between). Never throws.
 *
 * @param variables names of the environment variables whose values are kept
 */
export function parseShow(text: string, variables: readonly string[]): readonly ShownUnit[] {
  return text
    .split(/\n\s*\n/)
    .map((block) => toProperties(block))
    .flatMap((properties) => {
      const id = properties.get("Id")?.[0] ?? "";
      return id === "" ? [] : [toShownUnit(id, properties, variables)];
    });
}

type Properties = ReadonlyMap<string, readonly string[]>;

function toProperties(block: string): Properties {
  const properties = new Map<string, string[]>();
  for (const line of block.split("\n")) {
    const equals = line.indexOf("=");
    if (equals < 1) continue;
    const key = line.slice(0, equals);
    const values = properties.get(key);
    if (values === undefined) properties.set(key, [line.slice(equals + 1)]);
    else values.push(line.slice(equals + 1));
  }
  return properties;
}

function toShownUnit(id: string, properties: Properties, variables: readonly string[]): ShownUnit {
  function text(key: string): string {
    return properties.get(key)?.[0] ?? "";
  }
  const loadState = text("LoadState");
  const pid = Number(text("MainPID"));
  return {
    id,
    names: unquoteWords(text("Names")),
    loadState,
    unit: {
      activeState: text("ActiveState"),
      mainPid: Number.isSafeInteger(pid) && pid > 0 ? pid : null,
      // A masked unit always says yes, and a reload would not change it.
      needsDaemonReload: text("NeedDaemonReload") === "yes" && loadState !== "masked",
      mainFile: text("FragmentPath") || null,
      dropIns: unquoteWords(text("DropInPaths")),
      environment: toEnvironment(text("Environment"), variables),
      environmentFiles: (properties.get("EnvironmentFiles") ?? []).flatMap(toEnvironmentFile),
      user: text("User") || null,
      enabled: text("UnitFileState") || null,
      startedAt: toTime(text("ExecMainStartTimestamp")),
      ipAddressDeny: unquoteWords(text("IPAddressDeny")),
      ipAddressAllow: unquoteWords(text("IPAddressAllow")),
    },
  };
}

function toEnvironment(value: string, variables: readonly string[]): Readonly<Record<string, string>> {
  const wanted = new Set(variables);
  const kept: [string, string][] = [];
  for (const word of unquoteWords(value)) {
    const equals = word.indexOf("=");
    const name = word.slice(0, equals);
    if (equals > 0 && wanted.has(name)) kept.push([name, maskValue(word.slice(equals + 1))]);
  }
  return Object.fromEntries(kept);
}

/** Undoes the quoting of lists: `"a\"b"` with `\$` and a backslashed backtick; systemd before 246 wrote `$'a b'`. */
function unquoteWords(value: string): readonly string[] {
  const plain = value.replace(/\\(.)/gs, (whole, escaped: string) =>
    escaped === "$" || escaped === "`" ? escaped : whole,
  );
  return extractWords(plain).words.flatMap(({ text, written }) =>
    text === null ? [] : [written.startsWith("$'") ? text.slice(1) : text],
  );
}

function toEnvironmentFile(value: string): readonly { readonly path: string; readonly optional: boolean }[] {
  const match = /^(\/.*) \(ignore_errors=(yes|no)\)$/.exec(value);
  return match?.[1] === undefined ? [] : [{ path: match[1], optional: match[2] === "yes" }];
}

/** `Sun 2026-11-22 20:58:27 UTC`; null in another time zone, whose abbreviation names no offset. */
function toTime(value: string): string | null {
  const match = /^\S+ (\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC$/.exec(value);
  const date = match === null ? null : new Date(`${match[1] ?? ""}T${match[2] ?? ""}Z`);
  return date === null || Number.isNaN(date.getTime()) ? null : date.toISOString();
}
