import type { Output, Reading } from "../host/host.ts";

/** Something that was to be done on the host and was not, in the words of the tool: a change stops there. */
export class Fault extends Error {
  override readonly name: string = "Fault";
}

const LONGEST_DETAIL = 400;

/** The value of a verb of the door; throws a `Fault` where there is none. */
export function must<T>(reading: Reading<T>): T {
  if (reading.ok) return reading.value;
  throw new Fault(`${reading.from}: ${reading.detail ?? reading.why}`.slice(0, LONGEST_DETAIL));
}

/** What a command left behind that succeeded; throws a `Fault` with its last words where it did not. */
export function mustSucceed(program: string, reading: Reading<Output>): Output {
  // The whole command may be long; the plan has it.
  if (!reading.ok) throw new Fault(`${program}: ${reading.detail ?? reading.why}`.slice(0, LONGEST_DETAIL));
  const { exitCode, stdout, stderr } = reading.value;
  if (exitCode === 0) return reading.value;
  const words = (stderr.trim() || stdout.trim()).slice(-LONGEST_DETAIL);
  throw new Fault(`${program}: exit code ${exitCode}${words === "" ? "" : `: ${words}`}`);
}
