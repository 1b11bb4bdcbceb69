import { toLoopbackValue } from "../judge/loopback-value.ts";
import type { Server } from "../judge/server.ts";
import { parseListenAddress } from "../servers/ollama/listen-address.ts";

/**
 * Whether a client with this value of OLLAMA_HOST finds the server: where it listens, or will once it is closed.
 */
export function agreesWith(server: Server, value: string, closes: boolean): boolean {
  const now = server.settings.find(({ name }) => name === "OLLAMA_HOST")?.listensOn ?? null;
  const address = parseListenAddress(value, server.version);
  const on = address.kind === "listens" ? address.on : address.kind === "resolves" ? address.usually : null;
  return on !== null && on === (closes || now === null ? toLoopbackValue(server) : now);
}
