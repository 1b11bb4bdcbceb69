import type { HostReader, Reading } from "../host/host.ts";
import { parseConnections } from "./connections.ts";
import type { FirewallPresence } from "./firewall.ts";

/** A TCP connection from another machine that stands open to a port of this host. */
export interface Session {
  /** Numeric address of who called, without brackets and zone; IPv4-mapped ones are unwrapped. */
  readonly peer: string;
  /** The host's own address that was called, in the same form. */
  readonly address: string;
  readonly port: number;
  /** The link that a link-local address belongs to, else null. */
  readonly interface: string | null;
}

/** What stands open to the ports of servers. */
export interface Sessions {
  /** One for each place that somebody calls from; two connections of one machine to one port are told once. */
  readonly sessions: readonly Session[];
  /** Places that were left out, because there were too many. */
  readonly left: number;
}

/** Ports that are asked for, and callers that are kept. */
const MOST_PORTS = 16;
const MOST_SESSIONS = 256;

/**
 * Who stands connected to these ports of the reader's own network namespace, from ss(8), which has the kernel choose
 * them. Only where there are rules that may stop new connections by now: undefined where there are none, for then
 * nobody needs to know who calls.
 */
export async function gatherSessions(
  host: Pick<HostReader, "run">,
  firewall: Promise<Reading<FirewallPresence>>,
  ports: readonly number[],
): Promise<Reading<Sessions> | undefined> {
  const rules = await firewall;
  const [first, ...others] = [...new Set(ports)].slice(0, MOST_PORTS);
  if (first === undefined || !rules.ok || rules.value.ruleSets.length === 0) return undefined;
  const more = others.flatMap((port) => ["or", "sport", "=", `:${port}`] as const);
  const output = await host.run(["ss", "-H", "-tn", "state", "established", "sport", "=", `:${first}`, ...more]);
  if (!output.ok) return output;
  const from = output.from;
  if (output.value.exitCode !== 0) {
    return { ok: false, why: "failed", from, detail: output.value.stderr.trim().slice(0, 200) };
  }
  const { sessions, unparsed } = parseSessions(output.value.stdout);
  if (unparsed > 0) return { ok: false, why: "unparsed", from, detail: `${unparsed} lines` };
  const value = { sessions: sessions.slice(0, MOST_SESSIONS), left: Math.max(0, sessions.length - MOST_SESSIONS) };
  return { ok: true, from, value };
}

/** Who stands connected, from the output of `ss -H -tn state established`. Never throws. */
export function parseSessions(text: string): { readonly sessions: readonly Session[]; readonly unparsed: number } {
  const { connections, unparsed } = parseConnections(text);
  const sessions = connections.map(({ local: { address, port, interface: link }, remote }): Session => ({
    peer: remote.address,
    address,
    port,
    interface: link,
  }));
  return { sessions: [...new Map(sessions.map((each) => [JSON.stringify(each), each])).values()], unparsed };
}
