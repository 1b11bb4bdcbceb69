import buildConnector from "undici/lib/core/connect.js";
import Client from "undici/lib/dispatcher/client.js";
import type { Client as Connection, Dispatcher } from "undici";
import type { UpstreamPlace } from "./upstream-place.ts";

const CONNECT_TIMEOUT_MS = 5000;

/**
 * Connections to the model server. None is opened before it is needed. A request is alone on its connection until its
 * answer has ended, and may be silent for as long as the model server likes: it loads models for minutes. Nothing is
 * sent twice.
 *
 * The pool of undici walks over all its connections for each request and asks what time it is at each of them; here
 * the one that was last at work is taken.
 */
export class Upstream {
  readonly host: string;
  readonly #open: () => Connection;
  readonly #all = new Set<Connection>();
  readonly #working = new Set<Connection>();
  /** The one that was last at work is the last. */
  readonly #idle: Connection[] = [];

  constructor({ origin, socketPath, host }: UpstreamPlace) {
    this.host = host;
    const place = socketPath === null ? {} : { socketPath };
    const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false, ...place });
    this.#open = () =>
      new Client(origin, {
        connect,
        pipelining: 1,
        allowH2: false,
        headersTimeout: 0,
        bodyTimeout: 0,
        // Shorter than the five seconds after which common servers close an idle connection, so that none is met closing.
        keepAliveTimeout: 4000,
        maxHeaderSize: 64 * 1024,
      });
  }

  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    const connection = this.#idle.pop() ?? this.#add();
    this.#working.add(connection);
    // Where it has nothing to do the request has ended already; else it tells when it is done. It may still be about to.
    if (connection.dispatch(options, handler)) queueMicrotask(() => this.#rest(connection));
  }

  #add(): Connection {
    const connection = this.#open();
    this.#all.add(connection);
    connection.on("drain", () => this.#rest(connection));
    connection.on("disconnect", () => this.#forget(connection));
    connection.on("connectionError", () => this.#forget(connection));
    return connection;
  }

  #rest(connection: Connection): void {
    if (this.#working.delete(connection) && !connection.closed && !connection.destroyed) this.#idle.push(connection);
  }

  /** It ends when what it has to do is done; after a rush, nothing is left of it. */
  #forget(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at >= 0) this.#idle.splice(at, 1);
    if (connection.closed || connection.destroyed) return;
    void connection.close().finally(() => this.#all.delete(connection));
  }

  /** Ends every connection at once. */
  async destroy(): Promise<void> {
    await Promise.all([...this.#all].map((connection) => connection.destroy()));
  }
}
