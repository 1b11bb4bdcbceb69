import type { Listener } from "./sockets.ts";

/** Kernel names (comm) hold at most 15 bytes, and `ss` cuts them at the first closing parenthesis. */
const HOLDER: RegExp = /\("([^)]*)",pid=(\d+),(?:tid=\d+,)?fd=\d+\)/y;
const RECORD: RegExp = /LISTEN[ \t]+\d+[ \t]+\d+[ \t]+(\S+):(\d{1,5})[ \t]+(\S+):\*(?=\s|$)/y;
const USERS: RegExp = /[ \t]+users:\(/y;
const OLD_RECORD: RegExp = /^LISTEN[ \t]+\d+[ \t]+\d+[ \t]+(?:\d+\.\d+\.\d+\.\d+\S*[ \t]+\*|\S+[ \t]+::):\*/m;
const V6ONLY: RegExp = /\sv6only:([01])(?:\s+[<-][-]?[->]?)?\s*$/;
const INODE: RegExp = /\sino:(\d{1,15})(?:\s|$)/;
const UID: RegExp = /\suid:(\d{1,10})(?:\s|$)/;
const IPV4: RegExp = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const IPV6: RegExp = /^[0-9a-f:]*:[0-9a-f:]*(?:\d{1,3}(?:\.\d{1,3}){3})?$/i;
const EVIDENCE_LIMIT = 240;

export interface SocketStatistics {
  readonly listeners: readonly Listener[];
  /** Lines that were no record: what stands there is not known. */
  readonly unparsed: number;
}

/** Where a socket listens, without the processes that hold it. */
export type ListenPlace = Omit<Listener, "pids" | "evidence">;

/**
 * Reads the output of `ss -H -tlnpe` (ss(8), iproute2 4 to 6). Names of processes are chosen by whoever runs
 * them and may hold quotes, newlines and whole fields: a record is read from its start, field by field, so
 * that a name can neither end its own field nor begin another record. `namespace` is the one `ss` ran in.
 * Never throws.
 */
export function parseSocketStatistics(text: string, namespace: string | null): SocketStatistics {
  const isOld = toDialect(text);
  const listeners: Listener[] = [];
  const unparsed = visitRecords(text, (record) => {
    const place = toPlace(record, namespace, isOld);
    if (place === null) return false;
    listeners.push({ ...place, pids: record.pids, evidence: { from: "ss -H -tlnpe", text: toEvidenceText(record) } });
    return true;
  });
  return { listeners, unparsed };
}

/** Reads the output of `ss -H -tlne`, which is the same without the holders. Never throws. */
export function parseListenPlaces(text: string, namespace: string | null): readonly ListenPlace[] {
  const isOld = toDialect(text);
  const places: ListenPlace[] = [];
  visitRecords(text, (record) => {
    const place = toPlace(record, namespace, isOld);
    if (place === null) return false;
    places.push(place);
    return true;
  });
  return places;
}

interface SocketRecord {
  readonly local: string;
  readonly port: number;
  readonly pids: readonly number[];
  /** The text up to the fields behind the holders. */
  readonly head: string;
  readonly fields: string;
  /** The control group, whose path may be chosen by a user, and what follows it. */
  readonly group: string;
}

/** Hands over one record after another; returns how many lines were none, or were not understood. */
function visitRecords(text: string, understand: (record: SocketRecord) => boolean): number {
  let unparsed = 0;
  let start = 0;
  while (start < text.length) {
    RECORD.lastIndex = start;
    const record = RECORD.exec(text);
    const local = record?.[1];
    if (record === null || local === undefined) {
      const next = toLineEnd(text, start);
      if (text.slice(start, next).trim() !== "") unparsed += 1;
      start = next + 1;
      continue;
    }
    const holders = readHolders(text, RECORD.lastIndex);
    const end = toLineEnd(text, holders.end);
    const rest = text.slice(holders.end, end);
    const cut = rest.indexOf(" cgroup:");
    const isUnderstood = understand({
      local,
      port: Number(record[2]),
      pids: holders.pids,
      head: text.slice(start, Math.min(holders.end, start + 4 * EVIDENCE_LIMIT)),
      fields: cut < 0 ? rest : rest.slice(0, cut),
      group: cut < 0 ? "" : rest.slice(cut),
    });
    if (!isUnderstood) unparsed += 1;
    start = end + 1;
  }
  return unparsed;
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
    at = HOLDER.lastIndex;
    if (text[at] === ")" && pids.size === 0) return { pids: [Number(holder[2])], end: at + 1 };
    pids.add(Number(holder[2]));
    if (text[at] === ")") return { pids: [...pids].toSorted((a, b) => a - b), end: at + 1 };
    if (text[at] !== ",") return { pids: [], end: at };
    at += 1;
  }
}

