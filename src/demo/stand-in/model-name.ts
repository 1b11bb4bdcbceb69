/** A model's name in its four parts, defaults filled in: `registry.ollama.ai/library/llama3.2:latest`. */
export interface ModelName {
  readonly host: string;
  readonly namespace: string;
  readonly model: string;
  readonly tag: string;
}

export const DEFAULT_REGISTRY = "registry.ollama.ai";
const DEFAULT_NAMESPACE = "library";
const PART = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}$/;
const NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,79}$/;
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.:-]{0,349}$/;

/** `[host/][namespace/]model[:tag]` to its parts, or null where Ollama calls the name invalid. */
export function parseModelName(text: string): ModelName | null {
  const slash = text.lastIndexOf("/");
  const colon = text.lastIndexOf(":");
  const tag = colon > slash ? text.slice(colon + 1) : "latest";
  const parts = (colon > slash ? text.slice(0, colon) : text).split("/");
  const model = parts.pop() ?? "";
  const namespace = parts.pop() ?? DEFAULT_NAMESPACE;
  const host = parts.length === 0 ? DEFAULT_REGISTRY : parts.join("/").replace(/^https?:\/\//, "");
  const valid = PART.test(model) && PART.test(tag) && NAMESPACE.test(namespace) && HOST.test(host);
  return valid ? { host, namespace, model, tag } : null;
}

/** The shortest text that means this name; the tag is always shown. */
export function toShortName(name: ModelName): string {
  const namespaced = name.namespace === DEFAULT_NAMESPACE ? name.model : `${name.namespace}/${name.model}`;
  return name.host === DEFAULT_REGISTRY
    ? `${namespaced}:${name.tag}`
    : `${name.host}/${name.namespace}/${name.model}:${name.tag}`;
}

/** True for a name that Ollama passes on to ollama.com: its tag is `cloud` or ends in `-cloud`. */
export function isCloudName(text: string): boolean {
  return /:([^/:]*-)?cloud$/i.test(text.trim());
}

/** What Ollama's model store says of a text that is no name. */
export function toUnqualified(text: string): string {
  return `unqualified name: ${DEFAULT_REGISTRY}/${DEFAULT_NAMESPACE}/${text === "" ? "!MISSING!" : text}:latest`;
}
