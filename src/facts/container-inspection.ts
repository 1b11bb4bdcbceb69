import type { HostReader, Output, Reading } from "../host/host.ts";
import type { Container } from "./containers.ts";
import type { Endpoint, HostSettings, Known, ProcessSettings } from "./container-settings.ts";
import { parseInspectedContainer, parseInspectedImage } from "./inspection-json.ts";

/** A container as its engine would need to be told to make it again, without the values that may be secrets. */
export interface InspectedContainer {
  readonly host: Known<HostSettings>;
  readonly process: Known<ProcessSettings>;
  /** By the name of the network; null where something about it is not known. */
  readonly networks: Readonly<Record<string, Endpoint | null>>;
  readonly mounts: readonly MountPoint[];
  readonly environment: SecretLines;
  readonly labels: SecretLines;
  readonly exposedPorts: readonly string[];
  /** What Compose wrote on it about where it comes from. */
  readonly compose: ComposeOrigin;
  /** The systemd unit that starts it, as Podman writes on it. */
  readonly unit: string | null;
  /** The words with which Podman was told to make it; null where it does not tell. */
  readonly createCommand: readonly string[] | null;
  readonly image: InspectedImage;
  /** Paths in it that are not as in its image, those of its mounts among them. */
  readonly changed: readonly string[];
  readonly composeClients: ComposeClients;
}

export interface MountPoint {
  readonly type: string;
  /** Of a volume; else empty. */
  readonly name: string;
  readonly destination: string;
  readonly isWritable: boolean;
}

/** Lines of the form `NAME=VALUE` of which the values are not known here. */
export interface SecretLines {
  readonly names: readonly string[];
  /** Those that the image does not say just so. */
  readonly own: readonly string[];
  /** Whether a file of one such line each can hold them all. */
  readonly fitsFile: boolean;
}

export interface ComposeOrigin {
  readonly version: string | null;
  readonly directory: string | null;
  /** Files with variables that were named at its start. */
  readonly environmentFiles: readonly string[];
}

export interface InspectedImage {
  readonly id: string;
  /** Names that lead to this very image now. */
  readonly names: readonly string[];
  readonly process: ProcessSettings;
  readonly exposedPorts: readonly string[];
}

/** Versions of the clients of Compose that are installed. */
export interface ComposeClients {
  /** `docker compose`. */
  readonly plugin: string | null;
  /** `docker-compose`. */
  readonly standalone: string | null;
}

type Engine = Container["engine"];

/** Asks an engine about one container as a plan to make it anew needs to know it. */
export async function inspectContainer(
  host: Pick<HostReader, "run">,
  engine: Engine,
  id: string,
): Promise<Reading<InspectedContainer>> {
  const socket = engine === "docker" ? (["--host", "unix:///run/docker.sock"] as const) : ([] as const);
  const [inspected, difference] = await Promise.all([
    host.run([engine, ...socket, "inspect", "--", id]),
    host.run([engine, ...socket, "diff", "--", id]),
  ]);
  const told = toText(inspected);
  if (!told.ok) return told;
  const changes = toText(difference);
  if (!changes.ok) return changes;
  const imageId = parseInspectedContainer(told.value, engine, null)?.image.id;
  if (imageId === undefined) return { ok: false, why: "unparsed", from: told.from };
  const image = toText(await host.run([engine, ...socket, "inspect", "--", imageId]));
  if (!image.ok) return image;
  const container = parseInspectedContainer(told.value, engine, parseInspectedImage(image.value));
  if (container === null) return { ok: false, why: "unparsed", from: told.from };
  const composeClients = await findComposeClients(host);
  return { ok: true, value: { ...container, changed: toPaths(changes.value), composeClients }, from: told.from };
}

function toText(output: Reading<Output>): Reading<string> {
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode === 0) return { ok: true, value: stdout, from: output.from };
  return { ok: false, why: "failed", from: output.from, detail: stderr.trim().slice(0, 200) };
}

/** `C /root` and the like, one a line: changed, added or deleted. */
function toPaths(difference: string): readonly string[] {
  return difference.split("\n").flatMap((line) => /^[ACD] (\/.*)$/.exec(line)?.[1] ?? []);
}

async function findComposeClients(host: Pick<HostReader, "run">): Promise<ComposeClients> {
  const [plugin, standalone] = await Promise.all([
    host.run(["docker", "compose", "version", "--short"]),
    host.run(["docker-compose", "version", "--short"]),
  ]);
  return { plugin: toVersion(plugin), standalone: toVersion(standalone) };
}

function toVersion(output: Reading<Output>): string | null {
  if (!output.ok || output.value.exitCode !== 0) return null;
  return /^v?(\d+\.\d+\.\d+)/.exec(output.value.stdout.trim())?.[1] ?? null;
}
