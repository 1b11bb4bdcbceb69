import { toLoopbackValue } from "../judge/loopback-value.ts";
import type { Server } from "../judge/server.ts";
import { parseListenAddress } from "../servers/ollama/listen-address.ts";

/** Whether a client with this value of OLLAMA_HOST finds the server once it listens on loopback. */
export function agreesWith(server: Server, value: string): boolean {
  const address = parseListenAddress(value, server.version);
  const on = address.kind === "listens" ? address.on : address.kind === "resolves" ? address.usually : null;
  return on === toLoopbackValue(server);
}
