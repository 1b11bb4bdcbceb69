import type { HostReader, Reading } from "../host/host.ts";

/** An established TCP connection, as one end of it sees it. */
export interface Connection {
  readonly local: ConnectionEnd;
  readonly remote: ConnectionEnd;
}

export interface ConnectionEnd {
  /** Numeric, without brackets and zone; an IPv4 address that came to an IPv6 socket as IPv4. */
  readonly address: string;
  readonly port: number;
  /** The link that a link-local address belongs to, else null. */
  readonly interface: string | null;
}

/**
 * The established connections of the reader's own network namespace, or of that of a process (nsenter(1), needs root):
 * `ss -H -tn state established` (ss(8)).
 */
export async function gatherConnections(
  host: Pick<HostReader, "run">,
  pid: number | null,
): Promise<Reading<readonly Connection[]>> {
  const output = await (pid === null
    ? host.run(["ss", "-H", "-tn", "state", "established"])
    : host.run(["nsenter", `--target=${pid}`, "--net", "--", "ss", "-H", "-tn", "state", "established"]));
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode !== 0) {
    const why = /not permitted|permission denied/i.test(stderr) ? "denied" : "failed";
    return { ok: false, why, from: output.from, detail: stderr.trim().slice(0, 200) };
  }
  return { ok: true, value: parseConnections(stdout).connections, from: output.from };
}

const LINE: RegExp = /^(?:ESTAB\s+)?\d+\s+\d+\s+(\S+):(\d{1,5})\s+(\S+):(\d{1,5})(?:\s|$)/;
const ADDRESS: RegExp = /^\[?([0-9a-f]*[.:][0-9a-f.:]+)\]?(?:%([^\s\]]{1,15}))?\]?$/i;

/** Reads the output of `ss -H -tn state established` (iproute2 4 to 6); lines that are none are counted. Never throws. */
export function parseConnections(text: string): {
  readonly connections: readonly Connection[];
  readonly unparsed: number;
} {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const connections = lines.flatMap((line) => {
    const [, near = "", nearPort = "", far = "", farPort = ""] = LINE.exec(line.trim()) ?? [];
    const [local, remote] = [toEnd(near, nearPort), toEnd(far, farPort)];
    return local === null || remote === null ? [] : [{ local, remote }];
  });
  return { connections, unparsed: lines.length - connections.length };
}

function toEnd(text: string, port: string): ConnectionEnd | null {
  const [, address, link = null] = ADDRESS.exec(text) ?? [];
  if (address === undefined || Number(port) > 65_535) return null;
  return { address: unwrap(address), port: Number(port), interface: link };
}

function unwrap(address: string): string {
  return /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1] ?? address.toLowerCase();
}
