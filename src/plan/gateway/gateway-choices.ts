import type { SocketAddress } from "../../proxy/site.ts";

/** The gateway as it is wanted as a service of the host. */
export interface GatewayChoices {
  readonly gateway: {
    /** A numeric address or a name that is one of the host's. */
    readonly listen: SocketAddress;
    /** `http://127.0.0.1:11434` or `unix:/path`. */
    readonly upstream: string;
    readonly data: GatewayData;
    readonly tls: GatewayTls;
    readonly clientCa: string | null;
    readonly origins: readonly string[];
    readonly parallel: number | null;
    readonly maxWaiting: number | null;
    readonly redis: string | null;
    /** Where numbers are given, as it is written on a command line. */
    readonly metrics: string | null;
    readonly drainMs: number;
    /** It starts also where it would not be safe. */
    readonly evenSo: boolean;
    readonly program: GatewayProgram;
  };
}

/** What runs: a Node.js and the file that it begins with, both absolute and without links. */
export interface GatewayProgram {
  readonly node: string;
  readonly main: string;
}

export type GatewayData =
  /** A folder of that name in /var/lib. */
  | { readonly kind: "state"; readonly name: string }
  /** Its pepper lies in the folder of that name in /var/lib. */
  | { readonly kind: "postgres"; readonly url: string; readonly name: string };

export type GatewayTls =
  | { readonly kind: "none" | "self-signed" }
  | { readonly kind: "files"; readonly certificate: string; readonly key: string };

/** What the service is called. */
export const GATEWAY_UNIT = "portlock-gateway.service";

/** Where its unit lies. */
export const GATEWAY_UNIT_FILE: string = `/etc/systemd/system/${GATEWAY_UNIT}`;
