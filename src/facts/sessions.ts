import type { HostReader, Reading } from "../host/host.ts";

/** An established TCP connection, as one end of it sees it. */
export interface Session {
  readonly local: SessionEnd;
  readonly remote: SessionEnd;
}

export interface SessionEnd {
  /** Without a zone; an IPv4 address that came to an IPv6 socket as IPv4. */
  readonly address: string;
  readonly port: number;
}

/**
 * The established connections of the reader's own network namespace, or of that of a process (nsenter(1), needs root):
 * `ss -H -tn state established` (ss(8)).
 */
export async function gatherSessions(host: HostReader, pid: number | null): Promise<Reading<readonly Session[]>> {
  const output = await (pid === null
    ? host.run(["ss", "-H", "-tn", "state", "established"])
    : host.run(["nsenter", `--target=${pid}`, "--net", "--", "ss", "-H", "-tn", "state", "established"]));
  if (!output.ok) return output;
  const { exitCode, stdout, stderr } = output.value;
  if (exitCode !== 0) {
    const why = /not permitted|permission denied/i.test(stderr) ? "denied" : "failed";
    return { ok: false, why, from: output.from, detail: stderr.trim().slice(0, 200) };
  }
  return { ok: true, value: parseSessions(stdout), from: output.from };
}

/** Lines of `ss -H -tn state established`: two queues, this end, the other end. */
export function parseSessions(text: string): readonly Session[] {
  return text.split("\n").flatMap((line) => {
    const [, local, remote] = /^\d+\s+\d+\s+(\S+)\s+(\S+)\s*$/.exec(line.trim()) ?? [];
    const ends = [local, remote].map((end) => parseEnd(end ?? ""));
    const [near, far] = ends;
    return near && far ? [{ local: near, remote: far }] : [];
  });
}

function parseEnd(text: string): SessionEnd | null {
  const [, bracketed, plain, port] =
    /^(?:\[([0-9a-f:.]+)(?:%[^\]]*)?\]|([0-9.]+)(?:%[^:]*)?):(\d{1,5})$/i.exec(text) ?? [];
  const address = (bracketed ?? plain)?.replace(/^::ffff:(?=\d+\.)/i, "");
  return address === undefined || Number(port) > 65_535 ? null : { address, port: Number(port) };
}
