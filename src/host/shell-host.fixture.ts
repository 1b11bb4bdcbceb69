import { existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startSshd, SSHD_MISSING } from "./loopback-sshd.ts";
import type { LoopbackSshd } from "./loopback-sshd.ts";

/** Ends what was started, in turn. */
export interface Ends {
  after(end: () => void): void;
}

/** Name of a tool and the program behind it. */
export type Tool = readonly [string, string];

/** Why there can be no host with that shell, or false. */
export function findMissing(...programs: readonly string[]): string | false {
  const missing = programs.find((program) => !existsSync(program));
  return SSHD_MISSING || (missing === undefined ? false : `${missing} is not installed`);
}

/** A host whose login leads to this shell and these programs, whatever the machine has. None: the machine's own. */
export async function startShellHost(context: Ends, shell: string, tools: readonly Tool[]): Promise<LoopbackSshd> {
  const bin = mkdtempSync(join(tmpdir(), "portlock-bin-"));
  context.after(() => rmSync(bin, { recursive: true }));
  symlinkSync(shell, join(bin, "sh"));
  for (const [tool, program] of tools) symlinkSync(program, join(bin, tool));
  const path = tools.length === 0 ? "/usr/bin:/bin" : bin;
  return await startSshd(context, { forceCommand: `exec env -i PATH=${path} LC_ALL=C ${bin}/sh` });
}
