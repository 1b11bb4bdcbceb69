import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { ROOT_ENVIRONMENT } from "../command.ts";

/** A process that says `ready` and then answers each line with a line, in order. */
export class LineProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;
  #complaint = "";
  #previous: Promise<unknown>;

  constructor(argv: readonly [string, ...string[]], env: Readonly<Record<string, string>> = ROOT_ENVIRONMENT) {
    this.#name = argv.join(" ");
    this.#child = spawn(argv[0], argv.slice(1), { env });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stderr.on("data", (chunk: Buffer) => (this.#complaint += chunk.toString("utf8")));
    this.#child.stdin.on("error", () => {}); // told by the missing line
    this.#child.on("error", (error) => (this.#complaint += error.message));
    this.#previous = this.#read();
  }

  /** Resolves once it is ready; rejects where it ended instead, with what it complained about. */
  async ready(): Promise<void> {
    await this.#previous;
  }

  ask(line: string): Promise<string> {
    const answer = this.#previous.then(() => {
      this.#child.stdin.write(`${line}\n`);
      return this.#read();
    });
    this.#previous = answer;
    return answer;
  }

  close(): void {
    this.#child.kill("SIGKILL");
  }

  async #read(): Promise<string> {
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`lab: ${this.#name} ended: ${this.#complaint}`);
    return line.value;
  }
}
