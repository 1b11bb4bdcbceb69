import { toCommandLine } from "./printable.ts";

/** Makes a command line of Portlock's own about the host that is spoken of: it does what it says when it is pasted. */
export type OwnCommand = (...args: readonly string[]) => string;

/** @param target as `--host` takes it; `localhost` goes without saying */
export function toOwnCommand(target: string): OwnCommand {
  const host = target === "localhost" ? [] : ["--host", target];
  return (...args) => toCommandLine(["portlock", ...args, ...host]);
}
