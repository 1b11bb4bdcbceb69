/** What a value of OLLAMA_HOST makes an Ollama server listen on: envconfig.Host() and net.Listen of Go. */
import { lt, parse } from "semver";
import { isGoSpace, joinHostPort, parseGoAddress, splitHostPort, trimWhile } from "./go-address.ts";

/** Why a value may not mean what it seems to mean. */
export type ListenAddressRemark =
  | "all-interfaces-by-empty-host" // `:8080` names a port, and opens every address
  | "ipv4-wildcard-takes-ipv6" // `0.0.0.0` opens one dual-stack socket
  | "port-from-scheme" // `http://host` is port 80, `https://host` 443, not 11434
  | "scheme-without-tls" // `https://` still speaks plain HTTP
  | "scheme-ignored" // neither `http` nor `https`: means nothing
  | "bad-port-default" // the port is unusable: a warning in the log, and the default port
  | "bare-number-is-a-name" // `8080` is no port but a host name
  | "number-form-address" // `127.1`, `0`: an address for the C library only
  | "becomes-a-path" // `//host`, `unix:///socket`: nothing is left to listen on but the default
  | "path-ignored" // `host:port/api`: the server drops the path
  | "several-addresses" // one address is taken, never a list
  | "comment-in-value"
  | "credentials-in-value"
  | "wildcard-character" // `*` is a name, not a wildcard
  | "ipv6-needs-brackets" // `::1:8080` is an address, not address and port
  | "random-port" // port 0
  | "quotes-removed"
  | "curly-quotes"
  | "cloud-name"; // `ollama.com` points the client at the cloud; a server cannot listen there

/** Where a server with this value listens, as far as the value alone can tell. */
export type ListenAddress =
  | {
      readonly kind: "listens";
      /** Canonical text of the socket, for example `127.0.0.1:11434` or `[::]:11434`. */
      readonly on: string;
      readonly address: string;
      /** 0: a free port chosen anew at every start. */
      readonly port: number;
      /** `one-address`: only if the host has that address, else the server does not start. */
      readonly reach: "loopback" | "every-address" | "one-address";
      /** True for the wildcard: IPv4 and IPv6 on one socket (`0.0.0.0` alone on a kernel without IPv6). */
      readonly dualStack: boolean;
      readonly remarks: readonly ListenAddressRemark[];
    }
  | {
      /** The host's resolver decides: unknown until the socket was seen. */
      readonly kind: "resolves";
      readonly name: string;
      readonly port: number;
      /** What nearly every host makes of it; null where that differs from host to host. */
      readonly usually: string | null;
      readonly remarks: readonly ListenAddressRemark[];
    }
  | {
      readonly kind: "fails";
      readonly because: "no-such-name" | "not-an-address" | "bad-port" | "link-local-without-zone";
      readonly remarks: readonly ListenAddressRemark[];
    }
  | {
      /** The rules of that release are not known here. */
      readonly kind: "unknown";
      readonly because: "release-before-0.1.33";
      readonly remarks: readonly ListenAddressRemark[];
    };

/** How one release differs from the newest ones. */
interface Rules {
  readonly badPortFails: boolean;
  readonly keepsPathInPort: boolean;
  readonly knowsCloudName: boolean;
}

interface HostPort {
  readonly host: string;
  readonly port: string;
  readonly portIsDefault: boolean;
  readonly portIsBad: boolean;
}

/**
 * Says what OLLAMA_HOST set to `value` makes the server listen on. Null or empty: the default,
 * 127.0.0.1:11434. Never throws.
 * @param version version of the server; null or unreadable: the rules of the newest releases.
 * @returns remarks come in a fixed order, most telling first.
 * Source: envconfig/config.go (`Var`, `Host`) and cmd/cmd.go (`RunServer`) of Ollama; net.Listen of Go.
 */
