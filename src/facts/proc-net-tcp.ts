import type { HostReader, Reading } from "../host/host.ts";
import type { Listener } from "./sockets.ts";

/** An entry takes 150 bytes: this is a table of 100,000 sockets. */
const TABLE_LIMIT_BYTES = 16 * 1024 * 1024;

/** `0A` of the kernel's TCP states. */
const LISTENING = /^\s*\d+:\s+([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})\s+[0-9A-F]+:[0-9A-F]{4}\s+0A\s/;

/**
 * The listening sockets of the network namespace that `folder` shows: /proc/net for the reader's own,
 * /proc/PID/net for the one of a process. A missing tcp6 means a kernel without IPv6, not a failure.
 */
export async function gatherSocketTables(
  host: HostReader,
  folder: string,
  namespace: string | null,
): Promise<Reading<readonly Listener[]>> {
  const [ipv4, ipv6] = await Promise.all([
    host.readFile(`${folder}/tcp`, TABLE_LIMIT_BYTES),
    host.readFile(`${folder}/tcp6`, TABLE_LIMIT_BYTES),
  ]);
  if (!ipv4.ok) return ipv4;
  if (!ipv6.ok && ipv6.why !== "absent") return ipv6;
  const listeners = [
    ...parseProcNetTcp(ipv4.value, ipv4.from, namespace),
    ...(ipv6.ok ? parseProcNetTcp(ipv6.value, ipv6.from, namespace) : []),
  ];
  return { ok: true, value: listeners, from: ipv4.from };
}

/**
 * Reads the listening sockets out of /proc/PID/net/tcp or tcp6 (proc_pid_net(5)), the table of the network
 * namespace of that process. Whether `::` takes IPv4 too does not stand there (`dualStack` is null), nor who
 * holds a socket. `from` names the file for the evidence. Addresses are read as little-endian words, which
 * is right for every machine a model server runs on. Lines that are no entry are left out; never throws.
 */
export function parseProcNetTcp(text: string, from: string, namespace: string | null): readonly Listener[] {
  const listeners: Listener[] = [];
  let number = 0;
  for (const line of text.split("\n")) {
    number += 1;
    const entry = LISTENING.exec(line);
    const words = entry?.[1];
    const hexPort = entry?.[2];
    if (words === undefined || hexPort === undefined) continue;
    const port = Number.parseInt(hexPort, 16);
    const fields = line.trim().split(/\s+/);
    const address = words.length === 8 ? toIpv4(words) : toIpv6(words);
    const inode = toCount(fields[9]);
    listeners.push({
      namespace,
      address,
      port,
      dualStack: address === "::" ? null : false,
      device: null,
      inode: inode === 0 ? null : inode,
      uid: toCount(fields[7]),
      pids: [],
      evidence: { from, line: number, text: toEvidenceText(address, port, fields) },
    });
  }
  return listeners;
}

/** The socket as one writes it, and the kernel's words for it: slot, local address, remote address, state. */
function toEvidenceText(address: string, port: number, fields: readonly string[]): string {
  const host = address.includes(":") ? `[${address}]` : address;
  return `${host}:${port} (${fields.slice(0, 4).join(" ")})`;
}

function toCount(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

function toBytes(words: string): readonly number[] {
  return (words.match(/.{8}/g) ?? []).flatMap((word) =>
    [6, 4, 2, 0].map((at) => Number.parseInt(word.slice(at, at + 2), 16)),
  );
}

function toIpv4(word: string): string {
  return toBytes(word).join(".");
}

/** The short form of RFC 5952; IPv4-mapped addresses come out as IPv4. */
function toIpv6(words: string): string {
  const bytes = toBytes(words);
  if (/^0{16}FFFF0000/.test(words)) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0));
  const zeros = toLongestZeros(groups);
  if (zeros.length < 2) return groups.map((group) => group.toString(16)).join(":");
  const head = groups.slice(0, zeros.start).map((group) => group.toString(16));
  const tail = groups.slice(zeros.start + zeros.length).map((group) => group.toString(16));
  return `${head.join(":")}::${tail.join(":")}`;
}

function toLongestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  groups.forEach((group, index) => {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  });
  return best;
}
