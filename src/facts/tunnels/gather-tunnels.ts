import type { HostReader, Reading } from "../../host/host.ts";
import type { Listener } from "../sockets.ts";
import { gatherCloudflared } from "./cloudflared.ts";
import { gatherFrpc } from "./frpc.ts";
import { gatherNgrok } from "./ngrok.ts";
import { parseOther, toZeroTier } from "./others.ts";
import { findRunningTunnels, type RunningTunnel, type TunnelSigns } from "./running.ts";
import { gatherSshForwards } from "./ssh-config.ts";
import { parseServeStatus } from "./tailscale.ts";
import type { Tunnel } from "./tunnel.ts";

type Unread = Extract<Reading<unknown>, { ok: false }>;
interface Gathered {
  readonly tunnels: readonly Tunnel[];
  readonly unread: Unread | null;
}

const FROM = "/proc/*/exe";
const MOST_TUNNELS = 128;

/**
 * The programs of a host that make a port of it reachable through somebody else's machine, and where each leads, from
 * their processes, files and own APIs. One that cannot be read makes the whole reading fail: it may lead anywhere.
 */
export async function gatherTunnels(
  host: HostReader,
  signs: TunnelSigns,
  listeners: readonly Listener[],
): Promise<Reading<readonly Tunnel[]>> {
  const { found, unread } = await findRunningTunnels(host, signs);
  if (unread.length > 0) return { ok: false, why: "denied", from: `/proc/${unread[0]}/cmdline` };
  const gathered = await Promise.all(found.map((running) => gather(host, running, listeners)));
  const failed = gathered.find((each) => each.unread !== null)?.unread ?? null;
  if (failed !== null) return failed;
  // autossh and the ssh that it started say the same.
  const tunnels = gathered.flatMap((each) => each.tunnels);
  const distinct = new Map(
    tunnels.map((tunnel) => [JSON.stringify([tunnel.kind, tunnel.publicName, tunnel.to]), tunnel]),
  );
  return { ok: true, value: [...distinct.values()].slice(0, MOST_TUNNELS), from: FROM };
}

async function gather(host: HostReader, running: RunningTunnel, listeners: readonly Listener[]): Promise<Gathered> {
  const all = (tunnels: readonly Tunnel[]): Gathered => ({ tunnels, unread: null });
  switch (running.program) {
    case "cloudflared":
      return all(await gatherCloudflared(host, running, listeners));
    case "ngrok":
    case "cpolar":
      return all(await gatherNgrok(host, running));
    case "tailscaled":
      return gatherTailscale(host);
    case "ssh":
      return gatherSshForwards(host, running);
    case "frpc":
      return gatherFrpc(host, running);
    case "zerotier-one":
      return all([toZeroTier(running)]);
    case "localtunnel":
    case "bore":
    case "zrok":
      return all(parseOther(running));
  }
}

async function gatherTailscale(host: HostReader): Promise<Gathered> {
  const output = await host.run(["tailscale", "serve", "status", "--json"]);
  if (!output.ok) return { tunnels: [], unread: output };
  const { exitCode, stdout, stderr } = output.value;
  const tunnels = exitCode === 0 ? parseServeStatus(stdout) : null;
  if (tunnels !== null) return { tunnels, unread: null };
  const why = /access denied|permission/i.test(stderr) ? "denied" : exitCode === 0 ? "unparsed" : "failed";
  return { tunnels: [], unread: { ok: false, why, from: output.from, detail: stderr.slice(0, 200) } };
}
