import type { Grant, Key, Scope } from "../key.ts";

/** Which of the three APIs a route belongs to, and so in which form it is told an error. */
export type Api = "ollama" | "openai" | "anthropic";

/** One request that may reach the upstream; the table of routes.ts holds them all, and nothing else does. */
export interface Route {
  /** Method and path with `{model}`, `{digest}` or `{key}` for what varies: `POST /api/chat`. Labels metrics and logs. */
  readonly id: string;
  readonly method: "GET" | "HEAD" | "POST" | "DELETE";
  readonly api: Api;
  readonly scope: Scope;
  /** Needed besides the scope; null: none. */
  readonly grant: Grant | null;
  /** Where it names a model. `none`: it names none. */
  readonly modelIn: "none" | "json" | "path" | "multipart";
  /** Its answer names models of which a key may see only its own. */
  readonly listsModels: boolean;
  /** Takes a turn of the model server, and so stands in the queue and counts tokens. */
  readonly occupiesModel: boolean;
  /** Its body goes on in constant memory, whatever its size (`/api/blobs/{digest}`). */
  readonly streamsBody: boolean;
}

/** A request before its body: as node:http parsed it, nothing decoded. */
export interface RequestHead {
  readonly method: string;
  /** Request target as it came. */
  readonly target: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** Address of the peer, an IPv4 one never in its IPv6 form. */
  readonly peer: string;
  /** What the body says that a policy looks at; `undefined` while it was not read. */
  readonly body?: BodyFacts | undefined;
}

/** All that a policy looks at in a body; the body itself goes on byte for byte. */
export interface BodyFacts {
  /** Every model it names (`model`, `name`, `source`, `destination`, `from`, …), as written. */
  readonly models: readonly string[];
  /** Grants it needs besides the route's: `cloud` to create a model that is asked elsewhere, `debug` to see a prompt. */
  readonly grants: readonly Grant[];
  /** True where it asks for a stream, as that route's API has it by default. */
  readonly streams: boolean;
  /** `options.num_ctx`; null where it does not say. */
  readonly contextTokens: number | null;
  /** `keep_alive` in seconds, negative for ever as Infinity; null where it does not say. */
  readonly keepAliveSeconds: number | null;
}

/** What reading a body comes to: what it says, or why it is refused. */
export type BodyReading =
  | { readonly ok: true; readonly facts: BodyFacts }
  | { readonly ok: false; readonly refusal: Refusal };

/** Who asks, as far as a decision looks at it; null where no valid key came with the request. */
export interface Policy {
  readonly key: Key | null;
}

export type Decision =
  /** Read at most this much of the body, and decide again with what it says. */
  | { readonly kind: "read-body"; readonly route: Route; readonly limitBytes: number }
  | {
      readonly kind: "forward";
      readonly route: Route;
      /** Target the upstream is asked with: a constant of the route, with a checked model name or digest put in. */
      readonly path: string;
      /** Models it is about, each once, by the shortest full name; empty where it is about none. */
      readonly models: readonly string[];
      /** Most that the body may hold; null: no limit. */
      readonly bodyLimitBytes: number | null;
    }
  | { readonly kind: "refuse"; readonly refusal: Refusal; readonly api: Api };

/** Why a request goes no further. The status is what a client of any of the APIs understands. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 429 | 431 | 502 | 503 | 504;
  /** Stable, for the access log and for clients. */
  readonly code: string;
  /** One sentence, without anything a caller sent. */
  readonly message: string;
}
