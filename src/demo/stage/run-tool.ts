import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { StageFailure } from "./orders.ts";

const execute = promisify(execFile);
const TOOL_LIMIT_MS = 30_000;

/** Where the tools of the stage are looked for: system directories, also where a user's PATH leaves sbin out. */
export const TOOL_PATH = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin:/run/current-system/sw/bin";

/** Runs one tool to its end and returns what it said. Raises a StageFailure with its last words. */
export async function runTool(program: string, ...operands: readonly string[]): Promise<string> {
  return runToolWith({}, program, ...operands);
}

/** The same with variables in its environment, which holds nothing else of this process's. */
export async function runToolWith(
  variables: Readonly<Record<string, string>>,
  program: string,
  ...operands: readonly string[]
): Promise<string> {
  const command = [program, ...operands].join(" ");
  try {
    const environment = { PATH: TOOL_PATH, LC_ALL: "C", ...variables };
    const { stdout } = await execute(program, [...operands], { env: environment, timeout: TOOL_LIMIT_MS });
    return stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new StageFailure(`the program ${program} is missing`);
    }
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    const reason = said === "" && error instanceof Error ? error.message : said;
    throw new StageFailure(`${command}: ${reason}`);
  }
}
