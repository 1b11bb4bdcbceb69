import { z } from "zod";
import type { InspectedContainer, InspectedImage, SecretLines } from "./container-inspection.ts";
import type { Known } from "./container-settings.ts";
import { isRecord, readEndpoint, readHostSettings, readProcessSettings } from "./container-settings-json.ts";
import { withoutSecrets } from "./secrets.ts";

/** All that one answer of `docker inspect` tells. */
export type ToldContainer = Omit<InspectedContainer, "changed" | "composeClients">;

/** An image, with the values by which it is told what of a container's settings is its own. */
export interface ToldImage {
  readonly image: InspectedImage;
  readonly environment: readonly string[];
  readonly labels: readonly string[];
}

const Text = z
  .string()
  .nullish()
  .transform((text) => text ?? "");
const Lines = z
  .array(z.string())
  .nullish()
  .transform((lines) => lines ?? []);
const Labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((labels) => labels ?? {});
const Config = z.looseObject({
  Env: Lines,
  Labels,
  ExposedPorts: z.record(z.string(), z.unknown()).nullish(),
  CreateCommand: z.array(z.string()).nullish(),
});
const ContainerJson = z.object({
  Image: z.string(),
  HostConfig: z.looseObject({}),
  Config,
  Mounts: z
    .array(z.object({ Type: z.string(), Name: Text, Destination: z.string(), RW: z.boolean().default(true) }))
    .nullish(),
  NetworkSettings: z.object({ Networks: z.record(z.string(), z.unknown()).nullish() }),
});
const ImageJson = z.object({ Id: z.string(), RepoTags: Lines, Config });

/** Podman's reader of such a file takes some characters for its own. */
const PLAIN_LINE = /^[^\s#=*][^\s=*]*=(?:[^\s"'`\\#$](?:[^\n\r\0"'`\\#$]*[^\s"'`\\#$])?)?$/;
const LINE = /^[^\s#=][^\s=]*=[^\n\r\0]*$/;

const NO_IMAGE: ToldImage = {
  image: { id: "", names: [], process: {}, exposedPorts: [] },
  environment: [],
  labels: [],
};

/** Reads `docker inspect` or `podman inspect` of one container. Null: it is no such JSON. */
export function parseInspectedContainer(
  text: string,
  engine: "docker" | "podman",
  told: ToldImage | null,
): ToldContainer | null {
  const parsed = z.tuple([ContainerJson]).safeParse(toJson(text));
  if (!parsed.success) return null;
  const [{ Image, HostConfig, Config: config, Mounts, NetworkSettings }] = parsed.data;
  const { image, environment, labels } = told ?? { ...NO_IMAGE, image: { ...NO_IMAGE.image, id: Image } };
  const line = engine === "docker" ? LINE : PLAIN_LINE;
  return {
    host: withoutCredentials(HostConfig, readHostSettings),
    process: withoutCredentials(config, readProcessSettings),
    networks: Object.fromEntries(
      Object.entries(NetworkSettings.Networks ?? {}).map(([name, value]) => [name, readEndpoint(value)]),
    ),
    mounts: (Mounts ?? []).map((mount) => ({
      type: mount.Type,
      name: mount.Name,
      destination: mount.Destination,
      isWritable: mount.RW,
    })),
    environment: toSecretLines(config.Env, environment, line),
    labels: toSecretLines(toLines(config.Labels), labels, line),
    exposedPorts: Object.keys(config.ExposedPorts ?? {}),
    compose: toComposeOrigin(config.Labels),
    unit: config.Labels["PODMAN_SYSTEMD_UNIT"] ?? null,
    createCommand: toCreateCommand(config.CreateCommand ?? null),
    image,
  };
}

/** Reads `docker inspect` or `podman inspect` of one image. Null: it is no such JSON. */
export function parseInspectedImage(text: string): ToldImage | null {
  const parsed = z.tuple([ImageJson]).safeParse(toJson(text));
  if (!parsed.success) return null;
  const [{ Id, RepoTags, Config: config }] = parsed.data;
  return {
    image: {
      id: Id,
      names: RepoTags,
      process: readProcessSettings(config).settings,
      exposedPorts: Object.keys(config.ExposedPorts ?? {}),
    },
    environment: config.Env,
    labels: toLines(config.Labels),
  };
}

function toLines(labels: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(labels).map(([name, value]) => `${name}=${value}`);
}

function toSecretLines(lines: readonly string[], images: readonly string[], pattern: RegExp): SecretLines {
  const own = lines.filter((line) => !images.includes(line));
  return { names: lines.map(toName), own: own.map(toName), fitsFile: lines.every((line) => pattern.test(line)) };
}

function toName(line: string): string {
  return line.slice(0, line.indexOf("=") < 0 ? line.length : line.indexOf("="));
}

/** A setting in which there is a credential counts as one that is not known: no plan may hold it. */
function withoutCredentials<T>(settings: object, read: (value: unknown) => Known<T>): Known<T> {
  const entries = Object.entries(settings).filter(([name]) => name !== "Env" && name !== "Labels");
  const secret = entries.filter(([name, value]) => holdsCredential(name, value)).map(([name]) => name);
  const known = read(Object.fromEntries(entries.filter(([name]) => !secret.includes(name))));
  return { settings: known.settings, unknown: [...known.unknown, ...secret] };
}

function holdsCredential(name: string, value: unknown): boolean {
  if (typeof value === "string") {
    return withoutSecrets(value) !== value || withoutSecrets(`${name}=${value}`) !== `${name}=${value}`;
  }
  if (Array.isArray(value)) return holdsCredentialInWords(value) || value.some((each) => holdsCredential("", each));
  return isRecord(value) && Object.entries(value).some(([each, member]) => holdsCredential(each, member));
}

/** `--api-key` and its value are two words. */
function holdsCredentialInWords(words: readonly unknown[]): boolean {
  const texts = words.filter((word) => typeof word === "string");
  const line = texts.map((word) => word.replaceAll(/\s/g, "_")).join(" ");
  return withoutSecrets(line) !== line;
}

const SETS_VARIABLE = /^(?:--env|-e|--label|-l)$/;
const SETS_VARIABLE_AT_ONCE = /^(--env|--label|-e|-l)=?([^=]*)=/;

/** What Podman was told, with variables and labels by their names alone; null where a credential is left in it. */
function toCreateCommand(words: readonly string[] | null): readonly string[] | null {
  if (words === null) return null;
  const plain = words.map((word, index) => {
    if (SETS_VARIABLE.test(words[index - 1] ?? "")) return toName(word);
    const [, option, name] = SETS_VARIABLE_AT_ONCE.exec(word) ?? [];
    return option === undefined || name === undefined ? word : `${option}=${name}`;
  });
  return holdsCredential("", plain) ? null : plain;
}

function toComposeOrigin(labels: Readonly<Record<string, string>>): InspectedContainer["compose"] {
  const files = labels["com.docker.compose.project.environment_file"] ?? "";
  return {
    version: labels["com.docker.compose.version"] ?? null,
    directory: labels["com.docker.compose.project.working_dir"] ?? null,
    environmentFiles: files.split(",").filter((file) => file !== ""),
  };
}

function toJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
