import type { InspectedContainer } from "../../facts/container-inspection.ts";
import type { Healthcheck, ProcessSettings } from "../../facts/container-settings.ts";
import { each, option, optional, type Option, type Translated } from "./option.ts";

/** What a container runs: the options that say so, and the words behind the image. */
export interface TranslatedProcess extends Translated {
  readonly image: string;
  readonly words: readonly string[];
}

/** The options of `docker create` that give a container the same process; what its image says is left to the image. */
export function toProcessOptions(
  { process: { settings }, image, exposedPorts, host }: InspectedContainer,
  { id, hostname }: { readonly id: string; readonly hostname: string },
): TranslatedProcess {
  const entrypoint = toEntrypoint(settings, image.process);
  const health = toHealthOptions(settings.Healthcheck, image.process.Healthcheck);
  const given = new Set([hostname, id.slice(0, 12)]);
  const published = Object.keys(host.settings.PortBindings ?? {});
  return {
    options: [
      ...(settings.Hostname === undefined || given.has(settings.Hostname)
        ? []
        : [option("hostname", settings.Hostname)]),
      ...optional("domainname", settings.Domainname),
      ...optional("user", isSame(settings.User, image.process.User) ? undefined : settings.User),
      ...optional("workdir", isSame(settings.WorkingDir, image.process.WorkingDir) ? undefined : settings.WorkingDir),
      ...(settings.Tty === true ? [option("tty", "true")] : []),
      ...(settings.OpenStdin === true ? [option("interactive", "true")] : []),
      ...optional(
        "stop-signal",
        isSame(settings.StopSignal, image.process.StopSignal) ? undefined : settings.StopSignal,
      ),
      ...optional("stop-timeout", settings.StopTimeout),
      ...optional("mac-address", settings.MacAddress),
      ...each(
        "expose",
        exposedPorts.filter((port) => !image.exposedPorts.includes(port) && !published.includes(port)),
      ),
      ...(health ?? []),
      ...(entrypoint ?? []),
    ],
    unknown: [
      ...(health === null ? ["Healthcheck"] : []),
      ...(entrypoint === null ? ["Entrypoint"] : []),
      ...findFilledIn(settings, image.process),
    ],
    image: toImage(settings.Image, image),
    words: toWords(settings, image.process),
  };
}

/** Its name, as long as it leads to the same image, so that who updates images still finds the container. */
export function toImage(name: string | undefined, { id, names }: InspectedContainer["image"]): string {
  if (name === undefined) return id;
  const last = name.slice(name.lastIndexOf("/") + 1);
  return names.includes(last.includes(":") ? name : `${name}:latest`) ? name : id;
}

/** An option for it is needed only where the image has another one. Null: there is none for several words. */
function toEntrypoint(settings: ProcessSettings, image: ProcessSettings): readonly Option[] | null {
  if (isSame(settings.Entrypoint, image.Entrypoint)) return [];
  const [first, ...others] = settings.Entrypoint ?? [""];
  return first === undefined || others.length > 0 ? null : [option("entrypoint", first)];
}

/** With an entry point of its own a container is not given the words of its image. */
function toWords(settings: ProcessSettings, image: ProcessSettings): readonly string[] {
  const isTheImages = isSame(settings.Entrypoint, image.Entrypoint) && isSame(settings.Cmd, image.Cmd);
  return isTheImages ? [] : (settings.Cmd ?? []);
}

/** Settings that are empty in the container and would come from its image, which has them. */
function findFilledIn(settings: ProcessSettings, image: ProcessSettings): readonly string[] {
  const emptied = (["User", "WorkingDir", "StopSignal"] as const).filter(
    (name) => settings[name] === undefined && image[name] !== undefined,
  );
  const hasNoWords = settings.Cmd === undefined && image.Cmd !== undefined;
  return [...(hasNoWords && isSame(settings.Entrypoint, image.Entrypoint) ? ["Cmd"] : []), ...emptied];
}

function toHealthOptions(own: Healthcheck | undefined, image: Healthcheck | undefined): readonly Option[] | null {
  if (isSame(own, image)) return [];
  if (own === undefined) return null;
  if (own.Test.join() === "NONE") return [option("no-healthcheck", "true")];
  const [kind, command, ...others] = own.Test;
  const isTheImages = isSame(own.Test, image?.Test ?? []);
  if (!isTheImages && (kind !== "CMD-SHELL" || command === undefined || others.length > 0)) return null;
  return [
    ...(isTheImages || command === undefined ? [] : [option("health-cmd", command)]),
    ...toDuration("health-interval", own.Interval),
    ...toDuration("health-timeout", own.Timeout),
    ...toDuration("health-start-period", own.StartPeriod),
    ...toDuration("health-start-interval", own.StartInterval),
    ...(own.Retries === 0 ? [] : [option("health-retries", own.Retries)]),
  ];
}

function toDuration(name: string, nanoseconds: number): readonly Option[] {
  if (nanoseconds === 0) return [];
  return [option(name, nanoseconds % 1e9 === 0 ? `${nanoseconds / 1e9}s` : `${nanoseconds}ns`)];
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
