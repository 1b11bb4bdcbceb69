/** Where the model server is asked. */
export interface UpstreamPlace {
  /** `http://127.0.0.1:11434`. */
  readonly origin: string;
  /** Path of a Unix socket that is connected to instead; null: none. */
  readonly socketPath: string | null;
  /** The constant `Host` it is asked with. */
  readonly host: string;
}

/** What a user gave as `--upstream`, or null where it is no such place: a path, a query or credentials are not part of it. */
export function parseUpstream(text: string): UpstreamPlace | null {
  if (text.startsWith("unix:")) {
    const socketPath = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    return socketPath.startsWith("/") ? { origin: "http://localhost", socketPath, host: "localhost" } : null;
  }
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") return null;
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") return null;
  if (url.pathname !== "/" || text.includes("#") || text.includes("?")) return null;
  return { origin: url.origin, socketPath: null, host: url.host };
}
