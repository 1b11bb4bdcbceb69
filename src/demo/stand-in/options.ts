/**
 * How a stand-in is set up. It answers like an Ollama server of the given version and runs no model; tests,
 * benchmarks and the guided run use it where no real one can be.
 */
export interface StandInOptions {
  /** Value of OLLAMA_HOST, read by Ollama's own rules. Default: unset, which is 127.0.0.1:11434. */
  readonly host?: string | undefined;
  /** Value of OLLAMA_ORIGINS. A value Ollama refuses makes the start fail, as there. */
  readonly origins?: string | undefined;
  /** What `/api/version` says. It decides which routes and checks exist; `0.0.0` means all of them. */
  readonly version?: string | undefined;
  /** Names of the models it has from the start. */
  readonly models?: readonly string[] | undefined;
  /** OLLAMA_NO_CLOUD. */
  readonly cloudDisabled?: boolean | undefined;
  /** Directory that `/api/show` names in its Modelfile text. Nothing is read or written there. */
  readonly modelsDirectory?: string | undefined;
  /** How many tokens an answer has when the caller sets no limit. */
  readonly tokens?: number | undefined;
  /** Pause before each token. */
  readonly tokenIntervalMs?: number | undefined;
  /** Pause before the first answer of a model that is not loaded. */
  readonly loadMs?: number | undefined;
  /** OLLAMA_NUM_PARALLEL: answers generated at the same time. */
  readonly parallel?: number | undefined;
  /** OLLAMA_MAX_QUEUE: callers that may wait for their turn before others get 503. */
  readonly maxQueue?: number | undefined;
  /** How many of the newest requests are kept in memory. */
  readonly keepRequests?: number | undefined;
  /** Gets each request once it was answered. */
  readonly onRequest?: ((request: SeenRequest) => void) | undefined;
  /** Gets each line a real server would log at its start. */
  readonly onLog?: ((line: string) => void) | undefined;
}

/** A request as it reached the stand-in, so that a test can say what a proxy passed on. */
export interface SeenRequest {
  /** ISO 8601, UTC: when its head had arrived. */
  readonly at: string;
  readonly method: string;
  /** As sent, with its query. */
  readonly target: string;
  /** Lower-case names; of repeated headers Node's joined value. Kept whole: use it in tests only. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly from: string;
  readonly status: number;
  readonly durationMs: number;
}

export type Settings = Readonly<{
  [Name in Exclude<keyof StandInOptions, "host" | "origins" | "onRequest" | "onLog">]-?: NonNullable<
    StandInOptions[Name]
  >;
}>;

export const DEFAULT_VERSION = "0.24.0";
const DEFAULT_MODELS: readonly string[] = ["llama3.2:3b", "nomic-embed-text:latest"];

/** Fills in what the caller left open. */
export function toSettings(options: StandInOptions): Settings {
  return {
    version: options.version ?? DEFAULT_VERSION,
    models: options.models ?? DEFAULT_MODELS,
    cloudDisabled: options.cloudDisabled ?? false,
    modelsDirectory: options.modelsDirectory ?? "/usr/share/ollama/.ollama/models",
    tokens: options.tokens ?? 24,
    tokenIntervalMs: options.tokenIntervalMs ?? 0,
    loadMs: options.loadMs ?? 0,
    parallel: options.parallel ?? 1,
    maxQueue: options.maxQueue ?? 512,
    keepRequests: options.keepRequests ?? 1_000,
  };
}
