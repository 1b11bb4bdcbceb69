import { readFileSync } from "node:fs";

/**
 * Everything the lab makes carries a name that says which process owns it: `pl-PID-START-…`, START being the
 * process's start time in clock ticks (proc_pid_stat(5), field 22), so that a pid used again is not mistaken
 * for the owner. Whether something is a leftover can be told from its name alone.
 */
const NAME = /^pl-(\d+)-(\d+)-/;

/** Where overlays, consoles and engines' data of all runs live; only root may enter. */
export const STATE_DIRECTORY = "/var/lib/pl-lab";
/** Where ip-netns(8) keeps named network namespaces. */
export const NAMESPACE_DIRECTORY = "/run/netns";

/** The prefix of everything this process makes. */
export function toRunPrefix(): string {
  return `pl-${process.pid}-${readStartTicks(process.pid)}-`;
}

/** True where the name is the lab's and the process that made it is gone. */
export function isLeftover(name: string): boolean {
  const match = NAME.exec(name);
  if (match === null) return false;
  return readStartTicks(Number(match[1])) !== match[2];
}

/** The prefix of the run that made a name, or null for a name that is not the lab's. */
export function toPrefix(name: string): string | null {
  return NAME.exec(name)?.[0] ?? null;
}

function readStartTicks(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is a name in brackets that may itself hold brackets and blanks.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
