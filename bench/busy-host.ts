/**
 * Makes the host it runs in busy: PROCESSES sleeping processes and SOCKETS listening sockets, spread over four
 * processes. Prints `ready` and stays until it is ended. The sockets take a connection and never say a word, which
 * is the worst an audit can meet; their ports are no model server's, for such a one is waited for on any host.
 *
 *   node bench/busy-host.ts PROCESSES SOCKETS
 */
import { spawn } from "node:child_process";
import { createServer, type Server } from "node:net";

const FIRST_PORT = 40_200;
const HOLDERS = 4;

function listen(port: number): Promise<Server> {
  const { promise, resolve, reject } = Promise.withResolvers<Server>();
  const server = createServer((socket) => void socket.on("error", () => {})).once("error", reject);
  server.listen(port, "127.0.0.1", () => resolve(server));
  return promise;
}

/** A child that holds its share of the sockets and says so; rejects where it ends before. */
function startHolder(first: number, count: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const child = spawn(process.execPath, [import.meta.filename, "hold", String(first), String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child.stdout.once("data", () => resolve());
  child.once("exit", () => reject(new Error("a holder of sockets ended")));
  return promise;
}

const [first = "0", second = "0", third = "0"] = process.argv.slice(2);
if (first === "hold") {
  for (let port = Number(second); port < Number(second) + Number(third); port += 1) await listen(port);
  console.log("holding");
} else {
  for (let count = 0; count < Number(first); count += 1) spawn("sleep", ["infinity"], { stdio: "ignore" });
  const share = Math.ceil(Number(second) / HOLDERS);
  for (let holder = 0; holder < HOLDERS; holder += 1) await startHolder(FIRST_PORT + holder * share, share);
  console.log("ready");
}
