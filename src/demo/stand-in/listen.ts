import { readFileSync } from "node:fs";
import type { Server } from "node:net";
import { isIP } from "node:net";
import { parseListenAddress } from "../../servers/ollama/listen-address.ts";

/** Raised where a real server would print `Error: …` and leave. The message is Ollama's. */
export class CannotListen extends Error {}

/** The socket as Go prints it, for example `[::]:11434`. */
export interface ListeningSocket {
  readonly address: string;
  readonly port: number;
  readonly text: string;
}

interface Wanted {
  readonly address: string;
  readonly port: number;
  /** As Go names it in an error, before it becomes a socket. */
  readonly asked: string;
}

/**
 * Opens the one socket that this value of OLLAMA_HOST asks for: the wildcard as one dual-stack IPv6 socket
 * where the kernel has IPv6, as net.Listen of Go does. Raises CannotListen.
 */
export async function listenAs(server: Server, value: string | undefined): Promise<ListeningSocket> {
  const wanted = toWanted(value);
  try {
    return await listen(server, wanted.address, wanted.port);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (wanted.address === "::" && (code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL")) {
      return await listen(server, "0.0.0.0", wanted.port).catch((second: unknown) => {
        throw toCannotListen(wanted.asked, second);
      });
    }
    throw toCannotListen(wanted.asked, error);
  }
}

function toWanted(value: string | undefined): Wanted {
  const parsed = parseListenAddress(value ?? null);
  if (parsed.kind === "listens") {
    const { address, port } = parsed;
    return { address, port, asked: joinHostPort(address === "::" ? "0.0.0.0" : address, port) };
  }
  if (parsed.kind === "resolves") {
    const address = resolveName(parsed.name);
    if (address !== null) {
      return {
        address: address === "0.0.0.0" ? "::" : address,
        port: parsed.port,
        asked: joinHostPort(address, parsed.port),
      };
    }
    throw new CannotListen(`listen tcp: lookup ${parsed.name}: no such host`);
  }
  throw new CannotListen(`listen tcp: lookup ${(value ?? "").trim()}: no such host`);
}

function listen(server: Server, host: string, port: number): Promise<ListeningSocket> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error);
    server.once("error", fail);
    server.listen({ host, port, ipv6Only: false }, () => {
      server.removeListener("error", fail);
      const bound = server.address();
      if (bound === null || typeof bound === "string") {
        reject(new Error("the socket has no address"));
        return;
      }
      resolve({ address: bound.address, port: bound.port, text: joinHostPort(bound.address, bound.port) });
    });
  });
}

/**
 * Names by /etc/hosts alone, IPv4 first: the stand-in asks no name server. Numbers in the C library's forms
 * (`0`, `127.1`) are read as getaddrinfo reads them, which is what a server linked with it does.
 */
function resolveName(name: string): string | null {
  return parseNumberForm(name) ?? findInHosts(readHosts(), name);
}

function readHosts(): string {
  try {
    return readFileSync("/etc/hosts", "utf8");
  } catch {
    return "127.0.0.1 localhost\n";
  }
}

function findInHosts(text: string, name: string): string | null {
  const addresses = text.split("\n").flatMap((line) => {
    const [address = "", ...names] = line.replace(/#.*/, "").trim().split(/\s+/);
    const named = names.some((candidate) => candidate.toLowerCase() === name.toLowerCase());
    return named && isIP(address) !== 0 ? [address] : [];
  });
  return addresses.find((address) => isIP(address) === 4) ?? addresses[0] ?? null;
}

/** inet_aton(3): one to four numbers, decimal, octal or hexadecimal; the last one fills what is left. */
function parseNumberForm(text: string): string | null {
  const parts = text.split(".");
  if (parts.length > 4 || !parts.every((part) => /^(?:0x[0-9a-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) {
    return null;
  }
  const numbers = parts.map((part) => Number(/^0\d/.test(part) ? `0o${part.slice(1)}` : part));
  const last = numbers.pop() ?? 0;
  if (last >= 256 ** (4 - numbers.length) || numbers.some((number) => number > 255)) {
    return null;
  }
  const whole = numbers.reduce((sum, number, index) => sum + number * 256 ** (3 - index), last);
  return [24, 16, 8, 0].map((shift) => Math.floor(whole / 2 ** shift) % 256).join(".");
}

function joinHostPort(host: string, port: number): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

const GO_WORDS: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "cannot assign requested address",
  EACCES: "permission denied",
};

function toCannotListen(asked: string, error: unknown): CannotListen {
  const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
  return new CannotListen(`listen tcp ${asked}: bind: ${GO_WORDS[code] ?? code}`);
}
