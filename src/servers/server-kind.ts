import type { Answer, Question } from "../facts/answers.ts";
import type { Process } from "../facts/processes.ts";

/** The kinds of model server Portlock recognises. */
export type ServerKindId =
  | "ollama"
  | "vllm"
  | "llama-cpp"
  | "lm-studio"
  | "localai"
  | "open-webui"
  | "tgi"
  | "sglang"
  | "xinference"
  | "comfyui"
  | "koboldcpp"
  | "tabbyapi"
  | "lmdeploy"
  | "triton"
  | "litellm"
  | "portkey"
  | "olla"
  | "ray"
  | "llama-swap"
  | "gpustack"
  | "infinity"
  | "openai-compatible";

/** What the answers of one listener say about who is there. */
export interface Recognition {
  readonly kind: ServerKindId;
  /** Null where the server does not say, or says something that is no version (`0.0.0`). */
  readonly version: string | null;
  /** How the server met a request without a credential; `unknown` where no answer tells. */
  readonly access: "open" | "guarded" | "unknown";
  /** 1 to 100: how hard it would be for another server to give these answers by accident. */
  readonly specificity: number;
  /** Which answer tells the access, where it is not the first that served or refused. */
  readonly accessBy?: AccessAnswer;
}

/** An answer that tells how a server meets a request without a credential. */
export interface AccessAnswer {
  /** Id of its question. */
  readonly question: string;
  /** What it says beside its status; null where the status tells. */
  readonly says: string | null;
}

/** One kind of model server: how it is found and recognised. Settings and advisories are files of their own. */
export interface ServerKind {
  readonly id: ServerKindId;
  /** Ports it listens on unless told otherwise; a hint for the order of questions, never a proof. */
  readonly ports: readonly number[];
  /** Requests whose answers tell this kind from others, and that change nothing. */
  readonly identifiedBy: readonly Question[];
  /** What else to ask once it is recognised: version, access, what it offers. */
  readonly questions: readonly Question[];
  /** Names of environment variables that are its settings and hold no secret. */
  readonly variables: readonly string[];
  /** Its service units, by name; null where units are not read for it. */
  readonly units: RegExp | null;
  /** Names under /etc/default and /etc/sysconfig that belong to it. */
  readonly defaultsFiles: readonly string[];
  /** Paths of a running process whose owner and mode matter; `home` is its user's. */
  filesOf(process: Process, home: string | null): readonly { readonly role: string; readonly path: string }[];
  /** True where executable and arguments are this server's; a hint that it should be asked first. */
  looksLike(process: Pick<Process, "name" | "executable" | "arguments">): boolean;
  /** Judges the answers of one listener. Null: not this kind. A 4xx is no proof of anything by itself. */
  recognise(answers: readonly Answer[]): Recognition | null;
}
