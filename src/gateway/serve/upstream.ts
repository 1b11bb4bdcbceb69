import Pool from "undici/lib/dispatcher/pool.js";
import type { Dispatcher } from "undici";
import type { UpstreamPlace } from "./upstream-place.ts";

/** Connections to the model server. */
export interface Upstream {
  readonly host: string;
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void;
  /** Ends every connection at once. */
  destroy(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5000;
const CONNECTION_TTL_MS = 120_000;

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
    // After a rush, connections that nobody needs any more are forgotten; one at work ends its work first.
    clientTtl: CONNECTION_TTL_MS,
    ...(socketPath === null ? {} : { socketPath }),
  });
  return {
    host,
    dispatch: (options, handler) => void pool.dispatch(options, handler),
    destroy: () => pool.destroy(),
  };
}
