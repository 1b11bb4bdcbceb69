import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Server as SecureServer } from "node:https";
import type { Served } from "../evidence/served.ts";
import { BodyBudget } from "./body-budget.ts";
import { CertificateWatch, readCertificate, toFileState } from "./certificate.ts";
import { Connections } from "./connections.ts";
import { Exchange } from "./exchange.ts";
import type { GatewayOptions } from "./gateway-options.ts";
import { createListener, listenAt, takeCertificate } from "./listener.ts";
import { serveRequest, type Serving } from "./serve-request.ts";
import { Upstream } from "./upstream.ts";

/** What a gateway has to do at a moment. */
export interface GatewayState {
  readonly connections: number;
  readonly connectionsRefused: number;
  readonly exchanges: number;
  readonly serving: number;
  readonly waiting: number;
  readonly bodyBytes: number;
}

/** A gateway that listens. */
export interface Gateway {
  readonly port: number;
  readonly state: GatewayState;
  /** Looks at the certificate's files now. */
  reloadCertificate(): Promise<void>;
  /**
   * Ends in order: lets what is under way end for as long as `graceMs`, refuses what is new, then ends the rest. Nobody
   * listens when it resolves, and every request has been told to the witnesses.
   */
  drain(graceMs: number): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/** Starts to listen and to serve. Throws a `StartRefused` where a file of the certificate or the address is not good. */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const running = new RunningGateway(options);
  try {
    await running.begin();
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}

const SWEEP_MS = 1000;

class RunningGateway implements Gateway {
  port = 0;
  readonly #options: GatewayOptions;
  readonly #connections: Connections;
  readonly #exchanges = new Set<Exchange>();
  readonly #bodies: BodyBudget;
  readonly #upstream: Upstream;
  readonly #serving: Serving;
  readonly #sweeper: NodeJS.Timeout;
  readonly #run = Math.floor(Date.now() / 1000).toString(36);
  #server: Server | SecureServer | null = null;
  #watch: CertificateWatch | null = null;
  #requests = 0;
  #isDraining = false;
  #isOpening: boolean;
  #onEmpty: (() => void) | null = null;
  #closed: Promise<void> | null = null;

  constructor(options: GatewayOptions) {
    this.#options = options;
    const { verifier, limiter, onTrouble } = options;
    this.#connections = new Connections(options.caps);
    this.#bodies = new BodyBudget(options.patience.bodyBytes);
    this.#upstream = new Upstream(options.upstream);
    this.#serving = {
      verifier,
      limiter,
      onTrouble,
      upstream: this.#upstream,
      origins: new Set(options.origins),
      bodies: this.#bodies,
      toPhase: () => (this.#isDraining ? "draining" : this.#isOpening ? "starting" : "ok"),
    };
    verifier.onRevoked((keyId, endsStreams) => this.#revoke(keyId, endsStreams));
    this.#isOpening = options.opening !== null;
    // Whoever made it hears where it rejects, and ends this gateway.
    options.opening?.then(
      () => {
        this.#isOpening = false;
      },
      () => {},
    );
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
  }

  async begin(): Promise<void> {
    const { certificate: source, patience, caps, onTrouble, listen } = this.#options;
    const seen = source === null ? "" : await toFileState(source);
    const certificate = source === null ? null : await readCertificate(source);
    const server = createListener(certificate, { patience, mostConnections: caps.total }, (...heard) =>
      this.#hear(...heard),
    );
    this.#server = server;
    // Of TLS: when hands were shaken, for its socket is the one that requests come by.
    server.on("setSecureContext" in server ? "secureConnection" : "connection", (socket) =>
      this.#connections.open(socket),
    );
    if (source !== null) {
      this.#watch = new CertificateWatch(source, seen, (pair) => takeCertificate(server, pair), onTrouble);
    }
    this.port = await listenAt(server, listen);
  }

  #hear(request: IncomingMessage, response: ServerResponse, expectsContinue: boolean): void {
    const { socket } = request;
    const peer = this.#connections.peerOf(socket);
    this.#connections.enter(socket, () => {
      this.#requests += 1;
      const id = `${this.#run}-${this.#requests.toString(36)}`;
      const exchange = new Exchange(id, request, response, peer ?? "", (ended, served) => this.#end(ended, served));
      this.#exchanges.add(exchange);
      if (this.#isDraining) response.shouldKeepAlive = false;
      void serveRequest(this.#serving, exchange, expectsContinue);
      return exchange;
    });
  }

  #end(exchange: Exchange, served: Served): void {
    this.#exchanges.delete(exchange);
    this.#bodies.giveBack(exchange);
    for (const witness of this.#options.witnesses) witness(served);
    this.#connections.leave(exchange.request.socket);
    if (this.#exchanges.size === 0) this.#onEmpty?.();
  }

  /** Ends what waits for a client that has fallen silent. */
  #sweep(): void {
    const limit = performance.now() - this.#options.patience.silenceMs;
    for (const exchange of this.#exchanges) {
      if (exchange.waitsSince === null || exchange.waitsSince > limit) continue;
      exchange.waitsSince = null;
      exchange.code ??= "client-silent";
      if (exchange.giveUp === null) exchange.response.destroy();
      else exchange.giveUp();
    }
  }

  #revoke(keyId: string, endsStreams: boolean): void {
    for (const exchange of this.#exchanges) {
      if (exchange.key?.id !== keyId) continue;
      exchange.revoke();
      if (!endsStreams || !exchange.reachedUpstream) continue;
      exchange.code = "key-revoked";
      exchange.response.destroy();
    }
  }

  get state(): GatewayState {
    return {
      connections: this.#connections.count,
      connectionsRefused: this.#connections.refused,
      exchanges: this.#exchanges.size,
      serving: this.#options.limiter.state.serving,
      waiting: this.#options.limiter.state.waiting,
      bodyBytes: this.#bodies.heldBytes,
    };
  }

  async reloadCertificate(): Promise<void> {
    await this.#watch?.look();
  }

  async drain(graceMs: number): Promise<void> {
    if (!this.#isDraining) {
      this.#isDraining = true;
      void this.#options.limiter.drain();
      this.#connections.destroyIdle();
      for (const { response } of this.#exchanges) response.shouldKeepAlive = false;
    }
    if (this.#exchanges.size > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, graceMs);
        this.#onEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    await this.close();
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#isDraining = true;
    clearInterval(this.#sweeper);
    this.#watch?.close();
    const server = this.#server;
    const stopped = new Promise<void>((resolve) => {
      if (server === null || !server.listening) resolve();
      else server.close(() => resolve());
    });
    this.#connections.destroyAll();
    await stopped;
    await this.#upstream.destroy();
    await this.#options.limiter.close();
    await this.#options.verifier.close();
  }
}
