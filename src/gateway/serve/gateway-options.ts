import type { Witness } from "../evidence/served.ts";
import type { Verifier } from "../keys/caller.ts";
import type { Limiter } from "../limits/limiter.ts";
import type { ConnectionCaps } from "./connections.ts";
import type { CertificateSource } from "./certificate.ts";
import type { UpstreamPlace } from "./upstream-place.ts";

/** An address and a port to listen on; port 0: any that is free. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
}

/** How long is waited for a client, and how much of it is held. */
export interface Patience {
  /** For the head of a request, from its first byte or the beginning of the connection. */
  readonly headMs: number;
  /** For the next piece of a body, and for room for the next piece of an answer. */
  readonly silenceMs: number;
  /** For the next request on a connection. */
  readonly keepAliveMs: number;
  /** All bodies together that are read before they go on. */
  readonly bodyBytes: number;
}

/** Longer than proxies in front keep an idle connection (nginx: 60 s), so that none asks on one that is just closed. */
export const DEFAULT_PATIENCE: Patience = {
  headMs: 15_000,
  silenceMs: 60_000,
  keepAliveMs: 75_000,
  bodyBytes: 512 * 1024 * 1024,
};

/** A stream takes two of the files that a process may have open. */
export const DEFAULT_CAPS: ConnectionCaps = { total: 10_000, perAddress: 1000 };

/** All that a gateway is made of. It owns the verifier and the limiter, and closes them. */
export interface GatewayOptions {
  readonly listen: ListenPlace;
  readonly upstream: UpstreamPlace;
  readonly verifier: Verifier;
  readonly limiter: Limiter;
  /** Null: plain HTTP. */
  readonly certificate: CertificateSource | null;
  /** Origins whose pages may use the gateway. */
  readonly origins: readonly string[];
  readonly witnesses: readonly Witness[];
  readonly patience: Patience;
  readonly caps: ConnectionCaps;
  /** Nothing is served until it resolves; null: at once. */
  readonly opening: Promise<unknown> | null;
  /** Hears what the gateway could not do, without anything a caller sent. */
  readonly onTrouble: (error: unknown) => void;
}
