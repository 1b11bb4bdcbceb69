import { HEAD } from "../../proxy/shared-texts.ts";
import type { ProxyAuth, ProxyKind } from "../../proxy/site.ts";
import { ROUTE_SCOPES, type RouteScope } from "../../servers/ollama/scopes.ts";
import { toLocalAddress } from "./describe-site.ts";

/** A site that Portlock made, as its file says it; see `makeConfiguration`. */
export interface OwnSite {
  readonly proxy: ProxyKind;
  readonly file: string;
  readonly auth: ProxyAuth;
  readonly scopes: readonly RouteScope[];
  /** Where a client on the host calls it. */
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  /** Host name it is called by; null: by any. */
  readonly name: string | null;
}

/** Folders in which such files lie, and what they are called there. */
export const OWN_SITE_FILES: readonly (readonly [proxy: ProxyKind, folder: string, name: RegExp])[] = [
  ["nginx", "/etc/nginx/sites-enabled", /^portlock-[a-z0-9_]+$/],
  ["nginx", "/etc/nginx/conf.d", /^portlock-[a-z0-9_]+\.conf$/],
  ["caddy", "/etc/caddy/portlock", /^[a-z0-9_]+\.caddy$/],
  ["haproxy", "/etc/haproxy/portlock", /^[a-z0-9_]+\.cfg$/],
];

const AUTHS: Readonly<Record<string, ProxyAuth>> = {
  "a password (basic)": "basic",
  "a key (bearer)": "bearer",
  "a key of the gateway": "portlock",
};

/** Reads such a file; null where it is none, or not as Portlock wrote it. */
export function readOwnSite(proxy: ProxyKind, file: string, text: string): OwnSite | null {
  const [head, introduction = ""] = text.split("\n");
  const [, shown = "", told = ""] =
    /^# Lets in whoever shows (.{1,40}), to these routes alone: ([a-z, ]{1,60})\.$/.exec(introduction) ?? [];
  const auth = AUTHS[shown];
  const listener = LISTENERS[proxy](text);
  if (head !== HEAD || auth === undefined || listener === null) return null;
  const scopes = ROUTE_SCOPES.filter((scope) => told.split(", ").includes(scope));
  return { proxy, file, auth, scopes, ...listener };
}

type Listener = Pick<OwnSite, "address" | "port" | "tls" | "name">;

const LISTENERS: Readonly<Record<ProxyKind, (text: string) => Listener | null>> = {
  nginx: (text) => {
    const [, address, port, options = ""] = /^ *listen (?:(\[[0-9a-f:]+\]|[\d.]+):)?(\d+)([^;]*);$/im.exec(text) ?? [];
    const name = /^ *server_name ([^;]+);$/m.exec(text)?.[1] ?? "_";
    return toListener({ address, port, tls: options.includes(" ssl"), name: name === "_" ? null : name });
  },
  caddy: (text) => {
    const [, scheme, named = "", port] = /^(https?):\/\/([^:\s]*):(\d+) \{$/m.exec(text) ?? [];
    const address = /^\tbind (\S+)$/m.exec(text)?.[1];
    const name = named === "" ? (/^\t*@other_name not host (\S+)$/m.exec(text)?.[1] ?? null) : named;
    return toListener({ address, port, tls: scheme === "https", name });
  },
  haproxy: (text) => {
    const [, address, port, options = ""] = /^ *bind (\[[0-9a-f:]+\]|[\d.]+):(\d+)(.*)$/im.exec(text) ?? [];
    return toListener({ address, port, tls: options.includes(" ssl "), name: null });
  },
};

function toListener(read: {
  readonly address: string | undefined;
  readonly port: string | undefined;
  readonly tls: boolean;
  readonly name: string | null;
}): Listener | null {
  if (read.port === undefined) return null;
  return {
    address: toLocalAddress(read.address?.replaceAll(/[[\]]/g, "") ?? "0.0.0.0"),
    port: Number(read.port),
    tls: read.tls,
    name: read.name,
  };
}
