/**
 * What Node.js itself takes for a request, for comparison: no key, no policy, no log, no safety. In a process of its own.
 *
 *   node bench/streams/bare.ts answer|bytes|undici PORT UPSTREAM-PORT
 */
import { createServer } from "node:http";
import { connect, createServer as createSocketServer } from "node:net";
import { Pool, type Dispatcher } from "undici";
import { VERSION } from "./answers.ts";

const [kind, port = "", upstream = ""] = process.argv.slice(2);
const listen = { host: "127.0.0.1", port: Number(port), backlog: 8192 };

/** The same answer to everybody. */
function answerAlone(): void {
  const head = ["content-type", "application/json", "content-length", String(VERSION.length)];
  createServer((_, response) => response.writeHead(200, head).end(VERSION)).listen(listen);
}

/** Bytes from socket to socket, unread. */
function passBytes(): void {
  createSocketServer({ noDelay: true }, (socket) => {
    const other = connect({ host: "127.0.0.1", port: Number(upstream), noDelay: true });
    socket.on("error", () => other.destroy()).pipe(other);
    other.on("error", () => socket.destroy()).pipe(socket);
  }).listen(listen);
}

/** The least that a proxy of node:http and undici does. */
function passOn(): void {
  const pool = new Pool(`http://127.0.0.1:${upstream}`, { pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  createServer((request, response) => {
    const path = request.url ?? "/";
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => {},
      onResponseStart: (_, status, { "content-type": type = "", "content-length": length = "" }) => {
        response.writeHead(status, ["content-type", type, "content-length", length]);
      },
      onResponseData: (_, chunk) => void response.write(chunk),
      onResponseEnd: () => void response.end(),
      onResponseError: () => void response.destroy(),
    };
    pool.dispatch({ method: "GET", path, headers: ["host", "localhost:11434"] }, handler);
  }).listen(listen);
}

if (kind === "answer") answerAlone();
else if (kind === "bytes") passBytes();
else passOn();