/**
 * Before iproute2 4.15 `*` is 0.0.0.0 and IPv6 stands without brackets; since then `*` is the wildcard of
 * both. The column of the peer tells which it is: an old `ss` gives an IPv4 socket the peer `*:*`. Looked for
 * once, and only where a record leaves it open.
 */
function toDialect(text: string): () => boolean {
  let old: boolean | undefined;
  return () => (old ??= OLD_RECORD.test(text));
}

function toPlace(
  { local, port, fields, group }: SocketRecord,
  namespace: string | null,
  isOld: () => boolean,
): ListenPlace | null {
  const host = toHost(local, isOld, () => V6ONLY.exec(group || fields)?.[1]);
  if (host === null || port > 65_535) return null;
  const inode = Number(INODE.exec(fields)?.[1] ?? 0);
  const uid = UID.exec(fields)?.[1];
  return {
    namespace,
    address: host.address,
    port,
    dualStack: host.dualStack,
    device: host.device,
    inode: inode > 0 ? inode : null,
    // ss leaves uid 0 out; only where it shows the socket's details does silence mean root.
    uid: uid === undefined ? (inode > 0 ? 0 : null) : Number(uid),
  };
}

/** `readOnly` tells what the record says on v6only, where it matters. */
function toHost(
  local: string,
  isOld: () => boolean,
  readOnly: () => string | undefined,
): Pick<Listener, "address" | "dualStack" | "device"> | null {
  if (IPV4.test(local)) return { address: local, dualStack: false, device: null };
  const zone = local.indexOf("%");
  const device = zone < 0 ? null : local.slice(zone + 1).replace(/\]$/, "");
  const written = (zone < 0 ? local : local.slice(0, zone)).replace(/^\[|\]$/g, "");
  const only = written === "*" || written === "::" ? readOnly() : undefined;
  const dualStack = only === undefined ? null : only === "0";
  if (written === "*") {
    if (only === undefined && isOld()) return { address: "0.0.0.0", dualStack: false, device };
    return { address: "::", dualStack, device };
  }
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(written)?.[1];
  const address = (mapped ?? written).toLowerCase();
  if (IPV4.test(address)) return { address, dualStack: false, device };
  if (!IPV6.test(address)) return null;
  return { address, dualStack: address === "::" ? dualStack : false, device };
}

function toLineEnd(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

/** What tells an administrator something: not the numbers the kernel knows a socket by, and no arrow at the end. */
function toEvidenceText({ head, fields, group }: SocketRecord): string {
  const told = head + fields.replaceAll(/\s(?:ino|sk):\S+/g, "") + group.slice(0, 4 * EVIDENCE_LIMIT);
  const text = told
    .replaceAll(/\s{2,}|[^\S ]/g, " ")
    .replace(/ [<-]-?[->]? ?$/, "")
    .trim();
  return text.length > EVIDENCE_LIMIT ? `${text.slice(0, EVIDENCE_LIMIT - 1)}…` : text;
}
