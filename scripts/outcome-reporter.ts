/** A reporter of node:test for the process of one test file: writes each outcome as a line of JSON to descriptor 3. */
import { writeSync } from "node:fs";
import type { TestEvent } from "node:test/reporters";
import { inspect } from "node:util";

/** What became of one test, or of what a file does around its tests. */
export interface Outcome {
  readonly kind: "passed" | "failed" | "skipped";
  readonly name: string;
  /** Of a failure the error with its stack, of a skipped test the reason. */
  readonly text: string;
  readonly milliseconds: number;
}

/** A line of the reporter: an outcome, a remark of the runner's, or the end of the last test. */
export type Line = Outcome | { readonly kind: "remark"; readonly text: string } | { readonly kind: "end" };

/** The runner's own sums, said as remarks. */
const SUM = /^(tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) /;

// oxlint-disable-next-line import/no-default-export, eslint/require-yield -- what node:test takes as a reporter; what it yields would be mixed with what the tests print
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<never, void> {
  for await (const event of events) {
    for (const line of toLines(event)) writeSync(3, `${JSON.stringify(line)}\n`);
  }
}

function toLines({ type, data }: TestEvent): readonly Line[] {
  if (type === "test:diagnostic") return SUM.test(data.message) ? [] : [{ kind: "remark", text: data.message }];
  if (type === "test:summary") return [{ kind: "end" }];
  if (type !== "test:pass" && type !== "test:fail") return [];
  const { name, details } = data;
  const milliseconds = details.duration_ms;
  const excuse = data.skip ?? data.todo ?? false;
  if (excuse !== false) return [{ kind: "skipped", name, text: String(excuse), milliseconds }];
  const isSuite = details.type === "suite";
  if (type === "test:pass") return isSuite ? [] : [{ kind: "passed", name, text: "", milliseconds }];
  // A suite fails with its tests, which have been told; its own body or a hook of it is news.
  if (isSuite && toFailureType(data.details.error) === "subtestsFailed") return [];
  return [{ kind: "failed", name, text: toText(data.details.error), milliseconds }];
}

function toFailureType(error: Error): unknown {
  return "failureType" in error ? error.failureType : undefined;
}

/** The error as the test threw it, without the runner's own frames. */
function toText({ cause, message }: Error): string {
  const text = cause instanceof Error ? (cause.stack ?? cause.message) : inspect(cause ?? message);
  return text
    .split("\n")
    .filter((line) => !/\(node:internal\/|at (async )?node:internal\//.test(line))
    .join("\n");
}
