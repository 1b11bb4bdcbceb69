/**
 * The process that stands at a vantage: it is started inside that network namespace, reads probes from
 * standard input, one JSON document a line, tries each at once, and answers each with a line, in order: whoever
 * asks for many waits once for all that stay silent. It ends with its input, so it never outlives the test run.
 *
 * usage: prober.ts [UID]   tries as that user instead of root
 */
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import type { Answer, Connection, NotReached, Probe } from "./probe.ts";

const BODY_LIMIT_BYTES = 64 * 1024;
/** A kernel takes a connection at once or not at all; the server behind it waits for its turn on a busy machine. */
const ANSWER_MS = 5_000;
/** The connection that stays open. */
let kept: Socket | null = null;

const uid = process.argv[2];
if (uid !== undefined) becomeUser(Number(uid));
process.stdout.write("ready\n");
let told = Promise.resolve();
for await (const line of createInterface({ input: process.stdin })) {
  const probe: Probe = JSON.parse(line);
  const trial = tryProbe(probe);
  told = told.then(async () => {
    process.stdout.write(`${JSON.stringify(await trial)}\n`);
  });
}

function tryProbe(probe: Probe): Promise<Connection | Answer> {
  if (probe.kind === "connect") return tryConnection(probe);
  return probe.kind === "get" ? tryGet(probe) : askKept(probe.timeoutMs);
}

function becomeUser(id: number): void {
  process.setgroups?.([]);
  process.setgid?.(id);
  process.setuid?.(id);
}

function tryConnection(probe: Probe & { readonly kind: "connect" }): Promise<Connection> {
  const { promise, resolve } = Promise.withResolvers<Connection>();
  const socket = connect({ host: probe.address, port: probe.port });
  const stop = endAfter(probe.timeoutMs, end);
  function end(connection: Connection): void {
    stop();
    if (probe.keep && connection.kind === "connected") kept = socket;
    else socket.destroy();
    resolve(connection);
  }
  socket.on("connect", () => end({ kind: "connected", from: socket.localAddress ?? "" }));
  socket.on("error", (error) => end(toNotReached(error)));
  return promise;
}

function askKept(timeoutMs: number): Promise<Connection> {
  const { promise, resolve } = Promise.withResolvers<Connection>();
  const socket = kept;
  if (socket === null || socket.destroyed) return Promise.resolve({ kind: "closed", detail: "not kept" });
  const stop = endAfter(timeoutMs, end);
  function end(connection: Connection): void {
    stop();
    resolve(connection);
  }
  socket.once("data", () => end({ kind: "connected", from: socket.localAddress ?? "" }));
  socket.once("close", () => end({ kind: "closed", detail: "" }));
  socket.write("GET / HTTP/1.1\r\nHost: kept.example\r\n\r\n");
  return promise;
}

function tryGet(probe: Probe & { readonly kind: "get" }): Promise<Answer> {
  const { promise, resolve } = Promise.withResolvers<Answer>();
  const { address: host, port, path, headers } = probe;
  const call = request({ host, port, path, headers, method: "GET", agent: false });
  let stop = endAfter(probe.timeoutMs, end);
  function end(answer: Answer): void {
    stop();
    call.destroy();
    resolve(answer);
  }
  call.on("error", (error) => end(toNotReached(error)));
  call.on("socket", (socket) => {
    socket.on("connect", () => {
      stop();
      stop = endAfter(Math.max(probe.timeoutMs, ANSWER_MS), end);
    });
  });
  call.on("response", (response) => {
    const status = response.statusCode ?? 0;
    const received = Object.entries(response.headers).map(([name, value]) => [name, String(value)] as const);
    let body = "";
    response.setEncoding("utf8");
    response.on("data", (text: string) => {
      body = (body + text).slice(0, BODY_LIMIT_BYTES);
    });
    response.on("error", (error) => end(toNotReached(error)));
    response.on("end", () => end({ kind: "answered", status, headers: Object.fromEntries(received), body }));
  });
  call.end();
  return promise;
}

/**
 * Calls `end` unless the function it returns was called before. Where this process itself had to wait for a
 * processor, the timer is due together with what came in meanwhile: that is heard first.
 */
function endAfter(timeoutMs: number, end: (timeout: NotReached) => void): () => void {
  let isStopped = false;
  const timer = setTimeout(() => {
    setImmediate(() => {
      if (!isStopped) end({ kind: "timeout", detail: `${timeoutMs} ms` });
    });
  }, timeoutMs);
  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}

function toNotReached(error: Error): NotReached {
  const code = "code" in error ? String(error.code) : error.message;
  if (code === "ECONNREFUSED") return { kind: "refused", detail: code };
  if (code === "ETIMEDOUT") return { kind: "timeout", detail: code };
  if (/^E(HOSTUNREACH|NETUNREACH|ADDRNOTAVAIL|INVAL|ACCES|PERM)$/.test(code))
    return { kind: "unreachable", detail: code };
  return { kind: "closed", detail: code };
}
