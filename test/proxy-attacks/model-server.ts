import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type GoRequest, readGoHead, readGoRequest } from "./go-request.ts";

/** What came to the model server: a request, or the head of what it would refuse. */
export interface Arrival {
  readonly head: string;
  readonly request: GoRequest | null;
}

/** A model server that reads as Go does, keeps what reached it, and answers each request with what it was asked. */
export interface ModelServer {
  /** In the order in which they came, those that never came whole when their connection ended. */
  readonly arrivals: Arrival[];
  end(): void;
}

/** Starts one on a Unix socket: what else looks at the ports of this machine must not be taken for an attack. */
export async function startModelServer(path: string): Promise<ModelServer> {
  const arrivals: Arrival[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    serve(socket, arrivals);
  });
  server.listen(path);
  await once(server, "listening");
  return {
    arrivals,
    end: () => {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serve(socket: Socket, arrivals: Arrival[]): void {
  let bytes = "";
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    bytes += text;
    for (;;) {
      const reading = readGoRequest(bytes);
      if (reading.kind === "more") return;
      if (reading.kind === "refused") {
        arrivals.push({ head: reading.head, request: null });
        socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      bytes = reading.rest;
      arrivals.push({ head: reading.request.head, request: reading.request });
      socket.write(toAnswer(reading.request));
      if (reading.request.isLast) {
        bytes = "";
        socket.end().removeAllListeners("data").resume();
        return;
      }
    }
  });
  // What never came whole has reached it all the same: Go hands a request on when its head has come.
  socket.on("close", () => {
    if (bytes !== "") arrivals.push(toCutOff(bytes));
  });
}

function toCutOff(bytes: string): Arrival {
  const reading = readGoHead(bytes);
  return reading.kind === "head" ? { head: reading.head.head, request: { ...reading.head, body: "" } } : { head: bytes, request: null };
}

function toAnswer({ method, target, headers }: GoRequest): string {
  const agent = headers.find(([name]) => name === "user-agent")?.[1] ?? "";
  const body = JSON.stringify({ asked: `${method} ${target}`, agent });
  const head = ["HTTP/1.1 200 OK", "Content-Type: application/json", `Content-Length: ${body.length}`, "", ""];
  return `${head.join("\r\n")}${method === "HEAD" ? "" : body}`;
}
