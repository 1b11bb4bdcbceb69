import type { Reading } from "../../host/host.ts";

/** `portlock`: the gateway of this very program. */
export type ProxyKind = "nginx" | "caddy" | "haproxy" | "apache" | "traefik" | "portlock";

/** A reverse proxy of the host. No password, hash or key that its configuration holds is kept. */
export interface Proxy {
  readonly kind: ProxyKind;
  /** Its main process; null where it is installed and does not run. */
  readonly pid: number | null;
  readonly version: string | null;
  /** What its files say: what it has after its next reload. */
  readonly declared: Reading<ProxyConfiguration>;
  /** What it runs with, where it tells (Caddy's admin API); null where it does not. */
  readonly running: Reading<ProxyConfiguration> | null;
  /** True where files were changed since it last loaded them; null where that is not known. */
  readonly changedSinceLoaded: boolean | null;
}

/** A configuration as far as it says who is handed on to whom. */
export interface ProxyConfiguration {
  /** Every file it is made of, as far as they are known. */
  readonly files: readonly string[];
  readonly sites: readonly ProxySite[];
  /** What was not understood and may matter to a verdict. */
  readonly unclear: readonly SourceLine[];
}

/** A place in a configuration; `text` is the line without any credential. */
export interface SourceLine {
  readonly file: string;
  readonly line: number | null;
  readonly text: string;
}

/** A server block, site, frontend or router: what is served under some names on some listeners. */
export interface ProxySite {
  /** As written; empty: every name. `*.` at the beginning stands for any label. */
  readonly names: readonly string[];
  /** Takes what no other site on the same listener has the name of. */
  readonly isDefault: boolean;
  readonly listeners: readonly ProxyListener[];
  /** In the order in which a request meets them: the first that matches decides. */
  readonly locations: readonly ProxyLocation[];
  readonly source: SourceLine;
}

export type ProxyListener =
  | {
      readonly kind: "tcp";
      /** `0.0.0.0`, `::` or an address. */ readonly address: string;
      readonly port: number;
      readonly tls: boolean;
    }
  | { readonly kind: "unix"; readonly path: string };

/** Which requests are handed on to whom, and what each must show. */
export interface ProxyLocation {
  readonly paths: PathMatch;
  /** Methods it takes; null: every one. */
  readonly methods: readonly string[] | null;
  /** To whom it is handed on; empty where the proxy answers by itself or serves files. */
  readonly upstreams: readonly Upstream[];
  /** Path the upstream is asked with in place of the matched one; null: as it came. */
  readonly replacesPath: string | null;
  /** What the proxy demands before it hands on; empty: nothing. */
  readonly protections: readonly Protection[];
  /** Whether all of them must be met, or one is enough (`satisfy any`). */
  readonly satisfy: "all" | "any";
  readonly passing: Passing;
  readonly source: SourceLine;
}

export type PathMatch =
  | { readonly kind: "all" }
  | { readonly kind: "exact" | "prefix" | "pattern"; readonly text: string }
  /** Depends on something else (a header, a variable, a map). */
  | { readonly kind: "unclear"; readonly text: string };

export type Upstream =
  | {
      readonly kind: "tcp";
      /** Name or address as written. */ readonly host: string;
      readonly port: number;
      readonly tls: boolean;
    }
  | { readonly kind: "unix"; readonly path: string }
  /** Made of a variable that only a request tells. */
  | { readonly kind: "unclear"; readonly text: string };

export type Protection =
  | {
      readonly kind: "basic";
      readonly hash: PasswordHash | null;
      readonly users: number | null;
      readonly file: string | null;
    }
  /** A header is compared with a value (a map, an `if`, a matcher, an ACL). */
  | { readonly kind: "bearer" }
  /** A credential must be there, and any is taken. */
  | { readonly kind: "any-credential" }
  /** Another service is asked (`auth_request`, `forward_auth`, ForwardAuth). */
  | { readonly kind: "asks-service"; readonly to: string }
  /** `required` is false where a certificate is only asked for. */
  | { readonly kind: "client-certificate"; readonly required: boolean }
  /** Only these networks are let in, CIDR. */
  | { readonly kind: "sources"; readonly allowed: readonly string[] }
  /** It refuses or answers by itself. */
  | { readonly kind: "refuses" }
  /** `byWhoAsks`: it looks at who asks, so that what the host itself is answered says nothing of others. */
  | { readonly kind: "unclear"; readonly text: string; readonly byWhoAsks?: true };

/** The dearest hash among the passwords: how long a wrong guess holds the proxy. `cost` is bcrypt's, or rounds. */
export interface PasswordHash {
  readonly scheme: "bcrypt" | "apr1" | "sha256-crypt" | "sha512-crypt" | "yescrypt" | "sha1" | "plain" | "other";
  readonly cost: number | null;
}

/** What becomes of a request and its answer on the way; null where the configuration does not tell. */
export interface Passing {
  /** Host header the upstream sees: what the client sent, the upstream's own name or address, or this text. */
  readonly host: { readonly kind: "client" | "upstream" } | { readonly kind: "literal"; readonly text: string } | null;
  readonly authorization: "passed" | "removed" | "replaced" | null;
  /** The answer is collected before it is handed on. */
  readonly buffered: boolean | null;
  readonly httpVersion: "1.0" | "1.1" | "2" | null;
  /** Silence of the upstream that is borne, milliseconds; null where there is no limit or it is not known. */
  readonly silenceMs: number | null;
  /** Largest body, bytes; null where there is no limit or it is not known. */
  readonly bodyLimitBytes: number | null;
  /** Origins it answers with, where it adds `Access-Control-Allow-Origin` itself. */
  readonly allowsOrigins: readonly string[] | null;
}
