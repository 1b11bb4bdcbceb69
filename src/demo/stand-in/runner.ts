import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import { isSea } from "node:sea";

/**
 * The child in which Ollama runs a loaded model, as everybody else on the host sees it: `ollama runner`, with a socket
 * of loopback on a port by chance. Nothing asks this one anything.
 */

/** Starts one beside a server. The returned function ends it. */
export async function startRunner(model: string): Promise<() => void> {
  const port = await findFreePort();
  const script = isSea() ? [] : process.argv.slice(1, 2);
  const runner = [...script, "runner", "--model", model, "--port", String(port)];
  const child = spawn(process.execPath, runner, { stdio: "ignore" });
  return () => void child.kill("SIGKILL");
}

/** Answers as the runner does to who is not its server, until it is asked to stop. */
export async function serveAsRunner(port: number, stopped: Promise<void>): Promise<void> {
  const server = createHttpServer((_request, response) => {
    response.writeHead(404, { "Content-Type": "text/plain; charset=utf-8", "X-Content-Type-Options": "nosniff" });
    response.end("404 page not found\n");
  });
  server.listen(port, "127.0.0.1");
  await stopped;
  server.close();
  server.closeAllConnections();
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") {
    throw new Error("the socket has no port");
  }
  return address.port;
}
