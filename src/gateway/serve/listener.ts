import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createSecureServer, type Server as SecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Certificate } from "./certificate.ts";
import type { ListenPlace, Patience } from "./gateway-options.ts";
import { StartRefused } from "./start-refused.ts";

const MOST_HEADER_BYTES = 16 * 1024;
const HANDSHAKE_MS = 10_000;
/** Connections beyond the most that are served, while one of those makes room. */
const HANDSHAKES = 1000;
const KEEP_ALIVE_PROBE_MS = 30_000;

/** A request whose head has come; `expectsContinue`: its body comes only when it is asked for. */
export type Hear = (request: IncomingMessage, response: ServerResponse, expectsContinue: boolean) => void;

interface ListenerLimits {
  readonly patience: Patience;
  readonly mostConnections: number;
}

/** A server of node:http as strict as it gets. Bodies may take as long as they keep coming: their silence is timed elsewhere. */
export function createListener(
  certificate: Certificate | null,
  limits: ListenerLimits,
  hear: Hear,
): Server | SecureServer {
  const { patience, mostConnections } = limits;
  const options: ServerOptions = {
    insecureHTTPParser: false,
    maxHeaderSize: MOST_HEADER_BYTES,
    headersTimeout: patience.headMs,
    requestTimeout: 0,
    keepAliveTimeout: patience.keepAliveMs,
    connectionsCheckingInterval: 1000,
    // A client that is gone without a word is found out.
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    noDelay: true,
  };
  const server =
    certificate === null
      ? createServer(options)
      : createSecureServer({ ...options, ...toSecureOptions(certificate), handshakeTimeout: HANDSHAKE_MS });
  server.maxHeadersCount = 0;
  // Also of those that have not shaken hands yet.
  server.maxConnections = mostConnections + HANDSHAKES;
  server.on("request", (request, response) => hear(request, response, false));
  server.on("checkContinue", (request, response) => hear(request, response, true));
  server.on("checkExpectation", (request, response) => hear(request, response, false));
  server.on("connect", (_request, socket) => {
    socket.on("error", () => {});
    socket.end("HTTP/1.1 405 Method Not Allowed\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
  });
  return server;
}

/** Takes a new pair for every connection from now on; those that stand are not cut. */
export function takeCertificate(server: Server | SecureServer, certificate: Certificate): void {
  if ("setSecureContext" in server) server.setSecureContext(toSecureOptions(certificate));
}

function toSecureOptions({ cert, key, clientCa }: Certificate) {
  const clients = clientCa === null ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  return { cert, key, minVersion: "TLSv1.2", ALPNProtocols: ["http/1.1"], ...clients } as const;
}

/** Begins to listen. Throws a `StartRefused` where it cannot. Gives the port. */
export async function listenAt(server: Server | SecureServer, { host, port }: ListenPlace): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const listen = `${host.includes(":") ? `[${host}]` : host}:${port}`;
      if (error.code === "EADDRINUSE") reject(new StartRefused({ code: "address-in-use", data: { listen } }));
      else reject(new StartRefused({ code: "listen-denied", data: { listen, detail: error.code ?? error.message } }));
    };
    server.once("error", fail);
    server.listen({ host, port, backlog: 4096, exclusive: true }, () => {
      server.off("error", fail);
      resolve();
    });
  });
  const bound = server.address();
  return isAddress(bound) ? bound.port : port;
}

function isAddress(bound: string | AddressInfo | null): bound is AddressInfo {
  return typeof bound === "object" && bound !== null;
}
