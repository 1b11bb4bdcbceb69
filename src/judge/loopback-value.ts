import { isLoopback, isWildcard, toFamily } from "./addresses.ts";
import { toAuthority } from "./authentication.ts";
import { isPlainValue } from "./plain-names.ts";
import type { Server } from "./server.ts";

/** An address and port of a host's own loopback. */
export interface LoopbackPlace {
  readonly address: "127.0.0.1" | "::1";
  readonly port: number;
}

const DEFAULT_PORT = 11434;
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[?::1\]?)(:\d{1,5})?$/i;

/**
 * Where a server has to listen so that its own host reaches it as before and nobody else does: the same port, and
 * IPv6 only where it took nothing else.
 */
export function toLoopbackPlace(server: Pick<Server, "listeners"> | null): LoopbackPlace {
  const listeners = server?.listeners ?? [];
  const isV6 = listeners.length > 0 && listeners.every((listener) => takesOnlyV6(listener));
  return { address: isV6 ? "::1" : "127.0.0.1", port: listeners[0]?.port ?? DEFAULT_PORT };
}

/** The same as a value of OLLAMA_HOST. */
export function toLoopbackValue(server: Pick<Server, "listeners"> | null): string {
  const { address, port } = toLoopbackPlace(server);
  return toAuthority(address, port);
}

/** False for a value that would open the server to others: nothing of ours applies one. */
export function isSafeToApply(name: string, value: string): boolean {
  if (!isPlainValue(value)) return false;
  if (name === "OLLAMA_HOST") return value !== "" && LOOPBACK.test(value);
  return name !== "OLLAMA_ORIGINS" || !value.includes("*");
}

/** True where no listener takes anything but what comes from its own host. */
export function isOnLoopback({ listeners }: Pick<Server, "listeners">): boolean {
  return listeners.length > 0 && listeners.every(({ address }) => isLoopback(address));
}

function takesOnlyV6({ address, dualStack }: Server["listeners"][number]): boolean {
  return toFamily(address) === 6 && (!isWildcard(address) || dualStack === false);
}
