import type { ProxyAuth, ProxyKind, SocketAddress } from "../../proxy/site.ts";
import type { RouteScope } from "../../servers/ollama/scopes.ts";

/** What somebody wants of a proxy in front of a model server. The same facts and choices give the same plan. */
export interface ProxyChoices {
  readonly proxy: ProxyKind;
  /** Id of the server, as a report has it; null: the only one. */
  readonly server: string | null;
  readonly listen: SocketAddress;
  readonly name: string | null;
  readonly auth: ProxyAuth;
  /** Where the gateway listens on loopback, for `portlock`. */
  readonly gatewayPort: number;
  /** Who is let in, by a credential of his own that is made when it is applied. */
  readonly users: readonly string[];
  readonly scopes: readonly RouteScope[];
  readonly tls:
    | { readonly kind: "none" | "automatic" | "self-signed" }
    | { readonly kind: "files"; readonly certificate: string; readonly key: string };
  readonly origins: readonly string[];
  readonly requestsPerMinute: number | null;
  /** A file that holds a site already, and is to hold this one instead; null: a file of Portlock's own. */
  readonly site: string | null;
}
