import { isMap, isScalar, isSeq } from "yaml";
import type { Splice } from "../file-edit.ts";
import {
  ComposeFaultError,
  findPair,
  findService,
  listScalars,
  type ComposeFault,
  type ComposeService,
} from "./compose-document.ts";
import { findPorts } from "./compose-ports.ts";
import type { PortMove } from "./published.ts";
import { addVariable, findVariable, type Variable } from "./compose-variable.ts";
import { toSplices, type TextEdit } from "./line-edits.ts";

/** A compose file by its path and its text. */
export interface ComposeFile {
  readonly path: string;
  readonly text: string;
}

/** What is to be said of one service in its files. */
export interface ComposeWish {
  readonly service: string;
  readonly ports: readonly PortMove[];
  readonly variable: Variable | null;
}

export type ComposeEdits =
  | { readonly ok: true; readonly edits: readonly { readonly path: string; readonly splices: readonly Splice[] }[] }
  | { readonly ok: false; readonly path: string; readonly why: ComposeFault };

/**
 * Edits the compose files of a project where they publish ports of a service, each port in every file that says it,
 * for lists of all files are joined: only the address that it is published on is changed or added. What stands
 * there by an anchor, an alias, `extends` or a variable is not touched.
 */
export function editComposeFiles(files: readonly ComposeFile[], wish: ComposeWish): ComposeEdits {
  const edits: { path: string; splices: readonly Splice[] }[] = [];
  const found = new Set<PortMove>();
  let last: { readonly file: ComposeFile; readonly service: ComposeService } | null = null;
  let isSaid = false;
  for (const file of files) {
    try {
      const service = findService(file.text, wish.service);
      if (service === null) continue;
      last = { file, service };
      const ports = findPorts(service, wish.ports);
      for (const { port } of ports) found.add(port);
      const variable = wish.variable === null ? null : findVariable(service, wish.variable);
      isSaid ||= variable !== null;
      const changes = [...ports.map(({ edit }) => edit), variable].filter((edit): edit is TextEdit => edit !== null);
      if (changes.length > 0) edits.push({ path: file.path, splices: toSplices(file.text, changes) });
    } catch (fault) {
      return toFault(file, fault);
    }
  }
  const path = last?.file.path ?? files[0]?.path ?? "";
  if (last === null || wish.ports.some((port) => !found.has(port))) return { ok: false, path, why: "port-not-found" };
  if (wish.variable === null || isSaid) return { ok: true, edits };
  try {
    return {
      ok: true,
      edits: [{ path, splices: toSplices(last.file.text, [addVariable(last.service, wish.variable)]) }],
    };
  } catch (fault) {
    return toFault(last.file, fault);
  }
}

function toFault({ path }: ComposeFile, fault: unknown): ComposeEdits {
  if (fault instanceof ComposeFaultError) return { ok: false, path, why: fault.fault };
  throw fault;
}

const VARIABLE = /\$(?:\$|\{([A-Za-z_]\w*)|([A-Za-z_]\w*))/g;

/** Names of the variables that come into a service from outside of its files: Compose puts in their values. */
export function listVariables(files: readonly ComposeFile[], name: string): readonly string[] {
  const names = files.flatMap(({ text }) => {
    const service = findService(text, name);
    return service === null ? [] : [...listScalars(service).flatMap(toNames), ...listHandedOn(service)];
  });
  return [...new Set(names)];
}

function toNames(scalar: string): readonly string[] {
  return [...scalar.matchAll(VARIABLE)].flatMap(([, braced, bare]) => braced ?? bare ?? []);
}

/** Variables of its `environment` that have no value there. */
function listHandedOn({ map }: ComposeService): readonly string[] {
  const list = findPair(map, "environment")?.value;
  if (isSeq(list)) {
    return list.items.flatMap((item) =>
      isScalar(item) && typeof item.value === "string" && !item.value.includes("=") ? [item.value] : [],
    );
  }
  if (!isMap(list)) return [];
  return list.items.flatMap(({ key, value }) =>
    isScalar(key) && typeof key.value === "string" && isScalar(value) && value.value === null ? [key.value] : [],
  );
}
