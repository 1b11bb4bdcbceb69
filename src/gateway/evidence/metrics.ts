import { createServer, type Server } from "node:http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { listenAt } from "../serve/listener.ts";
import type { ListenPlace } from "../serve/gateway-options.ts";
import type { GatewayState } from "../serve/gateway.ts";
import type { Served } from "./served.ts";

/** Different values of a label that comes from callers or grows with use; what comes beyond is `other`. */
const MOST_KEYS = 200;
const MOST_MODELS = 50;

/** Numbers for Prometheus, on a listener of their own. */
export interface Metrics {
  readonly port: number;
  see(served: Served): void;
  close(): Promise<void>;
}

/** What is asked for at the moment of a scrape. */
export interface Asked {
  state(): GatewayState;
  lostLines(): number;
}

/** Begins to answer `GET /metrics`. Throws a `StartRefused` where it cannot listen. */
export async function openMetrics(place: ListenPlace, asked: Asked): Promise<Metrics> {
  const registry = new Registry();
  const see = toCounters(registry);
  addGauges(registry, asked);
  const server = createServer(
    { headersTimeout: 5000, requestTimeout: 5000, maxHeaderSize: 8192 },
    (request, response) => {
      if (request.method !== "GET" || request.url !== "/metrics") {
        response.writeHead(404, { connection: "close" }).end();
        return;
      }
      registry.metrics().then(
        (text) => response.writeHead(200, { "content-type": registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    },
  );
  server.maxConnections = 32;
  const port = await listenAt(server, place);
  return { port, see, close: () => closeServer(server) };
}

function toCounters(registry: Registry): (served: Served) => void {
  const registers = [registry];
  const requests = new Counter({
    name: "portlock_requests_total",
    help: "Requests that have ended",
    labelNames: ["key", "route", "status", "ending"] as const,
    registers,
  });
  const tokens = new Counter({
    name: "portlock_tokens_total",
    help: "Tokens that answers told",
    labelNames: ["key", "model", "kind"] as const,
    registers,
  });
  const total = new Histogram({
    name: "portlock_request_seconds",
    help: "From the head of a request to the end of its answer",
    labelNames: ["route"] as const,
    buckets: [0.005, 0.025, 0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers,
  });
  const waited = new Histogram({
    name: "portlock_queue_seconds",
    help: "Wait for a turn of the model server",
    buckets: [0.01, 0.1, 0.5, 1, 5, 15, 60, 300],
    registers,
  });
  const keys = new Bounded(MOST_KEYS);
  const models = new Bounded(MOST_MODELS);
  return (served) => {
    const key = served.keyId === null ? "none" : keys.of(served.keyId);
    const route = served.route ?? "none";
    requests.inc({ key, route, status: String(served.status), ending: served.ending });
    total.observe({ route }, served.totalMs / 1000);
    if (served.occupiesModel) waited.observe(served.waitedMs / 1000);
    if (served.tokens === null) return;
    // Only a model that has answered is known to be one.
    const model = served.model !== null && served.status === 200 ? models.of(served.model) : "none";
    tokens.inc({ key, model, kind: "prompt" }, served.tokens.prompt);
    tokens.inc({ key, model, kind: "answer" }, served.tokens.answer);
  };
}

function addGauges(registry: Registry, asked: Asked): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    const collect = function (this: Gauge): void {
      this.set(read());
    };
    registry.registerMetric(new Gauge({ name, help, registers: [], collect }));
  };
  gauge("portlock_connections", "Connections of clients that stand", () => asked.state().connections);
  gauge("portlock_connections_refused", "Connections refused since the start", () => asked.state().connectionsRefused);
  gauge("portlock_serving", "Requests under way", () => asked.state().serving);
  gauge("portlock_waiting", "Requests that wait for a turn", () => asked.state().waiting);
  gauge("portlock_body_bytes", "Bodies held in memory", () => asked.state().bodyBytes);
  gauge("portlock_log_lines_lost", "Lines of the access log that could not be written", () => asked.lostLines());
}

/** The first values that come keep their names. */
class Bounded {
  readonly #most: number;
  readonly #known = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#most) return "other";
    this.#known.add(value);
    return value;
  }
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.closeAllConnections();
    server.close(() => resolve());
  });
}
