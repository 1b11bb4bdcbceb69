import type { RequestOutcome } from "../../host/host.ts";

/** What a proxy answered to a stranger without a credential, asked from the host itself for one site and location. */
export interface ProxyAnswer {
  /** Which proxy of the facts, which site of its configuration and which location of that: their places in the lists. */
  readonly proxy: number;
  readonly site: number;
  readonly location: number;
  /** Where it was asked. */
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** Name sent as Host header and, over TLS, in the handshake; null: the address. */
  readonly name: string | null;
  /** The question of the catalogue, and the path by which it was put through the proxy. */
  readonly question: string;
  readonly path: string;
  /** Bodies are kept only where they are a model server's. */
  readonly outcome: RequestOutcome;
}
