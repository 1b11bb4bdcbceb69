/**
 * Makes the host it runs in busy: PROCESSES sleeping processes and SOCKETS listening sockets, spread over four
 * processes. Prints `ready` and stays until it is ended.
 *
 *   node bench/busy-host.ts PROCESSES SOCKETS
 */
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:net";

const FIRST_PORT = 20_000;
const HOLDERS = 4;

function listen(port: number): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer((socket) => socket.destroy()).once("error", reject);
  server.listen(port, "127.0.0.1", () => resolve(server));
  return promise;
}

/** A child that holds its share of the sockets and says so. */
function startHolder(first: number, count: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const child = spawn(process.execPath, [import.meta.filename, "hold", String(first), String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.once("data", () => resolve());
  return promise;
}

const [first = "0", second = "0", third = "0"] = process.argv.slice(2);
if (first === "hold") {
  for (let port = Number(second); port < Number(second) + Number(third); port += 1) await listen(port);
  console.log("holding");
} else {
  for (let count = 0; count < Number(first); count += 1) spawn("sleep", ["600"], { stdio: "ignore" });
  const share = Math.floor(Number(second) / HOLDERS);
  for (let holder = 0; holder < HOLDERS; holder += 1) await startHolder(FIRST_PORT + holder * share, share);
  console.log("ready");
}
