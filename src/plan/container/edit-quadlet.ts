import { isPlainUnitName } from "../../judge/plain-names.ts";
import { isContinued, lastLineBefore } from "../continued-line.ts";
import type { Splice } from "../file-edit.ts";
import type { PlannedSteps } from "../plan-input.ts";
import { leave, needFiles, refuse, toSteps } from "../planned-steps.ts";
import { ComposeFaultError, type ComposeFault } from "./compose-document.ts";
import { findShort } from "./compose-ports.ts";
import type { PortMove } from "./published.ts";
import { toExpectations, toMends, type ContainerSite } from "./site.ts";

const FOLDER = "/etc/containers/systemd";

export type QuadletEdit =
  | { readonly ok: true; readonly splices: readonly Splice[] }
  | { readonly ok: false; readonly why: ComposeFault | "continued-line" };

/**
 * A container of Podman's that systemd starts from a file of its own (podman-systemd.unit(5)): the file is edited and
 * its unit restarted, which makes the container anew as each of its starts does. Any other unit that starts a
 * container with a command of its own is left.
 */
export function planQuadlet(site: ContainerSite, unit: string): PlannedSteps {
  const { servers, input, ports, variable } = site;
  const rule = toMends(site)[0] ?? null;
  const name = /^(.+)\.service$/.exec(unit)?.[1];
  if (name === undefined || !isPlainUnitName(unit) || variable !== null) {
    return leave(servers[0], { code: "no-safe-change" }, rule);
  }
  const path = `${FOLDER}/${name}.container`;
  const needed = needFiles(input, [path]);
  if (needed !== null) return needed;
  const text = input.texts.get(path) ?? null;
  if (text === null) return leave(servers[0], { code: "no-safe-change" }, rule);
  const edited = editQuadlet(text, ports);
  if (!edited.ok) return refuse({ code: "file-not-understood", path, why: edited.why });
  const restart = [
    ["systemctl", "daemon-reload"],
    ["systemctl", "restart", "--", unit],
  ] as const;
  return toSteps({
    steps: [
      {
        kind: "set-unit",
        target: unit,
        server: servers[0].id,
        mends: toMends(site),
        folders: [],
        files: edited.splices.length === 0 ? [] : [{ path, edit: { kind: "splice", splices: edited.splices } }],
        modes: [],
        commands: restart,
        undo: { before: [], after: restart },
        expect: [{ kind: "unit-active", unit, scope: "system", uid: null }, ...toExpectations(site)],
        remarks: [{ code: "applies-whole-file", paths: [path] }],
      },
    ],
    interruptions: site.interruptions.map((each) => ({ ...each, because: "restart" as const })),
  });
}

/** Puts loopback before the ports that `PublishPort=` lines of a quadlet publish; every other byte stays. */
export function editQuadlet(text: string, ports: readonly PortMove[]): QuadletEdit {
  const lines = text.split(/\r?\n/);
  const splices: Splice[] = [];
  const found = new Set<PortMove>();
  let section = "";
  for (const [index, line] of lines.entries()) {
    section = /^\[(.+)\]\s*$/.exec(line)?.[1] ?? section;
    const [, before = "", value = ""] = /^(\s*PublishPort\s*=\s*)(.*?)\s*$/.exec(line) ?? [];
    if (before === "" || value === "" || section !== "Container") continue;
    if (isContinued(line) || isContinued(lastLineBefore(lines, index))) return { ok: false, why: "continued-line" };
    try {
      const written = { value, start: before.length, end: before.length + value.length, isQuoted: true };
      for (const { port, edit } of findShort(written, ports)) {
        found.add(port);
        if (edit === null) continue;
        const inserted = [line.slice(0, edit.start) + edit.text + line.slice(edit.end)];
        splices.push({ line: index + 1, removed: [line], inserted });
      }
    } catch (fault) {
      if (fault instanceof ComposeFaultError) return { ok: false, why: fault.fault };
      throw fault;
    }
  }
  return ports.every((port) => found.has(port)) ? { ok: true, splices } : { ok: false, why: "port-not-found" };
}
