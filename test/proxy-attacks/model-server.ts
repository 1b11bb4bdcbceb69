import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type GoHead, readGoBody, readGoHead } from "./go-request.ts";

/** What came to the model server. */
export interface Arrival {
  /** Everything before the body, as it came. */
  readonly text: string;
  /** As Go takes it; null where it would refuse it. Its body may not have come whole. */
  readonly head: GoHead | null;
}

/** A model server that reads as Go does, keeps what reached it, and answers each request with what it was asked. */
export interface ModelServer {
  /** In the order in which they came. */
  readonly arrivals: Arrival[];
  end(): void;
}

/** An audit of this machine asks every proxy on it too, which must not be taken for an attack. */
const AUDIT = /^user-agent: portlock\/\S+ \(\+read-only audit\)\r?$/im;

/** Starts one on a Unix socket, where nobody else asks it. */
export async function startModelServer(path: string): Promise<ModelServer> {
  const arrivals: Arrival[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    serve(socket, (arrival) => {
      if (!AUDIT.test(arrival.text)) arrivals.push(arrival);
    });
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

/** Go hands a request on when its head has come, so that it counts from there. */
function serve(socket: Socket, note: (arrival: Arrival) => void): void {
  let bytes = "";
  let head: GoHead | null = null;
  const refuse = (): void => {
    bytes = "";
    socket.end("HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    socket.removeAllListeners("data").resume();
  };
  socket.setEncoding("latin1");
  socket.on("data", (text: string) => {
    bytes += text;
    for (;;) {
      if (head === null) {
        const reading = readGoHead(bytes);
        if (reading.kind === "more") return;
        if (reading.kind === "refused") {
          note({ text: reading.text, head: null });
          return refuse();
        }
        head = reading.read;
        bytes = reading.rest;
        note({ text: head.text, head });
      }
      const reading = readGoBody(bytes, head.length);
      if (reading.kind === "more") return;
      if (reading.kind === "refused") return refuse();
      bytes = reading.rest;
      socket.write(toAnswer(head));
      if (head.isLast) {
        bytes = "";
        socket.end();
        socket.removeAllListeners("data").resume();
        return;
      }
      head = null;
    }
  });
  socket.on("close", () => {
    if (head === null && bytes !== "") note({ text: bytes, head: null });
  });
}

function toAnswer({ method, target, headers }: GoHead): string {
  const agent = headers.find(([name]) => name === "user-agent")?.[1] ?? "";
  const body = JSON.stringify({ asked: `${method} ${target}`, agent });
  const head = ["HTTP/1.1 200 OK", "Content-Type: application/json", `Content-Length: ${body.length}`, "", ""];
  return `${head.join("\r\n")}${method === "HEAD" ? "" : body}`;
}
