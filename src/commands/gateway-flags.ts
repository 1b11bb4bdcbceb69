import type { ListenPlace } from "../gateway/serve/gateway-options.ts";
import type { TlsChoice } from "../gateway/serve/run-gateway.ts";
import type { UpstreamPlace } from "../gateway/serve/upstream-place.ts";
import { CommandError } from "./errors.ts";

export interface GatewayFlags {
  readonly listen?: ListenPlace;
  readonly upstream?: UpstreamPlace;
  readonly data?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsSelfSigned?: boolean;
  readonly clientCa?: string;
  readonly origin?: readonly string[];
  readonly parallel?: number;
  readonly maxWaiting?: number;
  readonly redis?: string;
  readonly metrics?: ListenPlace;
  readonly log?: string;
  readonly drain?: number;
  readonly evenSo?: boolean;
  readonly lang?: string;
}

export const DEFAULT_LISTEN: ListenPlace = { host: "127.0.0.1", port: 11_435 };
/** Longer than the ten minutes that proxies in front are set to wait for a model: a stream of that length ends whole. */
export const DEFAULT_DRAIN_MS: number = 15 * 60_000;

/** Where the pair for TLS comes from. Throws a `CommandError` where two flags ask for different ones, or half is missing. */
export function toTlsChoice({ tlsCert, tlsKey, tlsSelfSigned }: GatewayFlags): TlsChoice {
  if (tlsSelfSigned === true) {
    if (tlsCert !== undefined) contradict("--tls-self-signed", "--tls-cert");
    if (tlsKey !== undefined) contradict("--tls-self-signed", "--tls-key");
    return { kind: "self-signed" };
  }
  if (tlsCert !== undefined && tlsKey !== undefined) return { kind: "files", certFile: tlsCert, keyFile: tlsKey };
  if (tlsCert === undefined && tlsKey === undefined) return { kind: "none" };
  throw new CommandError({
    code: "flag-missing",
    data:
      tlsCert === undefined ? { flag: "--tls-key", needs: "--tls-cert" } : { flag: "--tls-cert", needs: "--tls-key" },
  });
}

/**
 * Where Redis is: a password on a command line is in the list of processes, so that a URL with one comes from the
 * environment. Throws a `CommandError` where it does not.
 */
export function toRedisUrl({ redis }: GatewayFlags, env: Readonly<Record<string, string | undefined>>): string | null {
  if (redis !== undefined && /:\/\/[^/]*@/.test(redis)) throw new CommandError({ code: "redis-password", data: null });
  const url = redis ?? env["PORTLOCK_REDIS_URL"] ?? "";
  return url === "" ? null : url;
}

function contradict(one: string, other: string): never {
  throw new CommandError({ code: "flags-contradict", data: { flags: [one, other] } });
}
