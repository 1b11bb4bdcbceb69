import type { HostReader, Output, Reading } from "../host/host.ts";
import type { Container, EngineNetwork, UnreadEngine } from "./containers.ts";
import { parseContainers, parseEngineNetworks, parseEngineVersion } from "./engine-json.ts";

/** What decides whether an engine is asked. */
export interface EngineSigns {
  /** Null: not known. */
  readonly readerUid: number | null;
  /** Base names of the programs that run. */
  readonly programs: ReadonlySet<string>;
  /** True where some programs could not be seen, so that `programs` is only a part. */
  readonly programsHidden: boolean;
}

/** What one engine told. */
export interface EngineAnswer {
  readonly containers: readonly Container[];
  readonly networks: readonly EngineNetwork[];
  readonly from: string;
}

type Socket = readonly [] | readonly ["--host", `unix://${string}`];

/**
 * Docker, at its own socket, wherever a context of the user points. It is only asked while dockerd runs:
 * systemd holds the socket too and would start the engine, with all its containers, for the question.
 * Null: it does not run.
 */
export async function gatherDocker(
  host: HostReader,
  variables: readonly string[],
  signs: EngineSigns,
): Promise<EngineAnswer | UnreadEngine | null> {
  if (!signs.programs.has("dockerd") && !(await isDockerPidAlive(host))) {
    const socket = signs.programsHidden ? await host.stat("/run/docker.sock") : null;
    if (socket === null || (!socket.ok && socket.why === "absent")) return null;
    return { engine: "docker", why: "denied", from: "/run/docker.pid", detail: "whether dockerd runs cannot be seen" };
  }
  return gatherEngine(host, "docker", ["--host", "unix:///run/docker.sock"], variables);
}

/** Without root the program of dockerd cannot be seen, but the file in which it keeps its pid can. */
async function isDockerPidAlive(host: HostReader): Promise<boolean> {
  const file = await host.readFile("/run/docker.pid");
  const pid = file.ok ? file.value.trim() : "";
  if (!/^\d{1,10}$/.test(pid)) return false;
  const name = await host.readFile(`/proc/${pid}/comm`);
  return name.ok && name.value.trim() === "dockerd";
}

/**
 * Podman as root. It has no server; where it has run since the last boot it leaves /run/libpod/alive, and
 * where it has not, no container of it runs and asking would create its state. Null: it has not run.
 */
export async function gatherPodman(
  host: HostReader,
  variables: readonly string[],
  signs: EngineSigns,
): Promise<EngineAnswer | UnreadEngine | null> {
  const alive = await host.stat("/run/libpod/alive");
  if (!alive.ok && alive.why === "absent") return null;
  if (!alive.ok || signs.readerUid !== 0) {
    return { engine: "podman", why: "denied", from: "/run/libpod/alive", detail: "only root sees root's containers" };
  }
  return gatherEngine(host, "podman", [], variables);
}

async function gatherEngine(
  host: HostReader,
  engine: "docker" | "podman",
  socket: Socket,
  variables: readonly string[],
): Promise<EngineAnswer | UnreadEngine> {
  const [version, containers, networks] = await Promise.all([
    host.run([engine, ...socket, "version", "--format", "{{json .}}"]),
    host.run([engine, ...socket, "ps", "--quiet", "--no-trunc"]),
    host.run([engine, ...socket, "network", "ls", "--quiet", "--no-trunc"]),
  ]);
  const ids = toOutput(containers);
  if (!ids.ok) return toUnread(engine, ids);
  const names = toOutput(networks);
  if (!names.ok) return toUnread(engine, names);
  const containerIds = toOperands(ids.value);
  const networkIds = toOperands(names.value);
  const [inspected, wired] = await Promise.all([
    containerIds.length === 0 ? null : host.run([engine, ...socket, "inspect", "--", ...containerIds]),
    networkIds.length === 0 ? null : host.run([engine, ...socket, "network", "inspect", "--", ...networkIds]),
  ]);
  const listed = toOutput(inspected);
  if (!listed.ok) return toUnread(engine, listed);
  const engineNetworks = toOutput(wired);
  if (!engineNetworks.ok) return toUnread(engine, engineNetworks);
  const known = parseEngineNetworks(engineNetworks.value, engine);
  if (known === null) return { engine, why: "unparsed", from: engineNetworks.from };
  const engineVersion = version.ok ? parseEngineVersion(version.value.stdout) : null;
  const found = parseContainers(listed.value, { engine, engineVersion, networks: known, variables });
  if (found === null) return { engine, why: "unparsed", from: listed.from };
  return { containers: found, networks: known.map(({ network }) => network), from: ids.from };
}

/**
 * What a client printed. One that ends with an error because a container or network went away meanwhile has
 * told of all the others.
 */
function toOutput(output: Reading<Output> | null): Reading<string> {
  if (output === null) return { ok: true, value: "[]", from: "" };
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode === 0 || /no such (?:object|container|network)/i.test(stderr)) {
    return { ok: true, value: stdout, from: output.from };
  }
  const why = /permission denied|not permitted/i.test(stderr) ? "denied" : "failed";
  return { ok: false, why, from: output.from, detail: stderr.trim().slice(0, 200) };
}

function toUnread(engine: "docker" | "podman", failed: Reading<never> & { readonly ok: false }): UnreadEngine {
  const { why, from, detail } = failed;
  return detail === undefined ? { engine, why, from } : { engine, why, from, detail };
}

/** Ids, and Podman's names of networks, one a line. */
function toOperands(text: string): readonly string[] {
  return text.split("\n").filter((line) => /^[A-Za-z0-9][\w.-]{0,127}$/.test(line));
}
