import type { Report } from "../src/report/report.ts";
import type { Host } from "./host.ts";

export interface AuditOptions {
  /** Who runs it, by the host's own passwd. Default: root. */
  readonly as?: string;
  /** Further arguments. */
  readonly args?: readonly string[];
}

export interface Audit {
  readonly exitCode: number;
  readonly report: Report;
  readonly stderr: string;
}

/** Where a host sees this checkout, and the Node.js that runs the lab. */
export const CHECKOUT_INSIDE = "/opt/portlock";
export const NODE_INSIDE = "/opt/portlock-node";
/** Where Node.js keeps this checkout's modules ready for the next run: half of what a short command costs. */
export const COMPILED_INSIDE = "/opt/portlock-compiled";
/** What this checkout's portlock is run with in a host. */
export const PORTLOCK_ENVIRONMENT: Readonly<Record<string, string>> = {
  PORTLOCK_NODE: NODE_INSIDE,
  NODE_COMPILE_CACHE: COMPILED_INSIDE,
};
/** Findings, or a verdict that could not be reached, are answers too; anything higher is a failure. */
const HIGHEST_ANSWER = 2;

/** Runs `portlock audit --json` inside a host. Rejects where it fails or prints no report. */
export async function auditHost(host: Host, options: AuditOptions = {}): Promise<Audit> {
  const output = await host.attempt(toArguments(["audit", "--json", ...(options.args ?? [])]), {
    env: PORTLOCK_ENVIRONMENT,
    ...(options.as === undefined ? {} : { user: options.as }),
  });
  if (output.exitCode > HIGHEST_ANSWER) {
    throw new Error(`lab: audit ended with ${output.exitCode}\n${output.stdout}${output.stderr}`);
  }
  const report: unknown = JSON.parse(output.stdout);
  if (!isReport(report)) throw new Error(`lab: audit printed no report:\n${output.stdout.slice(0, 2_000)}`);
  return { exitCode: output.exitCode, report, stderr: output.stderr };
}

/** Runs `portlock record` inside a host and returns the text of the recording. */
export async function recordHost(host: Host, options: AuditOptions = {}): Promise<string> {
  const path = "/tmp/portlock-recording.json";
  const args = toArguments(["record", "-o", path, ...(options.args ?? [])]);
  const user = options.as === undefined ? {} : { user: options.as };
  await host.run(args, { env: PORTLOCK_ENVIRONMENT, ...user });
  const { stdout } = await host.run(["cat", path]);
  await host.run(["rm", path]);
  return stdout;
}

function toArguments(args: readonly string[]): readonly string[] {
  return ["sh", `${CHECKOUT_INSIDE}/bin/portlock`, ...args];
}

/** The document says itself what it is; its shape is the report's own tests' business. */
function isReport(value: unknown): value is Report {
  return typeof value === "object" && value !== null && "schema" in value && value.schema === "portlock.report/1";
}
