/**
 * The process that listens in the host or in the container: whoever connects is told by whom and at which
 * address and port the packet arrived after every rewriting, `host 10.77.0.10 8080`, and is let go.
 *
 * usage: listener.ts NAME PORT… [-- LOOPBACK_PORT…]
 */
import { createServer, type Socket } from "node:net";

const [name = "", ...words] = process.argv.slice(2);
const separator = words.indexOf("--");
const ports = separator < 0 ? words : words.slice(0, separator);
const loopbackPorts = separator < 0 ? [] : words.slice(separator + 1);

function greet(socket: Socket): void {
  socket.on("error", () => {}); // the other side lets go first
  const address = (socket.localAddress ?? "").replace(/^::ffff:/, "");
  socket.end(`${name} ${address} ${socket.localPort}\n`);
}

async function listen(address: string, port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  createServer(greet).unref().on("error", reject).listen({ host: address, port, backlog: 4096 }, resolve);
  await promise;
}

for (const port of ports) await listen("::", Number(port));
for (const port of loopbackPorts) {
  await listen("127.0.0.1", Number(port));
  await listen("::1", Number(port));
}
process.stdout.write("ready\n");
process.stdin.resume(); // nothing else keeps it alive, so it never outlives who started it