export function parseListenAddress(value: string | null, version: string | null = null): ListenAddress {
  const rules = rulesOf(version);
  if (rules === null) return { kind: "unknown", because: "release-before-0.1.33", remarks: [] };
  const given = trimWhile(value ?? "", isGoSpace);
  const text = trimWhile(trimWhile(given, isQuote), isGoSpace);
  const { scheme, rest } = cutScheme(text, rules);
  const slash = rest.indexOf("/");
  const path = slash < 0 ? "" : rest.slice(slash + 1);
  const hostport = rules.keepsPathInPort ? trimEndSlashes(rest) : slash < 0 ? rest : rest.slice(0, slash);
  const read = readHostPort(hostport, scheme);
  const remarks = remarksOn({ text, scheme, hostport, path, read });
  if (given !== trimWhile(given, isQuote)) remarks.push("quotes-removed");
  if (read.portIsBad && rules.badPortFails) return { kind: "fails", because: "bad-port", remarks };
  return toListener(read, remarks);
}

function rulesOf(version: string | null): Rules | null {
  const known = parse(version ?? "");
  if (known === null) return { badPortFails: false, keepsPathInPort: false, knowsCloudName: true };
  if (lt(known, "0.1.33-0")) return null;
  return {
    badPortFails: lt(known, "0.1.44-0"),
    keepsPathInPort: lt(known, "0.3.9-0"),
    knowsCloudName: !lt(known, "0.12.6-0"),
  };
}

function isQuote(unit: string): boolean {
  return unit === '"' || unit === "'";
}

function trimEndSlashes(text: string): string {
  let end = text.length;
  while (text.charAt(end - 1) === "/") end -= 1;
  return text.slice(0, end);
}

function cutScheme(text: string, rules: Rules): { readonly scheme: string | null; readonly rest: string } {
  const mark = text.indexOf("://");
  if (mark >= 0) return { scheme: text.slice(0, mark), rest: text.slice(mark + 3) };
  if (text === "ollama.com" && rules.knowsCloudName) return { scheme: null, rest: "ollama.com:443" };
  return { scheme: null, rest: text };
}

function defaultPort(scheme: string | null): string {
  if (scheme === "http") return "80";
  return scheme === "https" ? "443" : "11434";
}

function readHostPort(hostport: string, scheme: string | null): HostPort {
  const split = splitHostPort(hostport);
  if (split === null) {
    const literal = parseGoAddress(trimWhile(hostport, (unit) => unit === "[" || unit === "]"));
    // net.ParseIP knows no zones: an address with one stays as it was written.
    const host = literal !== null && literal.zone === "" ? literal.text : hostport === "" ? "127.0.0.1" : hostport;
    return { host, port: defaultPort(scheme), portIsDefault: true, portIsBad: false };
  }
  const portIsBad = !/^[+-]?\d+$/.test(split.port) || Number(split.port) > 65535 || Number(split.port) < 0;
  const port = portIsBad ? defaultPort(scheme) : split.port;
  return { host: split.host, port, portIsDefault: portIsBad, portIsBad };
}

/** What net.Listen("tcp", host:port) makes of it. */
function toListener(read: HostPort, remarks: readonly ListenAddressRemark[]): ListenAddress {
  const split = splitHostPort(joinHostPort(read.host, read.port));
  if (split === null) return { kind: "fails", because: "not-an-address", remarks };
  const port = Math.abs(Number(split.port));
  const literal = parseGoAddress(split.host);
  if (split.host === "" || literal?.text === "0.0.0.0" || literal?.text === "::") {
    const on = joinHostPort("::", String(port));
    return { kind: "listens", on, address: "::", port, reach: "every-address", dualStack: true, remarks };
  }
  if (literal === null) return toNamed(split.host, port, remarks);
  const zoned = literal.family === 6 && literal.zone !== "";
  if (/^fe[89ab]/.test(literal.text) && !zoned) return { kind: "fails", because: "link-local-without-zone", remarks };
  const address = zoned && !isLoopback(literal.text) ? `${literal.text}%${literal.zone}` : literal.text;
  const reach = isLoopback(literal.text) ? "loopback" : "one-address";
  return {
    kind: "listens",
    on: joinHostPort(address, String(port)),
    address,
    port,
    reach,
    dualStack: false,
    remarks,
  };
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}

