import { readFileSync } from "node:fs";
import type { InspectedContainer } from "../src/facts/container-inspection.ts";
import { parseInspectedContainer, parseInspectedImage } from "../src/facts/inspection-json.ts";

/** What Docker 20.10.24 and Podman 4.3.1 on Debian 12 say of containers, without their states and paths. */
export type Saved =
  | "docker-20.10.24-inspect-full"
  | "docker-20.10.24-inspect-plain"
  | "docker-20.10.24-inspect-privileged"
  | "podman-4.3.1-inspect-full";

export function readSaved(name: Saved | "docker-20.10.24-inspect-image"): string {
  return readFileSync(new URL(`../src/facts/saved/${name}.json`, import.meta.url), "utf8");
}

/** A container as a plan is told of it; `change` replaces text of what its engine says. */
export function anInspected(
  name: Saved,
  change: (text: string) => string = (text) => text,
  more: Partial<InspectedContainer> = {},
): InspectedContainer {
  const engine = name.startsWith("docker") ? "docker" : "podman";
  const image = engine === "docker" ? parseInspectedImage(readSaved("docker-20.10.24-inspect-image")) : null;
  const told = parseInspectedContainer(change(readSaved(name)), engine, image);
  if (told === null) throw new Error(`${name} is not read`);
  return { ...told, changed: [], composeClients: { plugin: null, standalone: null }, ...more };
}

/** Gives members of `HostConfig` or `Config` other values. */
export function withMembers(part: "HostConfig" | "Config", members: object): (text: string) => string {
  return (text) => {
    const [container]: Readonly<Record<string, object>>[] = JSON.parse(text);
    return JSON.stringify([{ ...container, [part]: { ...container?.[part], ...members } }]);
  };
}
