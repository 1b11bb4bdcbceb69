/**
 * Model servers that hand requests on to other model servers. What each hands on to is told by variables of its
 * process, by its own answers, or by nobody but its callers.
 */
import type { Answer } from "../facts/answers.ts";
import type { Evidence } from "../facts/evidence.ts";
import { OLLA_ENDPOINTS } from "./questions.ts";
import { answerTo, isJsonObject, jsonObjectOf } from "./read-answers.ts";
import type { ServerKindId } from "./server-kind.ts";

/** An address that a relay hands on to. */
export interface RelayTarget {
  /** Name or address, an IPv6 one without brackets. */
  readonly host: string;
  /** Null: the caller names it. */
  readonly port: number | null;
  readonly tls: boolean;
  /** What says so; null for what its program does by itself. */
  readonly evidence: Evidence | null;
}

/** Where a relay leads to, as far as it is told. */
export interface RelayTargets {
  readonly targets: readonly RelayTarget[];
  /** It may also hand on to addresses that were not told. */
  readonly others: boolean;
}

/** What is known of a relay that runs. */
export interface RelaySight {
  /** Variables of its process, of `RELAY_VARIABLES` only; null where they could not be read. */
  readonly environment: Readonly<Record<string, string>> | null;
  /** Where they were read. */
  readonly environmentFrom: string;
  readonly answers: readonly Answer[];
}

export interface Relay {
  /** Whether it hands the caller's own credential on, instead of one that it holds. */
  readonly passesCredential: boolean;
  leadsTo(sight: RelaySight): RelayTargets;
}

/** Names of variables that say where a relay leads to and hold no secret, but for what `maskValue` takes out. */
export const RELAY_VARIABLES = [
  "OLLAMA_BASE_URL",
  "OLLAMA_BASE_URLS",
  "OLLAMA_API_BASE_URL",
  "OLLAMA_API_BASE",
  "ENABLE_OLLAMA_API",
  "USE_OLLAMA_DOCKER",
  "OPENAI_API_BASE_URL",
  "OPENAI_API_BASE_URLS",
  "OPENAI_API_BASE",
  "TRUSTED_CUSTOM_HOSTS",
] as const;
type RelayVariable = (typeof RELAY_VARIABLES)[number];

const NOBODY_TELLS: RelayTargets = { targets: [], others: true };

/** Every kind that is a relay. */
export const RELAYS: { readonly [Id in ServerKindId]?: Relay } = {
  litellm: { passesCredential: false, leadsTo: toLiteLlmTargets },
  // Its configuration names commands and addresses, and is not read.
  "llama-swap": { passesCredential: false, leadsTo: () => NOBODY_TELLS },
  olla: { passesCredential: false, leadsTo: toOllaTargets },
  "open-webui": { passesCredential: false, leadsTo: toOpenWebUiTargets },
  portkey: { passesCredential: true, leadsTo: toPortkeyTargets },
};

/** Whether a hop of that name is a relay. */
export function isRelayName(name: string): boolean {
  return Object.hasOwn(RELAYS, name);
}

/**
 * Portkey calls whatever address its caller names in `x-portkey-custom-host`. Its newer releases refuse private
 * addresses but for a list of trusted names (src/middlewares/requestValidator, release 1.15.2: tried); older ones
 * refuse none, and it does not tell its release.
 */
function toPortkeyTargets(sight: RelaySight): RelayTargets {
  const listed = readVariable(sight, "TRUSTED_CUSTOM_HOSTS");
  const hosts = listed === null ? ["localhost", "127.0.0.1", "::1", "host.docker.internal"] : listed.value.split(",");
  const targets = hosts
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== "")
    .map((host) => ({ host, port: null, tls: false, evidence: listed?.evidence ?? null }));
  return { targets, others: listed === null };
}

/**
 * Open WebUI as its config.py has it: lists of addresses between semicolons, `/ollama` for the image's own default.
 * What an administrator saved in its database, which is not read, goes before all of them at the next start (release
 * 0.12.4: tried), and without ENABLE_PERSISTENT_CONFIG it counts until then.
 */
