import type { PasswordHash } from "../facts/proxies/proxy.ts";

/** One site of a proxy, as every finding about it names it. */
export interface ProxySiteData {
  /** The program: `nginx`, `caddy`. */
  readonly proxy: string;
  /** Server names of the site; empty: every name. */
  readonly names: readonly string[];
  /** Addresses and ports of this host by which it is called. */
  readonly entries: readonly string[];
}

/** What breaks long answers and large requests. */
export type StreamingFault = "collects-answers" | "http-1.0" | "gives-up-early" | "small-body";

/**
 * Whose name Ollama's Host check refuses: the one that the proxy writes, for everybody; or the site's own, which the proxy
 * passes on where callers can choose no other (`passes-its-name`) or where they can (`passes-any-name`).
 */
export type RefusedHost = "writes-name" | "passes-its-name" | "passes-any-name";

/** What rules about proxies and tunnels hand to the reporter. */
export interface ProxyFindingData {
  /** Others use the server through a proxy that demands nothing. */
  "proxy-without-auth": ProxySiteData & { readonly to: string; readonly paths: readonly string[] };
  /** Credentials cross the network where everybody on the way reads them. */
  "proxy-auth-without-tls": ProxySiteData;
  /** Whoever has a credential may also delete and replace models. */
  "every-user-manages-models": ProxySiteData & {
    /** `deny-list`: the paths are forbidden one by one, and other spellings of them pass. */
    readonly by: "no-path-policy" | "deny-list";
    readonly paths: readonly string[];
  };
  /** The server behind is handed the caller's password or key. */
  "credential-forwarded-upstream": ProxySiteData;
  /** The proxy writes a Host that the server's check accepts, whoever calls, and demands nothing. */
  "host-check-switched-off-by-proxy": ProxySiteData;
  /** Who calls the site by its name is refused by the model server's own Host check. */
  "proxy-refused-by-host-check": ProxySiteData & { readonly by: RefusedHost; readonly hosts: readonly string[] };
  "proxy-breaks-streaming": ProxySiteData & {
    readonly faults: readonly StreamingFault[];
    readonly silenceMs: number | null;
    readonly bodyLimitBytes: number | null;
  };
  /** Web pages of everybody may read what is answered. */
  "proxy-allows-any-origin": ProxySiteData;
  /** A proxy demands a credential, and beside it the server is open. */
  "open-beside-proxy": ProxySiteData & { readonly open: readonly string[] };
  /** One wrong password stops the proxy for as long as its hash takes. */
  "slow-password-hash": ProxySiteData & { readonly scheme: PasswordHash["scheme"]; readonly cost: number | null };
  /** What the configuration says of a credential is not what the proxy does. */
  "proxy-answers-otherwise": ProxySiteData & { readonly demands: boolean };
  /** Files are newer than what the proxy runs with. */
  "proxy-reload-missing": { readonly proxy: string; readonly file: string };
  /** Others use the server through a tunnel that demands nothing. */
  "tunnel-without-auth": {
    readonly tunnel: string;
    /** Under which the outside calls it; null where it does not tell. */
    readonly publicName: string | null;
    readonly to: string;
  };
}
