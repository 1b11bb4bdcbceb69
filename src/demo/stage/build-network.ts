import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { StageFailure } from "./orders.ts";
import { runTool, TOOL_PATH } from "./run-tool.ts";

/** Where the two stand. No packet of theirs leaves the pair of virtual cards between them. */
export const SERVER_ADDRESS = "192.168.77.10";
export const STRANGER_ADDRESS = "192.168.77.20";
export const PORT = 11_434;

const SERVER_IPV6 = "fd77:77::10/64";
const STRANGER_IPV6 = "fd77:77::20/64";
/** Nobody answers there; it makes the server look like one on an ordinary network. */
const ROUTER = "192.168.77.1";

/** The process that holds the stranger's network namespace open. */
export type Stranger = ChildProcess & { readonly pid: number };

/**
 * Wires the network namespace of this process to a second one, the stranger's, which lives as long as the
 * returned process. That one is the pid to enter it by.
 */
export async function buildNetwork(): Promise<Stranger> {
  const stranger = await openNamespace();
  const pid = String(stranger.pid);
  const there = ["nsenter", `--target=${pid}`, "--net", "--"] as const;
  await runTool("ip", "link", "set", "lo", "up");
  await runTool("ip", "link", "add", "name", "eth0", "type", "veth", "peer", "name", "eth0", "netns", pid);
  await runTool("ip", "address", "add", `${SERVER_ADDRESS}/24`, "dev", "eth0");
  await runTool(...there, "ip", "address", "add", `${STRANGER_ADDRESS}/24`, "dev", "eth0");
  await addIpv6([...there]);
  await runTool("ip", "link", "set", "eth0", "up");
  await runTool(...there, "ip", "link", "set", "eth0", "up");
  await runTool("ip", "route", "add", "default", "via", ROUTER);
  return stranger;
}

async function openNamespace(): Promise<Stranger> {
  const holder = spawn("unshare", ["--net", "--", "cat"], {
    env: { PATH: TOOL_PATH },
    stdio: ["pipe", "pipe", "pipe"],
  });
  holder.stdin.write("\n");
  // cat answers only once unshare has made the namespace and become cat.
  await Promise.race([once(holder.stdout, "data"), once(holder, "exit")]);
  const { pid } = holder;
  if (pid === undefined || holder.exitCode !== null) {
    throw new StageFailure("unshare --net: no second network namespace");
  }
  return Object.assign(holder, { pid });
}

/** Fixed addresses without the second that duplicate detection takes; none where the kernel has no IPv6. */
async function addIpv6(there: readonly [string, ...string[]]): Promise<void> {
  if (!existsSync("/proc/net/if_inet6")) {
    return;
  }
  await runTool("ip", "link", "set", "eth0", "addrgenmode", "none");
  await runTool(...there, "ip", "link", "set", "eth0", "addrgenmode", "none");
  await runTool("ip", "-6", "address", "add", SERVER_IPV6, "dev", "eth0", "nodad");
  await runTool(...there, "ip", "-6", "address", "add", STRANGER_IPV6, "dev", "eth0", "nodad");
}
