import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** How to start this very program again, as a child of itself. */
export interface Self {
  /** Node.js, links resolved. */
  readonly node: string;
  readonly nodeFlags: readonly string[];
  /** The program's entry file, links resolved: src/main.ts of a checkout, dist/main.js of the package. */
  readonly entry: string;
  /** The folder that holds all that the entry file may load. */
  readonly home: string;
}

/** The hidden first word of a command line that runs a part instead of a command. */
const PART = "__demo";

/** The parts of the guided run that are processes of their own. */
export type Part = "stage" | "stand-in" | "visit";

/** Finds the program this process runs. */
export function findSelf(): Self {
  const entry = realpathSync(process.argv[1] ?? "");
  return { node: realpathSync(process.execPath), nodeFlags: process.execArgv, entry, home: findHome(dirname(entry)) };
}

function findHome(folder: string): string {
  const parent = dirname(folder);
  return existsSync(join(folder, "package.json")) || parent === folder ? folder : findHome(parent);
}

/** The command line of one part. */
export function toPartCommand(self: Self, part: Part, ...operands: readonly string[]): readonly [string, ...string[]] {
  return [self.node, ...self.nodeFlags, self.entry, PART, part, ...operands];
}
