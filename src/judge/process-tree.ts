import type { Process } from "../facts/processes.ts";

/** The processes of a host, by pid, and which of them stand above others. */
export interface ProcessTree {
  readonly byPid: ReadonlyMap<number, Process>;
  /**
   * The topmost process of the chain of parents above `pid` that is a server and lives in the same network
   * namespace: a worker belongs to the server that started it. `pid` itself where there is none.
   */
  rootOf(pid: number, isServer: (pid: number) => boolean): number;
}

/** No chain of parents is longer on a host that works; a longer one is hostile, or a loop. */
const LONGEST_CHAIN = 128;

export function toProcessTree(processes: readonly Process[]): ProcessTree {
  const byPid = new Map(processes.map((process) => [process.pid, process]));
  return {
    byPid,
    rootOf(pid, isServer) {
      const namespace = byPid.get(pid)?.namespace ?? null;
      let root = pid;
      let current = byPid.get(pid);
      for (let step = 0; step < LONGEST_CHAIN && current !== undefined; step += 1) {
        if (current.pid !== 1 && isServer(current.pid) && current.namespace === namespace) root = current.pid;
        current = current.parentPid === null ? undefined : byPid.get(current.parentPid);
      }
      return root;
    },
  };
}
