import type { Answer } from "../../facts/answers.ts";
import type { Process } from "../../facts/processes.ts";
import type { HttpAnswer } from "../../host/host.ts";
import { programOf } from "../program.ts";
import {
  API_PS,
  API_STATUS,
  API_TAGS,
  API_VERSION,
  FOREIGN_HOST_VERSION,
  FOREIGN_ORIGIN_VERSION,
  OPENAI_MODELS,
  ROOT,
} from "../questions.ts";
import { answerTo, demandsCredential, isJsonObject, jsonObjectOf, modelOwners, readVersion } from "../read-answers.ts";
import type { Recognition, ServerKind } from "../server-kind.ts";

/** Settings that hold no secret. The proxy variables and OLLAMA_API_KEY do, and are never read. */
const VARIABLES: readonly string[] = [
  "OLLAMA_HOST",
  "OLLAMA_ORIGINS",
  "OLLAMA_MODELS",
  "OLLAMA_NO_CLOUD",
  "OLLAMA_REMOTES",
  "OLLAMA_DEBUG",
  "OLLAMA_DEBUG_LOG_REQUESTS",
  "OLLAMA_KEEP_ALIVE",
  "OLLAMA_NUM_PARALLEL",
  "OLLAMA_MAX_LOADED_MODELS",
  "OLLAMA_MAX_QUEUE",
  "OLLAMA_CONTEXT_LENGTH",
  "OLLAMA_LOAD_TIMEOUT",
];

/** Owners that a model list of somebody else's server names; Ollama names the model's namespace. */
const OWNERS_OF_OTHERS: readonly string[] = ["sglang", "koboldcpp", "llamacpp", "vllm", "llama-swap", "infinity"];

/** Roles of the files that rules look at. */
export const KEY_FILE = "key";
export const MODEL_FOLDER = "model-folder";

/** Ollama: https://github.com/ollama/ollama. Whatever answers as it does is one, whoever wrote it. */
export const OLLAMA: ServerKind = {
  id: "ollama",
  ports: [11434],
  identifiedBy: [ROOT, API_VERSION, OPENAI_MODELS, API_TAGS],
  questions: [API_TAGS, API_STATUS, API_PS, FOREIGN_HOST_VERSION, FOREIGN_ORIGIN_VERSION],
  variables: VARIABLES,
  units: /(?:^|[-_.])ollama(?:[-_.@]|$)/i,
  defaultsFiles: ["ollama"],
  filesOf,
  looksLike: (process) =>
    programOf(process) === "ollama" && ["serve", "start", undefined].includes(process.arguments[1]),
  recognise,
};

/**
 * True for the child in which an Ollama runs a loaded model: `ollama runner`, or `llama-server` from 0.30 on. It
 * listens on 127.0.0.1, on a port by chance (llm/server.go).
 */
export function isOllamaRunner(process: Pick<Process, "name" | "executable" | "arguments">): boolean {
  const program = programOf(process);
  return program === "llama-server" || (program === "ollama" && process.arguments[1] === "runner");
}

/** The server's own files, by the home it was started with, else by the account's. In a container the paths mean nothing on the host. */
function filesOf(
  process: Process,
  ofAccount: string | null,
): readonly { readonly role: string; readonly path: string }[] {
  if (process.cgroup?.kind === "container") return [];
  const own = process.environment.ok ? process.environment.value["HOME"] : undefined;
  const home = own?.startsWith("/") === true ? own : ofAccount;
  const set = process.environment.ok ? process.environment.value["OLLAMA_MODELS"]?.trim() : undefined;
  const key = home === null ? [] : [{ role: KEY_FILE, path: `${home}/.ollama/id_ed25519` }];
  if (set !== undefined && set !== "") return set.startsWith("/") ? [...key, { role: MODEL_FOLDER, path: set }] : key;
  return home === null ? [] : [...key, { role: MODEL_FOLDER, path: `${home}/.ollama/models` }];
}

function recognise(answers: readonly Answer[]): Recognition | null {
  const version = answerTo(answers, API_VERSION);
  const tags = answerTo(answers, API_TAGS);
  if (isSomebodyElse(answers)) return null;
  const rootSpeaks = isRootText(answerTo(answers, ROOT));
  const versionSpeaks = isVersionBody(version);
  const tagsSpeak = isTagsBody(tags);
  // A proxy may hand on /api/ alone; the version by itself is what many programs answer.
  if (!rootSpeaks && !(versionSpeaks && tagsSpeak)) return null;
  return {
    kind: "ollama",
    version: readVersion(jsonObjectOf(version)?.["version"]),
    access: readAccess(version, tags),
    specificity: (rootSpeaks ? 70 : 50) + (versionSpeaks ? 15 : 0) + (tagsSpeak ? 10 : 0),
  };
}

/** Others answer Ollama's paths for its clients, and give themselves away elsewhere. */
function isSomebodyElse(answers: readonly Answer[]): boolean {
  const owners = modelOwners(answers, OPENAI_MODELS);
  if (owners !== null && OWNERS_OF_OTHERS.some((owner) => owners.has(owner))) return true;
  const asked = [ROOT, API_VERSION, API_TAGS, OPENAI_MODELS].map((question) => answerTo(answers, question));
  if (asked.some((answer) => answer?.headers["server"]?.startsWith("llama.cpp") === true)) return true;
  const version = jsonObjectOf(answerTo(answers, API_VERSION));
  return version !== null && Object.keys(version).some((key) => key !== "version");
}

function isRootText(answer: HttpAnswer | null): boolean {
  return answer?.status === 200 && answer.body.trim() === "Ollama is running";
}

function isVersionBody(answer: HttpAnswer | null): boolean {
  return typeof jsonObjectOf(answer)?.["version"] === "string";
}

/** A list whose entries carry a digest, as only Ollama's do; an empty list says little, and counts. */
function isTagsBody(answer: HttpAnswer | null): boolean {
  if (answer?.truncated === true) return answer.status === 200 && answer.body.startsWith('{"models":[{"name":');
  const models = jsonObjectOf(answer)?.["models"];
  if (models === null) return true;
  if (!Array.isArray(models)) return false;
  return models.every((model) => isJsonObject(model) && typeof model["name"] === "string" && isDigest(model["digest"]));
}

function isDigest(value: unknown): boolean {
  return typeof value === "string" && /^[0-9a-f]{12,64}$/.test(value);
}

/** The model list is the least that every caller may want; the version is asked first and stands in for it. */
function readAccess(version: HttpAnswer | null, tags: HttpAnswer | null): Recognition["access"] {
  const answer = tags ?? version;
  if (demandsCredential(answer)) return "guarded";
  return answer?.status === 200 ? "open" : "unknown";
}
