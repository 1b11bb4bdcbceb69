import type { Answer, Question } from "../facts/answers.ts";
import type { HostReader } from "../host/host.ts";
import type { Recognition, ServerKindId } from "../servers/server-kind.ts";

/** What recognises a model server by its answers; handed in, because verify knows no kind. */
export interface Recogniser {
  /** Requests that tell a server of this kind and whether it demands a credential; none changes anything. */
  questionsFor(kind: ServerKindId): readonly Question[];
  recognise(answers: readonly Answer[]): Pick<Recognition, "kind" | "access"> | null;
}

/** A place that is called. */
export interface Door {
  readonly address: string;
  readonly port: number;
  /** The listener speaks TLS. */
  readonly tls: boolean;
}

/** Puts the questions one after the other by new connections, until one is not answered; by its address or that name. */
export async function askDoor(
  host: HostReader,
  { address, port, tls, name }: Door & { readonly name?: string },
  questions: readonly Question[],
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const { id, method, path } of questions) {
    const called = name === undefined ? {} : { hostHeader: `${name}:${port}` };
    const outcome = await host.request({ method, path, address, port, ...(tls ? { tls } : {}), ...called });
    answers.push({ question: id, address, port, namespace: null, outcome });
    if (outcome.kind !== "answered") break;
  }
  return answers;
}
