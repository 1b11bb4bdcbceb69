import { findOptions } from "../command-options.ts";

/** A gateway of Portlock's as its command line starts it. */
export interface GatewayCommand {
  readonly listen: { readonly address: string; readonly port: number };
  /** Null: the Ollama that it finds. */
  readonly upstream:
    | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: boolean }
    | { readonly kind: "unix"; readonly path: string }
    | null;
  readonly tls: boolean;
  readonly demandsCertificate: boolean;
  readonly origins: readonly string[];
}

/** `portlock`, as npm links it, and the file that it begins with. */
const SCRIPT = /(?:^|\/)(?:portlock|main\.[jt]s)$/;
const ORIGIN = /^https?:\/\/[\w.:[\]-]{1,253}$/;
const MOST_ORIGINS = 32;
const SOCKET = /^\/[\w./@+-]{1,255}$/;
const LISTEN = /^(?:(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9.-]+)):)?(\d{1,5})$/;

/**
 * Reads the words of a Node.js: those of `portlock gateway` or `portlock gateway run`, of which only places are kept;
 * null for every other program. Whoever gives himself such a command line is no gateway by that: what he answers to
 * somebody without a key tells.
 */
export function parseGatewayCommand(words: readonly string[]): GatewayCommand | null {
  const script = words.findIndex((word, index) => index > 0 && !word.startsWith("-"));
  if (script < 0 || !SCRIPT.test(words[script] ?? "") || words[script + 1] !== "gateway") return null;
  const own = words.slice(script + 2);
  if (own[0] !== undefined && !own[0].startsWith("-") && own[0] !== "run") return null;
  const listen = parseListen(findOptions(own, "--listen").at(-1) ?? "127.0.0.1:11435");
  if (listen === null) return null;
  const upstream = findOptions(own, "--upstream").at(-1);
  return {
    listen,
    upstream: upstream === undefined ? null : parseUpstream(upstream),
    tls: own.some((word) => /^--tls-(?:self-signed|cert)(?:=|$)/.test(word)),
    demandsCertificate: findOptions(own, "--client-ca").length > 0,
    origins: findOptions(own, "--origin")
      .filter((origin) => ORIGIN.test(origin))
      .slice(0, MOST_ORIGINS),
  };
}

function parseListen(text: string): GatewayCommand["listen"] | null {
  const [, bracketed, name = "127.0.0.1", digits] = LISTEN.exec(text) ?? [];
  if (digits === undefined) return null;
  return { address: bracketed ?? (name === "localhost" ? "127.0.0.1" : name), port: Number(digits) };
}

function parseUpstream(text: string): GatewayCommand["upstream"] {
  if (text.startsWith("unix:")) {
    const path = text.slice("unix:".length).replace(/^\/\/(?=\/)/, "");
    return SOCKET.test(path) ? { kind: "unix", path } : null;
  }
  const url = URL.parse(text);
  if (url === null || url.hostname.length > 253) return null;
  const tls = url.protocol === "https:";
  return { kind: "tcp", host: url.hostname, port: url.port === "" ? (tls ? 443 : 80) : Number(url.port), tls };
}
