import { isLoopbackAddress } from "../proxy/refuse-site.ts";
import type { ProxyAuth, ProxyKind, SocketAddress } from "../proxy/site.ts";
import type { ProxyChoices } from "../plan/proxy/proxy-choices.ts";
import type { RouteScope } from "../servers/ollama/scopes.ts";
import { toFamily } from "../judge/addresses.ts";
import { CommandError } from "./errors.ts";
import { parsePort } from "./harden-flags.ts";
import type { LayoutFlags } from "./page.ts";

export type ProxyFlags = LayoutFlags & {
  readonly host?: string;
  readonly server?: string;
  readonly listen?: SocketAddress;
  readonly name?: string;
  readonly auth?: ProxyAuth;
  readonly gatewayPort?: number;
  readonly user?: readonly string[];
  readonly scope?: readonly RouteScope[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsSelfSigned?: boolean;
  readonly origin?: readonly string[];
  /** Requests a minute; 0: no limit. */
  readonly rate?: number;
  readonly site?: string;
  readonly print?: boolean;
  readonly dryRun?: boolean;
  readonly plan?: string;
  readonly apply?: string;
  readonly yes?: boolean;
  readonly json?: boolean;
  readonly lang?: string;
};

/** Where a plan comes from a file, its own choices hold, and no flag may say otherwise. */
const FLAGS_OF_CHOICES = [
  "server",
  "listen",
  "name",
  "auth",
  "gatewayPort",
  "user",
  "scope",
  "tlsCert",
  "tlsKey",
  "tlsSelfSigned",
  "origin",
  "rate",
  "site",
  "print",
  "plan",
  "dryRun",
] as const satisfies readonly (keyof ProxyFlags)[];

const GATEWAY_PORT = 11435;
const REQUESTS_PER_MINUTE = 600;
/** Who is let in where nobody is named. */
const FIRST_USER = "owner";

/** What the flags ask for. Throws a `CommandError` where flags contradict each other. */
export function toProxyChoices(proxy: ProxyKind, flags: ProxyFlags): ProxyChoices {
  const tls = toTls(proxy, flags);
  const auth = flags.auth ?? "basic";
  if (auth === "portlock" && flags.user !== undefined) throw contradiction("--user", "--auth portlock");
  if (auth !== "portlock" && flags.gatewayPort !== undefined) throw contradiction("--gateway-port", `--auth ${auth}`);
  return {
    proxy,
    server: flags.server ?? null,
    listen: flags.listen ?? (tls.kind === "none" ? { address: "127.0.0.1", port: 8080 } : { address: "::", port: 443 }),
    name: flags.name ?? null,
    auth,
    gatewayPort: flags.gatewayPort ?? GATEWAY_PORT,
    users: auth === "portlock" ? [] : [...new Set(flags.user ?? [FIRST_USER])],
    scopes: [...new Set(flags.scope ?? (["inference", "read"] as const))],
    tls,
    origins: [...new Set(flags.origin ?? [])],
    requestsPerMinute: flags.rate === 0 ? null : (flags.rate ?? REQUESTS_PER_MINUTE),
    site: flags.site ?? null,
  };
}

/** Throws a `CommandError` where a plan from a file goes with other wishes. */
export function refuseProxyContradictions(flags: ProxyFlags): void {
  if (flags.apply === undefined) return;
  const other = FLAGS_OF_CHOICES.find((name) => flags[name] !== undefined);
  if (other !== undefined) {
    throw contradiction("--apply", `--${other.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  }
}

function toTls(proxy: ProxyKind, flags: ProxyFlags): ProxyChoices["tls"] {
  const { tlsCert, tlsKey, tlsSelfSigned, listen, name } = flags;
  if (tlsSelfSigned === true) {
    if (tlsCert !== undefined) throw contradiction("--tls-self-signed", "--tls-cert");
    return { kind: "self-signed" };
  }
  if (tlsCert !== undefined && tlsKey !== undefined) return { kind: "files", certificate: tlsCert, key: tlsKey };
  if (tlsCert !== undefined || tlsKey !== undefined) {
    throw new CommandError({
      code: "flag-missing",
      data:
        tlsCert === undefined ? { flag: "--tls-key", needs: "--tls-cert" } : { flag: "--tls-cert", needs: "--tls-key" },
    });
  }
  const isPlain = listen !== undefined && isLoopbackAddress(listen.address);
  return { kind: proxy === "caddy" && name !== undefined && !isPlain ? "automatic" : "none" };
}

/** `443`, `:443`, `*:443`, `127.0.0.1:8080` or `[::1]:8080`; null where it is no such place. */
export function parseListen(text: string): SocketAddress | null {
  const [, bracketed, plain, digits = ""] = /^(?:\[([^\]]+)\]:|([^:[\]]*):)?(\d{1,5})$/.exec(text) ?? [];
  const port = parsePort(digits);
  if (port === null) return null;
  const address = bracketed ?? (plain === undefined || plain === "" || plain === "*" ? "::" : plain);
  const family = toFamily(address);
  if (family === null || (bracketed !== undefined) !== (family === 6 && address !== "::")) {
    return address === "::" ? { address, port } : null;
  }
  return { address, port };
}

/** Requests a minute; null where it is no such number. */
export function parseRate(text: string): number | null {
  return /^\d{1,6}$/.test(text) ? Number(text) : null;
}

function contradiction(flag: string, other: string): CommandError {
  return new CommandError({ code: "flags-contradict", data: { flags: [flag, other] } });
}
