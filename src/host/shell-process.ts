import type { ChildProcessWithoutNullStreams } from "node:child_process";
import type { Readable, Writable } from "node:stream";

/** A running shell, here or on another host, that reads requests from its input. */
export interface ShellProcess {
  readonly input: Writable;
  readonly output: Readable;
  /** Comes true when the process has ended, with its last words. */
  readonly ended: Promise<string>;
  /** Waits for it no more, and does not keep Portlock from ending. */
  abandon(): void;
}

/** How much of what a child has said on its error stream is kept: its end. */
export const LOG_LIMIT: number = 16 * 1024;
const DRAIN_MS = 200;

export function toShellProcess(child: ChildProcessWithoutNullStreams): ShellProcess {
  const words = keepLog(child);
  let fault = "";
  child.once("error", (error) => {
    fault = error.message;
  });
  return {
    input: child.stdin,
    output: child.stdout,
    ended: waitForEnd(child).then(() => fault + words().trim()),
    abandon: () => {
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
      child.unref();
    },
  };
}

/** A child has ended when its streams have, or shortly after it: a grandchild may hold them for ever. */
export async function waitForEnd(child: ChildProcessWithoutNullStreams): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  child.once("close", () => resolve());
  child.once("error", () => resolve());
  child.once("exit", () => {
    timer = setTimeout(resolve, DRAIN_MS);
  });
  await promise;
  clearTimeout(timer);
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
}

/** The end of what a child has said on its error stream. */
export function keepLog(child: ChildProcessWithoutNullStreams): () => string {
  let text = "";
  child.stderr.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-LOG_LIMIT);
  });
  return () => text;
}
