import type { InspectedContainer, MountPoint } from "../../facts/container-inspection.ts";
import { toImage } from "./docker-process-options.ts";
import type { Translation } from "./new-container.ts";
import { option, type Option } from "./option.ts";
import { readPodmanCommand, type Said } from "./podman-command.ts";
import { closeBindings, toPublishOptions } from "./published.ts";
import type { ContainerSite } from "./site.ts";

/** Said by the plan in its own way. */
const REPLACED: ReadonlySet<string> = new Set(["env", "env-file", "label", "label-file", "name", "publish"]);
/** About the client that made it, and not about the container. */
const OF_CLIENT: ReadonlySet<string> = new Set(["detach", "replace", "quiet"]);
/** Podman sets these by itself for each container. */
const OWN_VARIABLES: readonly string[] = ["HOSTNAME", "container"];
/** podman-restart.service starts each such container at boot, also one that was put aside. */
const STARTED_AT_BOOT = /^(?:always|unless-stopped)/;

/** What `podman create` must be told: what it was told when the container was made, but for what is closed. */
export function translatePodman({ inspected, ports, variable }: ContainerSite): Translation {
  const { createCommand, host, process, environment, labels, image } = inspected;
  const command = createCommand === null ? null : readPodmanCommand(createCommand);
  if (command === null) return { ok: false, settings: ["CreateCommand"] };
  const { said } = command;
  const published = closeBindings(host.settings.PortBindings ?? {}, ports);
  const without = [...OWN_VARIABLES, ...(variable === null ? [] : [variable.name])];
  const setsVariables = said.some(({ name }) => name === "env" || name === "env-file");
  const handedOn = setsVariables ? environment.own.filter((name) => !without.includes(name)) : [];
  const unknown = [
    ...said.filter((each) => !isUnderstood(each)).map(({ name }) => name),
    ...(hasMoreNetworks(said, inspected) ? ["Networks"] : []),
    ...(published === null ? ["PortBindings"] : []),
    ...(handedOn.length > 0 && !environment.fitsFile ? ["Env"] : []),
    ...(labels.own.length > 0 && !labels.fitsFile ? ["Labels"] : []),
  ];
  if (unknown.length > 0 || published === null) return { ok: false, settings: [...new Set(unknown)] };
  return {
    ok: true,
    made: {
      options: [
        ...toPublishOptions(published),
        ...said.flatMap((each) => toOption(each)),
        ...toUnnamedVolumes(said, inspected),
        ...(variable === null ? [] : [option("env", `${variable.name}=${variable.value}`)]),
      ],
      image: toImage(process.settings.Image, image),
      words: command.words,
      connections: [],
      environment: handedOn,
      labels: labels.own,
      without,
    },
  };
}

/** False for one that would be lost, or mean something else where it is said again. */
function isUnderstood({ name, value }: Said): boolean {
  if (name === "restart") return value === null || !STARTED_AT_BOOT.test(value);
  if (name === "env") return value === null || !OWN_VARIABLES.includes(value);
  // A path that begins where its client stood.
  return name !== "volume" || value === null || !/^[.~]/.test(value);
}

/** It was connected to others after it was made. */
function hasMoreNetworks(said: readonly Said[], { networks }: InspectedContainer): boolean {
  const named = said.filter(({ name }) => name === "network").flatMap(({ value }) => value?.split(",") ?? []);
  return Object.keys(networks).length > Math.max(1, named.length);
}

function toOption({ name, value }: Said): readonly Option[] {
  if (REPLACED.has(name) || OF_CLIENT.has(name) || isUnnamedVolume({ name, value })) return [];
  return [value === null ? `--${name}` : option(name, value)];
}

/** A folder that gets a volume of its own. */
function isUnnamedVolume({ name, value }: Said): boolean {
  return name === "volume" && value !== null && !value.includes(":");
}

/** Volumes that were given no name, by the one that Podman gave them. */
function toUnnamedVolumes(said: readonly Said[], { mounts }: InspectedContainer): readonly Option[] {
  const targets = new Set(
    said.flatMap(({ name, value }) => {
      const [first, second] = value?.split(":") ?? [];
      return (name === "volume" ? second : name === "tmpfs" ? first : undefined) ?? [];
    }),
  );
  const isLeft = ({ type, name, destination }: MountPoint): boolean =>
    type === "volume" && name !== "" && !targets.has(destination) && !destination.includes(":");
  return mounts
    .filter(isLeft)
    .map(({ name, destination, isWritable }) => option("volume", `${name}:${destination}${isWritable ? "" : ":ro"}`));
}
