import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { once } from "node:events";

/** One request as it reached the upstream. */
export interface Reached {
  readonly method: string;
  readonly target: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  /** Resolves with the bytes of the body when all of it has come; rejects where it was cut. */
  readonly body: Promise<Buffer>;
  /** Resolves when the connection ended before the answer was whole. */
  readonly cut: Promise<void>;
}

/** Answers one request; what it does not answer stays open. */
export type Behave = (response: ServerResponse, request: IncomingMessage, reached: Reached) => void;

/** A model server that keeps what reached it, byte for byte, and answers as a test wishes. */
export interface RecordingUpstream {
  readonly port: number;
  readonly url: string;
  readonly reached: readonly Reached[];
  /** How the next requests are answered. */
  behave: Behave;
  /** False: bodies are not kept, for tests of memory. */
  keepsBodies: boolean;
  /** Resolves with the request of that number, counted from 0, when it has come. */
  reach(number: number): Promise<Reached>;
}

/** Starts one on a loopback port, or on a Unix socket, until the test (or whatever else calls back) ends. */
export async function startUpstream(
  test: { after(end: () => void): void },
  behave: Behave = answerOk,
  socketPath?: string,
): Promise<RecordingUpstream> {
  const reached: Reached[] = [];
  const server = createServer({ requestTimeout: 0 }, (request, response) => {
    const one = record(request, response, upstream.keepsBodies);
    reached.push(one);
    upstream.behave(response, request, one);
  });
  server.listen(socketPath === undefined ? { port: 0, host: "127.0.0.1" } : { path: socketPath });
  await once(server, "listening");
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  const port = isAddress(address) ? address.port : 0;
  const upstream: RecordingUpstream = {
    port,
    url: socketPath === undefined ? `http://127.0.0.1:${port}` : `unix:${socketPath}`,
    reached,
    behave,
    keepsBodies: true,
    reach: async (number) => {
      for (;;) {
        const one = reached[number];
        if (one !== undefined) return one;
        await once(server, "request");
      }
    },
  };
  return upstream;
}

/** Answers with `{"ok":true}` as soon as the whole request has come. */
export const answerOk: Behave = (response, request) => {
  request.resume().once("end", () => {
    response.writeHead(200, { "content-type": "application/json" }).end('{"ok":true}');
  });
};

/** Answers with the lines of a stream, one chunk each, as soon as the whole request has come. */
export function answerLines(lines: readonly string[], mediaType = "application/x-ndjson"): Behave {
  return (response, request) => {
    request.resume().once("end", () => {
      response.writeHead(200, { "content-type": mediaType });
      for (const line of lines) response.write(line);
      response.end();
    });
  };
}

function record(request: IncomingMessage, response: ServerResponse, keepsBody: boolean): Reached {
  const chunks: Buffer[] = [];
  const body = new Promise<Buffer>((resolve, reject) => {
    if (keepsBody) request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.once("end", () => resolve(Buffer.concat(chunks)));
    request.once("error", reject);
  });
  // A test that does not ask for the body does not care that it was cut.
  body.catch(() => {});
  const cut = new Promise<void>((resolve) => {
    response.once("close", () => {
      if (!response.writableFinished) resolve();
    });
  });
  return { method: request.method ?? "", target: request.url ?? "", rawHeaders: request.rawHeaders, body, cut };
}

function isAddress(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === "object" && address !== null;
}
