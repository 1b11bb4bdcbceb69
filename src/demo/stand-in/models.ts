import { createHash } from "node:crypto";
import type { ModelName } from "./model-name.ts";
import { parseModelName, toShortName } from "./model-name.ts";

/** A model as the stand-in pretends to have it. */
export interface Model {
  readonly name: ModelName;
  readonly digest: string;
  readonly sizeBytes: number;
  readonly modifiedAt: string;
  readonly family: string;
  readonly parameterSize: string;
  readonly quantization: string;
  readonly capabilities: readonly string[];
  readonly system: string;
  /** Set on an alias of a model that runs elsewhere. */
  readonly remote: { readonly host: string; readonly model: string } | null;
}

/** A model that was made or loaded, before it has a name and an age. */
export type ModelBody = Omit<Model, "name" | "modifiedAt">;

/** The models of one stand-in and the digests of the blobs it was sent; nothing touches a disk. */
export class ModelStore {
  readonly #models: Map<string, Model> = new Map();
  readonly #blobs: Set<string> = new Set();

  constructor(names: readonly string[]) {
    for (const text of names) {
      const name = parseModelName(text);
      if (name === null) {
        throw new Error(`not a model name: ${text}`);
      }
      this.put(name, inventBody(name));
    }
  }

  /** Newest first, as `/api/tags` lists them. */
  list(): readonly Model[] {
    return [...this.#models.values()].toReversed();
  }

  /** Finds a model by the text a caller sent; names are compared without regard to case. */
  find(text: string): Model | null {
    const name = parseModelName(text);
    return name === null ? null : (this.#models.get(toKey(name)) ?? null);
  }

  put(name: ModelName, body: ModelBody): Model {
    const model: Model = { ...body, name, modifiedAt: new Date().toISOString() };
    this.#models.delete(toKey(name));
    this.#models.set(toKey(name), model);
    return model;
  }

  remove(name: ModelName): boolean {
    return this.#models.delete(toKey(name));
  }

  hasBlob(digest: string): boolean {
    return this.#blobs.has(digest) || this.list().some((model) => toBlobDigest(model) === digest);
  }

  addBlob(digest: string): void {
    this.#blobs.add(digest);
  }
}

function toKey(name: ModelName): string {
  return toShortName(name).toLowerCase();
}

/** Details that look like those of a model with this name. */
export function inventBody(name: ModelName): ModelBody {
  const embeds = /embed|bge|minilm/i.test(name.model);
  return {
    digest: sha256(toShortName(name)),
    sizeBytes: embeds ? 274_302_450 : 2_019_393_189,
    family: embeds ? "nomic-bert" : "llama",
    parameterSize: embeds ? "137M" : "3.2B",
    quantization: embeds ? "F16" : "Q4_K_M",
    capabilities: embeds ? ["embedding"] : ["completion", "tools"],
    system: "",
    remote: null,
  };
}

/** Digest of the blob that would hold the model's weights. */
export function toBlobDigest(model: Model): string {
  return `sha256:${sha256(`weights of ${model.digest}`)}`;
}

export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