/** A name: some can never be looked up, one means loopback nearly everywhere, the rest is the host's affair. */
function toNamed(name: string, port: number, remarks: readonly ListenAddressRemark[]): ListenAddress {
  // No resolver takes these characters; curly quotes come from copied web pages.
  if (/[\0-\x20!-,/:-@[-^`{-\x7f“”‘’]/.test(name) || isPortNumber(name)) {
    return { kind: "fails", because: "no-such-name", remarks };
  }
  const usually = name.toLowerCase() === "localhost" ? joinHostPort("127.0.0.1", String(port)) : null;
  return { kind: "resolves", name, port, usually, remarks };
}

/** A small bare number: Go's resolver refuses it, the C library reads 0.0.x.y, which no host has. */
function isPortNumber(name: string): boolean {
  return /^\d{1,5}$/.test(name) && Number(name) >= 1 && Number(name) <= 65535;
}

function remarksOn(value: {
  readonly text: string;
  readonly scheme: string | null;
  readonly hostport: string;
  readonly path: string;
  readonly read: HostPort;
}): ListenAddressRemark[] {
  const { text, scheme, hostport, path, read } = value;
  const { host } = read;
  const found: readonly (readonly [ListenAddressRemark, boolean])[] = [
    ["all-interfaces-by-empty-host", hostport !== "" && (host === "" || host === "[]")],
    ["comment-in-value", /\s#/.test(text)],
    ["several-addresses", /[,;]|\S\s+\S/.test(text.split(/\s#/, 1)[0] ?? "")],
    ["credentials-in-value", text.includes("@")],
    ["wildcard-character", host.includes("*")],
    ["curly-quotes", /[“”‘’]/.test(text)],
    ["bare-number-is-a-name", isPortNumber(host)],
    ["number-form-address", isNumberForm(host)],
    ["ipv6-needs-brackets", looksLikeUnbracketedPort(hostport)],
    ["becomes-a-path", hostport === "" && path !== ""],
    ["cloud-name", /^ollama\.com$/i.test(host)],
    ["bad-port-default", read.portIsBad],
    ["port-from-scheme", read.portIsDefault && hostport !== "" && /^https?$/.test(scheme ?? "")],
    ["scheme-without-tls", scheme === "https"],
    ["scheme-ignored", scheme !== null && !/^https?$/.test(scheme)],
    ["random-port", !read.portIsBad && Number(read.port) === 0],
    ["ipv4-wildcard-takes-ipv6", parseGoAddress(host)?.text === "0.0.0.0"],
    ["path-ignored", hostport !== "" && path !== ""],
  ];
  return found.flatMap(([remark, applies]) => (applies ? [remark] : []));
}

/** The forms inet_aton(3) takes and Go does not: fewer than four parts, hexadecimal, octal. */
function isNumberForm(host: string): boolean {
  const parts = host.split(".");
  const numeric = parts.length <= 4 && parts.every((part) => /^(?:0x[0-9a-f]*|\d+)$/i.test(part));
  return numeric && parseGoAddress(host) === null && !isPortNumber(host);
}

/** `::1:8080`, `:::8080`, `fe80::1:11434`: somebody meant address and port. */
function looksLikeUnbracketedPort(hostport: string): boolean {
  const match = /^(.*):(\d{2,5})$/.exec(hostport);
  if (match === null || hostport.startsWith("[")) return false;
  const [, before = "", port = ""] = match;
  if (!before.includes(":") || Number(port) > 65535) return false;
  return parseGoAddress(hostport) === null || before === "::1" || before === ":";
}
