import { parseTarget } from "./target.ts";
import type { Tunnel } from "./tunnel.ts";

/** Options of ssh(1) that take a value. */
const WITH_VALUE = "BbcDEeFIiJLlmOopQRSWwP";
/** Services whose other end is open to everybody, whatever address is asked for. */
const FOR_EVERYBODY =
  /(?:^|\.)(?:localhost\.run|serveo\.net|pinggy\.io|srv\.us|tunnel\.pyjam\.as|lhr\.life|tuns\.sh)$/i;
const EVERY_ADDRESS: ReadonlySet<string> = new Set(["", "*", "0.0.0.0", "::"]);

/** What a command line of ssh says of forwards. */
export interface SshWords {
  /** As `-R` has them. */
  readonly forwards: readonly string[];
  /** The machine that was called, by the name that was given; null where none was found. */
  readonly destination: string | null;
  /** The file that `-F` names in place of those that are read otherwise. */
  readonly file: string | null;
  /** No forward is made at all. */
  readonly clears: boolean;
}

/** @param words what stands behind the name of ssh, or of autossh, which hands its words on */
export function readSshWords(words: readonly string[]): SshWords {
  const forwards: string[] = [];
  let destination: string | null = null;
  let file: string | null = null;
  let clears = false;
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (!word.startsWith("-")) {
      // What follows the destination is a command, but options may still stand between.
      destination ??= toDestination(word);
      continue;
    }
    for (let at = 1; at < word.length; at += 1) {
      const letter = word[at] ?? "";
      if (!WITH_VALUE.includes(letter) && letter !== "M") continue;
      // autossh's -M takes a port, ssh's takes nothing.
      if (letter === "M" && !/^\d+$/.test(word.slice(at + 1) || (words[index + 1] ?? ""))) continue;
      const value = at + 1 < word.length ? word.slice(at + 1) : (words[(index += 1)] ?? "");
      if (letter === "R") forwards.push(value);
      const [, option] = letter === "o" ? (/^RemoteForward[= ](.*)$/i.exec(value) ?? []) : [];
      if (option !== undefined) forwards.push(option.trim().replace(/\s+/, ":"));
      if (letter === "F") file = value;
      if (letter === "o" && /^ClearAllForwardings[= ]\s*yes$/i.test(value)) clears = true;
      break;
    }
  }
  return { forwards, destination, file, clears };
}

function toDestination(word: string): string {
  const [, host = word] = /^(?:ssh:\/\/)?(?:[^@]*@)?([^/]*)/.exec(word) ?? [];
  return host.replace(/^(\[[^\]]+\]|[^:]+):\d+$/, "$1").slice(0, 253);
}

/**
 * The port that `ssh -R` (ssh(1)) makes reachable at the other machine, from `[bind_address:]port:host:hostport`,
 * `[bind_address:]port` (whatever the other end likes), or sockets. By default only that machine's own programs reach
 * it; asked for every address, everybody does, if its sshd allows that (GatewayPorts in sshd_config(5)).
 */
export function toSshTunnels(
  text: string,
  destination: string | null,
  pid: number,
  source: Tunnel["source"],
): readonly Tunnel[] {
  const parts = text.match(/\[[^\]]*\]|[^:]+|(?<=^|:)(?=:|$)/g) ?? [];
  if (parts.some((part) => part.startsWith("/"))) return [];
  const [bind, port, host, hostPort] =
    parts.length >= 4 ? parts : parts.length === 3 ? [null, ...parts] : parts.length === 2 ? parts : [null, parts[0]];
  if (port === undefined || port === null || !/^\d{1,5}$/.test(port)) return [];
  const to = host === undefined ? null : parseTarget(`${host}:${hostPort ?? ""}`);
  return [
    {
      kind: "ssh-remote-forward",
      pid,
      publicName: destination === null ? null : `${destination}:${port}`,
      to,
      audience: toAudience(bind ?? null, destination),
      demandsCredential: false,
      // Bytes are handed on as they come.
      host: { kind: "client" },
      source,
    },
  ];
}

function toAudience(bind: string | null, destination: string | null): Tunnel["audience"] {
  if (destination !== null && FOR_EVERYBODY.test(destination)) return "everybody";
  if (bind === null) return "unknown";
  const address = bind.replaceAll(/[[\]]/g, "");
  if (EVERY_ADDRESS.has(address)) return "everybody";
  return address === "localhost" || address === "::1" || address.startsWith("127.") ? "members" : "unknown";
}
