import type { Listener } from "./sockets.ts";

/** Kernel names (comm) hold at most 15 bytes, and `ss` cuts them at the first closing parenthesis. */
const HOLDER: RegExp = /\("([^)]*)",pid=(\d+),(?:tid=\d+,)?fd=\d+\)/y;
const RECORD: RegExp = /LISTEN[ \t]+\d+[ \t]+\d+[ \t]+(\S+):(\d{1,5})[ \t]+(\S+):\*(?=\s|$)/y;
const USERS: RegExp = /[ \t]+users:\(/y;
const IPV4: RegExp = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6: RegExp = /^[0-9a-f:]*:[0-9a-f:]*(?:\d{1,3}(?:\.\d{1,3}){3})?$/i;
const EVIDENCE_LIMIT = 240;

export interface SocketStatistics {
  readonly listeners: readonly Listener[];
  /** Lines that were no record: what stands there is not known. */
  readonly unparsed: number;
}

/**
 * Reads the output of `ss -H -tlnpe` (ss(8), iproute2 4 to 6). Names of processes are chosen by whoever runs
 * them and may hold quotes, newlines and whole fields: a record is read from its start, field by field, so
 * that a name can neither end its own field nor begin another record. `namespace` is the one `ss` ran in.
 * Never throws.
 */
export function parseSocketStatistics(text: string, namespace: string | null): SocketStatistics {
  const listeners: Listener[] = [];
  const old = isOldDialect(text);
  let unparsed = 0;
  let at = 0;
  while (at < text.length) {
    RECORD.lastIndex = at;
    const record = RECORD.exec(text);
    const local = record?.[1];
    if (record === null || local === undefined) {
      const next = toLineEnd(text, at);
      if (text.slice(at, next).trim() !== "") unparsed += 1;
      at = next + 1;
      continue;
    }
    const holders = readHolders(text, RECORD.lastIndex);
    const end = toLineEnd(text, holders.end);
    const fields = text.slice(holders.end, end);
    const listener = toListener({
      namespace,
      local,
      port: Number(record[2]),
      pids: holders.pids,
      fields,
      old,
      line: text.slice(at, Math.min(holders.end, at + 4 * EVIDENCE_LIMIT)) + toTelling(fields),
    });
    if (listener === null) unparsed += 1;
    else listeners.push(listener);
    at = end + 1;
  }
  return { listeners, unparsed };
}

/**
 * The holders of a socket. A list that does not follow the form to its end names nobody: better no process
 * than one that somebody else put there.
 */
function readHolders(text: string, start: number): { readonly pids: readonly number[]; readonly end: number } {
  USERS.lastIndex = start;
  if (!USERS.test(text)) return { pids: [], end: start };
  const pids = new Set<number>();
  let at = USERS.lastIndex;
  for (;;) {
    HOLDER.lastIndex = at;
    const holder = HOLDER.exec(text);
    if (holder === null || (holder[1] ?? "").length > 15) return { pids: [], end: at };
    pids.add(Number(holder[2]));
    at = HOLDER.lastIndex;
    if (text[at] === ")") return { pids: [...pids].toSorted((a, b) => a - b), end: at + 1 };
    if (text[at] !== ",") return { pids: [], end: at };
    at += 1;
  }
}

/**
 * Before iproute2 4.15 `*` is 0.0.0.0 and IPv6 stands without brackets; since then `*` is the wildcard of
 * both. The column of the peer tells which it is: an old `ss` gives an IPv4 socket the peer `*:*`.
 */
function isOldDialect(text: string): boolean {
  return /^LISTEN[ \t]+\d+[ \t]+\d+[ \t]+(?:\d+\.\d+\.\d+\.\d+\S*[ \t]+\*|\S+[ \t]+::):\*/m.test(text);
}

function toListener(record: {
  readonly namespace: string | null;
  readonly local: string;
  readonly port: number;
  readonly pids: readonly number[];
  readonly fields: string;
  readonly old: boolean;
  readonly line: string;
}): Listener | null {
  // The path of a control group may be chosen by a user: everything of ours stands before it, save v6only.
  const before = record.fields.split(" cgroup:", 1)[0] ?? "";
  const only = /\sv6only:([01])(?:\s+[<-][-]?[->]?)?\s*$/.exec(record.fields)?.[1];
  const inode = Number(/\sino:(\d{1,15})(?:\s|$)/.exec(before)?.[1] ?? 0);
  const uid = /\suid:(\d{1,10})(?:\s|$)/.exec(before)?.[1];
  const host = toHost(record.local, record.old, only);
  if (host === null || record.port > 65_535) return null;
  return {
    namespace: record.namespace,
    address: host.address,
    port: record.port,
    dualStack: host.dualStack,
    device: host.device,
    inode: inode > 0 ? inode : null,
    // ss leaves uid 0 out; only where it shows the socket's details does silence mean root.
    uid: uid === undefined ? (inode > 0 ? 0 : null) : Number(uid),
    pids: record.pids,
    evidence: { from: "ss -H -tlnpe", text: toEvidenceText(record.line) },
  };
}

function toHost(
  local: string,
  old: boolean,
  only: string | undefined,
): Pick<Listener, "address" | "dualStack" | "device"> | null {
  const zone = local.indexOf("%");
  const device = zone < 0 ? null : local.slice(zone + 1).replace(/\]$/, "");
  const written = (zone < 0 ? local : local.slice(0, zone)).replace(/^\[|\]$/g, "");
  if (written === "*") {
    if (only === undefined && old) return { address: "0.0.0.0", dualStack: false, device };
    return { address: "::", dualStack: only === undefined ? null : only === "0", device };
  }
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(written)?.[1];
  const address = (mapped ?? written).toLowerCase();
  if (IPV4.test(address)) return { address, dualStack: false, device };
  if (!IPV6.test(address)) return null;
  if (address !== "::") return { address, dualStack: false, device };
  return { address, dualStack: only === undefined ? null : only === "0", device };
}

function toLineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** The fields of a socket that tell an administrator something: not the numbers the kernel knows it by. */
function toTelling(fields: string): string {
  const [before = "", ...groups] = fields.split(" cgroup:");
  const told = before.replaceAll(/\s(?:ino|sk):\S+/g, "");
  return [told, ...groups]
    .join(" cgroup:")
    .replace(/\s[<-][-]?[->]?\s*$/, "")
    .slice(0, 4 * EVIDENCE_LIMIT);
}

function toEvidenceText(line: string): string {
  const text = line.replace(/\s+/g, " ").trim();
  return text.length > EVIDENCE_LIMIT ? `${text.slice(0, EVIDENCE_LIMIT - 1)}…` : text;
}
