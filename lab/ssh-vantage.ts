import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Auditor } from "./auditor.ts";
import type { Host } from "./host.ts";

/** An sshd where the neighbour stands, and the target by which somebody else logs in there. */
export async function openSshVantage(
  host: Host,
  auditor: Auditor,
): Promise<{ readonly target: string; readonly sshd: ChildProcess }> {
  const [key, file] = [join(auditor.home, "host-key"), join(auditor.home, "sshd.conf")];
  await auditor.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key]);
  const lines = [
    "Port 2200",
    `HostKey ${key}`,
    `AuthorizedKeysFile ${join(auditor.home, ".ssh/id_ed25519.pub")}`,
    "StrictModes no",
    "UsePAM no",
    "PidFile none",
  ];
  auditor.write("sshd.conf", `${lines.join("\n")}\n`);
  // What sshd.service makes when it starts, which on this machine it may never have done.
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const [program = "", ...operands] = host.neighbour.entry;
  const sshd = spawn(program, [...operands, "/usr/sbin/sshd", "-D", "-f", file], { stdio: "ignore" });
  for (
    let tries = 0;
    (await auditor.place.connect(host.addresses.neighbour.ipv4, 2200)).kind !== "connected";
    tries += 1
  ) {
    assert.ok(tries < 100, "no sshd at the neighbour's");
    await sleep(50);
  }
  const hostKey = readFileSync(`${key}.pub`, "utf8").split(" ").slice(0, 2).join(" ");
  const known = readFileSync(join(auditor.home, ".ssh/known_hosts"), "utf8");
  auditor.write(".ssh/known_hosts", `${known}[${host.addresses.neighbour.ipv4}]:2200 ${hostKey}\n`);
  return { target: `ssh://root@${host.addresses.neighbour.ipv4}:2200`, sshd };
}
