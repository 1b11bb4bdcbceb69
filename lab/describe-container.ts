import type { ContainerEngine } from "./container-engine.ts";

/** What differs from one container to the next although both were made alike, by its path in what an engine says. */
const OWN: readonly RegExp[] = [
  /^(?:Id|Created|State|Name|\w+Path|LogPath|GraphDriver|ExecIDs|\w*PidFile|StaticDir|RestartCount|AppArmorProfile)\b/,
  /^NetworkSettings\.(?:SandboxID|SandboxKey|Ports|EndpointID|MacAddress|IPAddress)\b/,
  /^NetworkSettings\.Networks\.[^.]+\.(?:EndpointID|MacAddress|IPAddress|Aliases)\b/,
  // Who was attached when it was made, and what it is called by default.
  /^Config\.(?:Attach\w+|StdinOnce|Hostname|CreateCommand|Annotations)\b/,
  /^HostConfig\.PortBindings\b/,
  /^HostConfig\.ConsoleSize\b/,
  // A volume without a name has its name said, and so its mode.
  /^HostConfig\.Binds\b/,
  /^Mounts\.\d+\.Mode\b/,
  /^Config\.Volumes\b/,
];

/** All that an engine says of a container, as lines of a path and a value. */
export async function describeContainer(engine: ContainerEngine, name: string): Promise<readonly string[]> {
  const { stdout } = await engine.command("inspect", "--", name);
  const [container]: unknown[] = JSON.parse(stdout);
  return flatten("", container).filter((line) => !OWN.some((pattern) => pattern.test(line)));
}

function flatten(path: string, value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [`${path} ${JSON.stringify(value)}`];
  // Mounts and the like have no order.
  const entries = Array.isArray(value)
    ? value.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)).entries()
    : Object.entries(value);
  const lines = [...entries].flatMap(([key, member]) => flatten(path === "" ? `${key}` : `${path}.${key}`, member));
  // An engine says what is empty in one way or another.
  return lines.filter((line) => !/ (?:null|\[\]|\{\}|"")$/.test(line));
}

export async function idOf(engine: ContainerEngine, name: string): Promise<string> {
  return (await engine.command("inspect", "--format", "{{.Id}}", "--", name)).stdout.trim();
}
