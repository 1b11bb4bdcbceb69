/**
 * Servers that mean no good, each a process of its own. Prints `ready` when all listen, and from then on a line for
 * each request that nobody should have sent.
 *
 *   node lab/hostile/servers.ts BEHAVIOUR=PORT …
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { gzipSync } from "node:zlib";

/** Where a redirect leads; whoever asks for it has followed one. */
export const TRAP_PORT = 9_999;
const TRAP_PATH = "/followed";
/** Text that a terminal would act on: title, clear, colour, a right-to-left override, a link, a line of its own. */
export const ESCAPES =
  "\u001b]0;owned\u0007\u001b[2J\u001b[31m\u202eevil\u2066\u009b5m\u200b\r\nLOCAL: all is well\r\n";
const MEBIBYTE = Buffer.alloc(1024 * 1024, "a");

/** What a server does with a connection. `request` is the first line it was sent, once there is one. */
type Behaviour = (socket: Socket) => void;

function onRequest(socket: Socket, answer: (path: string) => void): void {
  socket.once("data", (chunk: Buffer) => answer(/^\S+ (\S+)/.exec(chunk.toString("latin1"))?.[1] ?? ""));
}

function toAnswer(body: string | Buffer, head = "Content-Type: application/json"): Buffer {
  const bytes = typeof body === "string" ? Buffer.from(body) : body;
  return Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${head}\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes]);
}

/** Answers as Ollama does, with this version and these models. */
function poseAsOllama(version: string, models: string): Behaviour {
  return (socket) =>
    onRequest(socket, (path) => {
      const body =
        path === "/"
          ? "Ollama is running"
          : path === "/api/version"
            ? `{"version":${version}}`
            : `{"models":${models}}`;
      socket.end(toAnswer(body));
    });
}

function always(answer: string | Buffer): Behaviour {
  return (socket) => onRequest(socket, () => socket.end(answer));
}

/** Writes the same for as long as somebody reads it. */
function forEver(head: string, chunk: string | Buffer): Behaviour {
  return (socket) =>
    onRequest(socket, () => {
      socket.write(head);
      function pour(): void {
        while (!socket.destroyed && socket.write(chunk)) {}
      }
      socket.on("drain", pour);
      pour();
    });
}

function toModels(count: number, name: (index: number) => string): string {
  const models = Array.from({ length: count }, (_, index) => ({ name: name(index), digest: "0123456789abcdef" }));
  return JSON.stringify(models);
}

const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  "never answers": () => {},
  "drips a byte a second": (socket) =>
    onRequest(socket, () => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n");
      const drip = setInterval(() => socket.write("a"), 1_000);
      socket.on("close", () => clearInterval(drip));
    }),
  "drips its headers": (socket) =>
    onRequest(socket, () => {
      const drip = setInterval(() => socket.write("X"), 1_000);
      socket.on("close", () => clearInterval(drip));
    }),
  "answers for ever": forEver(
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    `10000\r\n${"a".repeat(65_536)}\r\n`,
  ),
  "answers a gigabyte at once": forEver(`HTTP/1.1 200 OK\r\nContent-Length: ${2 ** 30}\r\n\r\n`, MEBIBYTE),
  "sends headers without end": forEver("HTTP/1.1 200 OK\r\n", `X-A: ${"b".repeat(1_000)}\r\n`),
  "sends interim answers without end": forEver("", "HTTP/1.1 100 Continue\r\n\r\n"),
  "hangs up": (socket) => void socket.destroy(),
  "speaks HTTP/0.9": always("<html>no header at all</html>"),
  "speaks noise": always(Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 181) & 0xff))),
  "puts escapes in its status line": always(`HTTP/1.1 200 ${ESCAPES.replaceAll(/[\r\n]/g, "")}\r\n\r\n`),
  "names a header __proto__": always(
    toAnswer('{"__proto__":{"version":"0.5.0"}}', "__proto__: evil\r\nServer: llama.cpp"),
  ),
  "puts escapes in its version and its models": poseAsOllama(
    JSON.stringify(`0.5.0${ESCAPES}`),
    toModels(4, (index) => `leak_model_${index}${ESCAPES}:cloud`),
  ),
  "has ten thousand models": poseAsOllama(
    '"0.20.0"',
    toModels(10_000, (index) => `model-${index}:latest`),
  ),
  "answers broken JSON": poseAsOllama('"0.20.0', '[{"name":'),
  "answers deep JSON": poseAsOllama("[".repeat(100_000), "[".repeat(100_000)),
  "answers deep objects": poseAsOllama('{"a":'.repeat(100_000), '{"models":'.repeat(100_000)),
  "answers other types than it should": poseAsOllama("[null]", '{"name":{"toString":1},"length":3}'),
  "redirects elsewhere": (socket) =>
    onRequest(socket, () => {
      const location = `http://127.0.0.1:${TRAP_PORT}${TRAP_PATH}`;
      socket.end(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`);
    }),
  "packs a bomb": always(
    toAnswer(gzipSync(Buffer.alloc(64 * 1024 * 1024)), "Content-Encoding: gzip\r\nContent-Type: application/json"),
  ),
  "is a trap": (socket) =>
    onRequest(socket, (path) => {
      if (path === TRAP_PATH) console.log("somebody followed a redirect");
      socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    }),
};

/** Before the name of a behaviour: the same behind TLS, with a certificate that nobody signed. */
const TLS_PREFIX = "TLS: ";

function createSecured(behaviour: Behaviour): Server {
  const place = process.env["PORTLOCK_HOSTILE_TLS"] ?? "";
  const pair = { key: readFileSync(`${place}/key.pem`), cert: readFileSync(`${place}/cert.pem`) };
  return createTlsServer(pair, behaviour).on("tlsClientError", () => {});
}

async function listen(name: string, port: number): Promise<void> {
  const behaviour = BEHAVIOURS[name.replace(TLS_PREFIX, "")];
  if (behaviour === undefined) throw new Error(`no such behaviour: ${name}`);
  const patient: Behaviour = (socket) => behaviour(socket.on("error", () => {}));
  const server = name.startsWith(TLS_PREFIX) ? createSecured(patient) : createServer(patient);
  await once(server.listen(port, "0.0.0.0"), "listening");
}

async function startChild(argument: string): Promise<void> {
  const child = spawn(process.execPath, [import.meta.filename, argument], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.stdout.pipe(process.stdout);
}

if (import.meta.main) {
  const [argument = "", ...others] = process.argv.slice(2);
  const equals = argument.lastIndexOf("=");
  if (others.length === 0) await listen(argument.slice(0, equals), Number(argument.slice(equals + 1)));
  else await Promise.all([argument, ...others].map(startChild));
  console.log("ready");
}
