import Pool from "undici/lib/dispatcher/pool.js";
import type { Dispatcher } from "undici";

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

/** Connections to the model server. */
export interface Upstream {
  readonly host: string;
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** Ends every connection at once. */
  destroy(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;

/**
 * Opens no connection yet. A request is alone on its connection until its answer has ended, and may be silent for as
 * long as the model server likes: it loads models for minutes. Nothing is sent twice.
 */
export function openUpstream({ origin, socketPath, host }: UpstreamPlace): Upstream {
  const pool = new Pool(origin, {
    pipelining: 1,
    allowH2: false,
    headersTimeout: 0,
    bodyTimeout: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Shorter than the five seconds after which common servers close an idle connection, so that none is met closing.
    keepAliveTimeout: 4000,
    maxHeaderSize: 64 * 1024,
    ...(socketPath === null ? {} : { socketPath }),
  });
  return {
    host,
    dispatch: (options, handler) => void pool.dispatch(options, handler),
    destroy: () => pool.destroy(),
  };
}
