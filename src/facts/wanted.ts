import type { Answer, Question } from "./answers.ts";
import type { Process } from "./processes.ts";

/**
 * What to look for on a host. Facts are gathered without knowing any model server: the catalogue of server
 * kinds (servers/catalogue.ts) says which settings, units, files and questions matter.
 */
export interface Wanted {
  /** Environment variables whose values are kept; every other variable is dropped while it is read. */
  readonly variables: readonly string[];
  /** Put to every listener, in this order; one that does not speak HTTP to the first is not asked again. */
  readonly questions: readonly Question[];
  /**
   * What to ask a listener next, given all its answers so far: ask that, and call again until it names none
   * (after two rounds at the latest). None when nothing there speaks HTTP.
   */
  furtherQuestions(answers: readonly Answer[]): readonly Question[];
  /** True where the answers of one listener are a model server's: only then are their bodies kept. */
  recognises(answers: readonly Answer[]): boolean;
  /** Ports worth asking first. */
  readonly ports: readonly number[];
  looksLikeServer(process: Pick<Process, "name" | "executable" | "arguments">): boolean;
  /** True for a service unit worth reading although nothing of it runs, such as `ollama.service`. */
  wantsUnit(name: string): boolean;
  /** Names under /etc/default and /etc/sysconfig that belong to a server. */
  readonly defaultsFiles: readonly string[];
  /** Paths whose owner and mode matter for a running server. */
  filesOf(process: Process, home: string | null): readonly { readonly role: string; readonly path: string }[];
}
