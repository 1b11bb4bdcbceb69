import type { ProxyAuth, ProxyKind } from "../../proxy/site.ts";
import { isPersonName } from "../../proxy/refuse-site.ts";
import type { FileText } from "../file-edit.ts";
import { listPeople } from "../people-file.ts";
import type { ProxyRefusal, Step } from "../plan.ts";
import { OWN_FOLDERS, toChecks } from "./layout.ts";

/** A site that Portlock made, by the file of the people whom it lets in. */
export interface PeopleSite {
  readonly proxy: ProxyKind;
  readonly id: string;
  readonly auth: Exclude<ProxyAuth, "portlock">;
}

/** Who is to be let in by a site, and who no more. */
export interface PeopleChoices {
  readonly proxy: ProxyKind;
  /** As it is named on the command line: `nginx/ollama_11434`. */
  readonly site: string;
  readonly adds: readonly string[];
  readonly removes: readonly string[];
}

export type PlannedPeople =
  | { readonly kind: "steps"; readonly steps: readonly Step[] }
  | { readonly kind: "refused"; readonly refusal: ProxyRefusal };

/** The sites whose people stand in the folder of a proxy. */
export function toPeopleSites(proxy: ProxyKind, names: readonly string[]): readonly PeopleSite[] {
  return names.flatMap((name) => {
    const [, id, form] = /^([a-z0-9_]+)\.(passwords|keys)$/.exec(name) ?? [];
    return id === undefined ? [] : [{ proxy, id, auth: form === "keys" ? "bearer" : "basic" } as const];
  });
}

export function toPeopleFile({ proxy, id, auth }: PeopleSite): string {
  return `${OWN_FOLDERS[proxy]}/${id}.${auth === "basic" ? "passwords" : "keys"}`;
}

/** Plans the change of the people of one site, whose file holds `text`. */
export function planPeople(site: PeopleSite, text: FileText, { adds, removes }: PeopleChoices): PlannedPeople {
  const people = listPeople(text);
  const odd = adds.find((name) => !isPersonName(name));
  if (odd !== undefined) return { kind: "refused", refusal: { code: "person-not-plain", name: odd } };
  const there = adds.find((name) => people.includes(name));
  if (there !== undefined) return { kind: "refused", refusal: { code: "person-there", name: there } };
  const gone = removes.find((name) => !people.includes(name));
  if (gone !== undefined) return { kind: "refused", refusal: { code: "no-such-person", name: gone, people } };
  const { check, reload } = toChecks(site.proxy);
  // nginx looks into the file of passwords at every request.
  const isReadAnew = site.proxy === "nginx" && site.auth === "basic";
  const step: Step = {
    kind: "set-proxy-people",
    target: `${site.proxy}/${site.id}`,
    server: null,
    mends: [],
    folders: [],
    files: [{ path: toPeopleFile(site), edit: { kind: "people", adds, removes, mode: null } }],
    modes: [],
    commands: isReadAnew ? [] : [check, reload],
    undo: { before: [], after: isReadAnew ? [] : [reload] },
    expect: [],
    remarks: [],
  };
  return { kind: "steps", steps: [step] };
}
