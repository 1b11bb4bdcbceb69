import { join } from "node:path";
import { attemptCommand, runCommand } from "./command.ts";
import { NAMESPACE_DIRECTORY } from "./names.ts";

const LEGACY_TABLES = ["filter", "nat", "mangle", "raw"] as const;
const CHAINS_WITH_POLICY = ["INPUT", "FORWARD", "OUTPUT"] as const;
/** Cards of a host; every other link was made by what ran on it. */
const CARD = /^(lo|eth\d)$/;

/** Takes out of a host's network namespace what a kernel forgets at a reboot: rules, sets, links that programs made. */
export async function forgetNetwork(namespace: string): Promise<void> {
  const there = ["nsenter", `--net=${join(NAMESPACE_DIRECTORY, namespace)}`, "--"] as const;
  await attemptCommand([...there, "nft", "flush", "ruleset"]);
  for (const program of ["iptables-legacy", "ip6tables-legacy"]) {
    for (const table of LEGACY_TABLES) {
      for (const verb of ["-F", "-X"]) await attemptCommand([...there, program, "-w", "-t", table, verb]);
    }
    for (const chain of CHAINS_WITH_POLICY) await attemptCommand([...there, program, "-w", "-P", chain, "ACCEPT"]);
  }
  await attemptCommand([...there, "ipset", "destroy"]);
  const { stdout } = await runCommand([...there, "ip", "-o", "link"]);
  const links = stdout.split("\n").flatMap((line) => /^\d+: ([^:@]+)/.exec(line)?.[1] ?? []);
  for (const link of links.filter((name) => !CARD.test(name))) {
    await attemptCommand([...there, "ip", "link", "delete", link]);
  }
  await runCommand([
    ...there,
    "sysctl",
    "--quiet",
    "--write",
    "net.ipv4.ip_forward=0",
    "net.ipv4.conf.all.route_localnet=0",
  ]);
}
