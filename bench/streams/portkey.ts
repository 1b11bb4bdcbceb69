import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { findPort, startServer, type Server } from "./processes.ts";

/** Asks for no key, and goes where a header says. */
export function toPortkeyHeaders(upstream: number): readonly string[] {
  return ["x-portkey-provider: ollama", `x-portkey-custom-host: http://127.0.0.1:${upstream}`];
}

/** A script of wrk that asks for a chat that is not streamed. */
export function writeChat(folder: string): string {
  const file = join(folder, "chat.lua");
  const body = JSON.stringify({ model: "bench", messages: [{ role: "user", content: "hello" }], stream: false });
  writeFileSync(
    file,
    `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = [[${body}]]\n`,
  );
  return file;
}

/** Installs `@portkey-ai/gateway` into the folder, without running anything of it, and starts it. */
export async function startPortkey(folder: string): Promise<Server> {
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder, "@portkey-ai/gateway"];
  const { status, stderr } = spawnSync("npm", install, { encoding: "utf8" });
  if (status !== 0) throw new Error(`@portkey-ai/gateway cannot be installed: ${stderr}`);
  const port = await findPort();
  const main = join(folder, "node_modules/@portkey-ai/gateway/build/start-server.js");
  return startServer("Portkey", port, [process.execPath, main, "--headless", `--port=${port}`]);
}
