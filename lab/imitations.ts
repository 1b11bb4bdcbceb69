/**
 * What listens on a host that a stranger probes: `node imitations.ts TABLE-FILE LOG-FILE`. Each row of the table is
 * one port. Writes every HTTP request it gets as one line of the log.
 */
import { appendFileSync, readFileSync } from "node:fs";
import * as http from "node:http";
import * as https from "node:https";
import * as net from "node:net";

/** What is answered by path: status (200), headers and body; other paths are not found. */
export type Paths = Readonly<
  Record<
    string,
    { readonly status?: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  >
>;

/**
 * What a port does: answers over HTTP or HTTPS; asks for a password and hands on to another port of this host
 * whoever has one; hands on every byte after a while; says a line and hangs up; takes the connection in silence.
 */
export type Imitation =
  | { readonly does: "answer"; readonly paths: Paths }
  | { readonly does: "answer-tls"; readonly paths: Paths; readonly key: string; readonly certificate: string }
  | { readonly does: "guard"; readonly to: number }
  | { readonly does: "relay"; readonly to: number; readonly delayMs: number }
  | { readonly does: "greet"; readonly line: string }
  | { readonly does: "stay-silent" };

/** By port. */
export type Imitations = Readonly<Record<number, Imitation>>;

if (import.meta.main) {
  const [tableFile = "", logFile = ""] = process.argv.slice(2);
  const table: Imitations = JSON.parse(readFileSync(tableFile, "utf8"));
  for (const [port, imitation] of Object.entries(table)) listen(Number(port), imitation, logFile);
}

function listen(port: number, imitation: Imitation, logFile: string): void {
  const log = (request: http.IncomingMessage): void =>
    appendFileSync(logFile, `${port} ${request.method} ${request.url} ${request.headers.host}\n`);
  toServer(imitation, log).listen(port, "::");
}

function toServer(imitation: Imitation, log: (request: http.IncomingMessage) => void): net.Server {
  switch (imitation.does) {
    case "answer":
      return http.createServer((request, response) => {
        log(request);
        answer(imitation.paths, request, response);
      });
    case "answer-tls":
      return https.createServer({ key: imitation.key, cert: imitation.certificate }, (request, response) => {
        log(request);
        answer(imitation.paths, request, response);
      });
    case "guard":
      return http.createServer((request, response) => {
        log(request);
        if (request.headers.authorization !== undefined) handOn(request, response, imitation.to);
        else response.writeHead(401, { "www-authenticate": 'Basic realm="models"' }).end("Unauthorized\n");
      });
    case "relay":
      return net.createServer((socket) => relay(socket, net.connect(imitation.to, "127.0.0.1"), imitation.delayMs));
    case "greet":
      return net.createServer((socket) => socket.on("error", () => {}).end(imitation.line));
    case "stay-silent":
      return net.createServer((socket) => socket.on("error", () => {}));
  }
}

function answer(paths: Paths, request: http.IncomingMessage, response: http.ServerResponse): void {
  const { status = 200, headers = {}, body = "" } = paths[request.url ?? ""] ?? { status: 404, body: "not found" };
  response.writeHead(status, headers).end(body);
}

function handOn(request: http.IncomingMessage, response: http.ServerResponse, port: number): void {
  const { method = "GET", url: path = "/", headers } = request;
  const onward = http.request({ port, host: "127.0.0.1", method, path, headers }, (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    answered.pipe(response);
  });
  onward.on("error", () => response.destroy());
  request.pipe(onward);
}

function relay(one: net.Socket, other: net.Socket, delayMs: number): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on("error", () => to.destroy());
    from.on("data", (chunk) => setTimeout(() => to.write(chunk), delayMs));
    from.on("end", () => setTimeout(() => to.end(), delayMs));
  }
}
