import type { InspectedContainer, MountPoint } from "../../facts/container-inspection.ts";
import type { MountSetting } from "../../facts/container-settings.ts";
import { each, option, optional, type Option, type Translated } from "./option.ts";

/**
 * The options of `docker create` that give a container the same volumes, those without a name by the name that the
 * engine gave them, so that what lies in them is there.
 */
export function toMountOptions({ host: { settings }, mounts }: InspectedContainer): Translated {
  const asked = (settings.Mounts ?? []).map((mount) => toMountOption(mount, mounts));
  const targets = new Set([
    ...(settings.Binds ?? []).map(toTarget),
    ...(settings.Mounts ?? []).map(({ Target }) => Target),
    ...Object.keys(settings.Tmpfs ?? {}),
  ]);
  const left = mounts.filter(({ destination }) => !targets.has(destination));
  const isBorrowed = (settings.VolumesFrom ?? []).length > 0;
  const odd = left.filter((mount) => !isNamedVolume(mount) && !isBorrowed);
  return {
    options: [
      ...each("volume", settings.Binds),
      ...left.filter(isNamedVolume).map((mount) => option("volume", toVolume(mount))),
      ...asked.filter((each) => each !== null),
      ...Object.entries(settings.Tmpfs ?? {}).map(([path, how]) =>
        option("tmpfs", how === "" ? path : `${path}:${how}`),
      ),
      ...each("volumes-from", settings.VolumesFrom),
      ...optional("volume-driver", settings.VolumeDriver),
    ],
    unknown: [...(asked.includes(null) ? ["HostConfig.Mounts"] : []), ...(odd.length > 0 ? ["Mounts"] : [])],
  };
}

/** `SOURCE:TARGET`, or with a mode behind it. */
function toTarget(bind: string): string {
  return bind.split(":")[1] ?? "";
}

function isNamedVolume({ type, name, destination }: MountPoint): boolean {
  return type === "volume" && name !== "" && !destination.includes(":");
}

function toVolume({ name, destination, isWritable }: MountPoint): string {
  return `${name}:${destination}${isWritable ? "" : ":ro"}`;
}

/** Null: a path that this option cannot hold, or a volume that is not there. */
function toMountOption({ Type, Source, Target, ReadOnly }: MountSetting, mounts: readonly MountPoint[]): Option | null {
  const source = Source === "" ? (mounts.find(({ destination }) => destination === Target)?.name ?? "") : Source;
  if (/[",\n]/.test(source + Target) || (source === "" && Type !== "tmpfs")) return null;
  const from = source === "" ? "" : `,source=${source}`;
  return option("mount", `type=${Type}${from},target=${Target}${ReadOnly ? ",readonly" : ""}`);
}
