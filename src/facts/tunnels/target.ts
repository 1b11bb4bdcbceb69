import type { Tunnel } from "./tunnel.ts";

/**
 * Where a tunnel hands on to, as its programs write it: `11434`, `localhost:11434`, `http://127.0.0.1:11434/x`,
 * `tcp://…`. Null: no address of a socket (a folder, a status, a socket file).
 */
export function parseTarget(text: unknown): Tunnel["to"] {
  const written = typeof text === "number" ? String(text) : typeof text === "string" ? text.trim() : "";
  if (/^\d{1,5}$/.test(written)) return toTarget("localhost", Number(written), false);
  const [, scheme, user, bracketed, named, port] =
    /^(?:([a-z][a-z0-9+.-]{0,15}):\/\/)?([^@/]*@)?(?:\[([0-9a-f:.]+)\]|([\w.-]*))(?::(\d{1,5}))?(?:[/?].*)?$/i.exec(
      written,
    ) ?? [];
  void user;
  if (scheme !== undefined && !SCHEMES.has(scheme.toLowerCase())) return null;
  const tls = scheme !== undefined && /^https|^tls|^wss/i.test(scheme);
  const host = bracketed ?? (named === "" && port !== undefined ? "localhost" : named);
  if (host === undefined || host === "" || NO_HOSTS.has(host) || (port === undefined && scheme === undefined))
    return null;
  return toTarget(host, port === undefined ? (tls ? 443 : 80) : Number(port), tls);
}

/** What cloudflared answers by itself. */
const NO_HOSTS: ReadonlySet<string> = new Set(["http_status", "hello_world", "bastion", "unix"]);
const SCHEMES: ReadonlySet<string> = new Set(["http", "https", "https+insecure", "tcp", "tls", "ws", "wss", "h2c"]);

function toTarget(host: string, port: number, tls: boolean): Tunnel["to"] {
  return port < 1 || port > 65_535 ? null : { host, port, tls };
}

/** A public address as it is told: without scheme, path and user. */
export function toPublicName(text: unknown): string | null {
  if (typeof text !== "string") return null;
  const [, name] = /^(?:[a-z][a-z0-9+.-]{0,15}:\/\/)?(?:[^@/]*@)?([\w.*:[\]-]{1,253})/i.exec(text.trim()) ?? [];
  return name === undefined || name === "" ? null : name;
}

/** What a Host option says; `rewrite` and `preserve` are ngrok's words. Without one the public name is passed on. */
export function toHost(value: unknown): Tunnel["host"] {
  if (typeof value !== "string" || value === "" || value === "preserve") return { kind: "client" };
  return value === "rewrite" ? { kind: "upstream" } : { kind: "literal", text: value.slice(0, 253) };
}
