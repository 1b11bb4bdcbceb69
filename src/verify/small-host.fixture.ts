/** What the tests share of what verify does with a site: a small host behind SSH, and what was learned as one word. */
import { startShellHost } from "../host/shell-host.fixture.ts";
import { openSshWriter } from "../host/ssh-writer.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Learned } from "./proofs.ts";

const TOOLS: readonly (readonly [name: string, program: string])[] = [
  ..."cat cp date env head ls od sed sleep sort stat timeout tr"
    .split(" ")
    .map((tool) => [tool, "/bin/busybox"] as const),
  ["curl", "/usr/bin/curl"],
  ["ss", "/usr/bin/ss"],
];

/** The writer of a host that has BusyBox, curl and ss; it ends with `closing`. */
export async function openSmallHost(closing: (() => unknown)[]): Promise<HostWriter> {
  const sshd = await startShellHost({ after: (end) => void closing.push(end) }, "/bin/busybox", TOOLS);
  return openSshWriter(sshd.target, { configFile: sshd.configFile });
}

/** Whether it holds, or why that is not known. */
export type Told = boolean | string;

export function toTold(learned: Learned): Told {
  if (learned.holds !== null) return learned.holds;
  return learned.detail === null ? learned.why : `${learned.why}: ${learned.detail}`;
}