function toOpenWebUiTargets(sight: RelaySight): RelayTargets {
  if (sight.environment === null) return NOBODY_TELLS;
  const usesOllama = readVariable(sight, "ENABLE_OLLAMA_API")?.value.toLowerCase() !== "false";
  const ollama = usesOllama ? [readOllamaAddress(sight)] : [];
  const openAi = [readVariable(sight, "OPENAI_API_BASE_URLS") ?? readVariable(sight, "OPENAI_API_BASE_URL")];
  return { targets: toTargets([...ollama, ...openAi].flatMap((each) => each ?? [])).targets, others: true };
}

function readOllamaAddress(sight: RelaySight): Variable {
  const said =
    readVariable(sight, "OLLAMA_BASE_URLS") ??
    readVariable(sight, "OLLAMA_BASE_URL") ??
    readVariable(sight, "OLLAMA_API_BASE_URL");
  if (said === null) return { value: "http://localhost:11434", evidence: null };
  if (said.value !== "/ollama") return said;
  const isInside = readVariable(sight, "USE_OLLAMA_DOCKER")?.value.toLowerCase() === "true";
  return { ...said, value: isInside ? "http://localhost:11434" : "http://host.docker.internal:11434" };
}

/** LiteLLM reads its models from a file or a database, which are not read; variables name the rest. */
function toLiteLlmTargets(sight: RelaySight): RelayTargets {
  const said = (["OLLAMA_API_BASE", "OPENAI_API_BASE"] as const).flatMap((name) => readVariable(sight, name) ?? []);
  return { targets: toTargets(said).targets, others: true };
}

/** Olla lists where it hands on to; credentials in those addresses it leaves out itself. */
function toOllaTargets({ answers }: RelaySight): RelayTargets {
  const list = jsonObjectOf(answerTo(answers, OLLA_ENDPOINTS))?.["endpoints"];
  if (!Array.isArray(list)) return NOBODY_TELLS;
  const addresses = list.slice(0, MOST_TARGETS).map((each) => (isJsonObject(each) ? each["url"] : undefined));
  const evidence = { from: OLLA_ENDPOINTS.id, text: "endpoints" };
  const texts = addresses.map((each) => (typeof each === "string" ? each : ""));
  const { targets, others } = toTargets(texts.map((value) => ({ value, evidence: { ...evidence, text: value } })));
  return { targets, others: others || list.length > MOST_TARGETS };
}

interface Variable {
  readonly value: string;
  readonly evidence: Evidence | null;
}

function readVariable({ environment, environmentFrom }: RelaySight, name: RelayVariable): Variable | null {
  const value = environment?.[name]?.trim() ?? "";
  return value === "" ? null : { value, evidence: { from: environmentFrom, text: `${name}=${value}` } };
}

/** Addresses of one relay that are looked at. */
const MOST_TARGETS = 64;

/** Addresses between semicolons; one that cannot be read may be anybody's. */
function toTargets(said: readonly Variable[]): RelayTargets {
  const all = said.flatMap(({ value, evidence }) =>
    value
      .split(";")
      .map((text) => text.trim())
      .filter((text) => text !== "")
      .map((text) => parseAddress(text, evidence)),
  );
  const targets = all.filter((each) => each !== null).slice(0, MOST_TARGETS);
  return { targets, others: targets.length < all.length };
}

function parseAddress(text: string, evidence: Evidence | null): RelayTarget | null {
  if (!URL.canParse(text)) return null;
  const { protocol, hostname, port } = new URL(text);
  const tls = protocol === "https:";
  // A recorded value has no credentials, and where several addresses stood beside one, not all names.
  if ((!tls && protocol !== "http:") || hostname === "" || hostname === "xxxxx") return null;
  return {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: port === "" ? (tls ? 443 : 80) : Number(port),
    tls,
    evidence,
  };
}
