/** Finds the facts that belong to one judged server again, for the rules. */
import type { Answer, Question } from "../facts/answers.ts";
import type { Evidence } from "../facts/evidence.ts";
import type { ServerFile } from "../facts/files.ts";
import type { Process } from "../facts/processes.ts";
import type { FileStatus } from "../host/host.ts";
import { toAskedListeners } from "./asked-listeners.ts";
import { toAnswerEvidence } from "./authentication.ts";
import type { JudgedHost } from "./rule.ts";
import type { Server } from "./server.ts";

/** What the server's listeners answered. */
export function toServerAnswers(host: Pick<JudgedHost, "facts">, server: Server): readonly Answer[] {
  const pid = server.process?.pid;
  const own = toAskedListeners(host.facts).filter(({ listener, recognition }) => {
    if (recognition?.kind !== server.kind) return false;
    if (pid !== undefined && listener.pids.length > 0) return listener.pids.includes(pid);
    return server.listeners.some(({ address, port }) => address === listener.address && port === listener.port);
  });
  return own.flatMap(({ answers }) => answers);
}

/** The process of a server, where it could be read. */
export function toServerProcess(host: Pick<JudgedHost, "facts">, server: Server): Process | null {
  const { processes } = host.facts;
  if (server.process === null || !processes.ok) return null;
  return processes.value.find(({ pid }) => pid === server.process?.pid) ?? null;
}

/** Owner and mode of the server's files of one role; those that could not be read are left out. */
export function toServerFiles(
  host: Pick<JudgedHost, "facts">,
  server: Server,
  role: string,
): readonly { readonly file: ServerFile; readonly status: FileStatus }[] {
  return host.facts.files.flatMap((file) =>
    file.role === role && file.pid === server.process?.pid && file.status.ok
      ? [{ file, status: file.status.value }]
      : [],
  );
}

/** A setting as the running process has it: null value where unset; null where that is not known. */
export function toEffectiveSetting(
  host: Pick<JudgedHost, "facts">,
  server: Server,
  name: string,
): { readonly value: string | null; readonly evidence: readonly Evidence[] } | null {
  const process = toServerProcess(host, server);
  if (process?.environment.ok === true) {
    const value = process.environment.value[name] ?? null;
    const evidence = value === null ? [] : [{ from: process.environment.from, text: `${name}=${value}` }];
    return { value, evidence };
  }
  const setting = server.settings.find((each) => each.name === name && each.effectiveKnown);
  return setting === undefined ? null : { value: setting.effective, evidence: [] };
}

/** The first of some answers to a question as evidence, with the part of the body that matters. */
export function toEvidence(answers: readonly Answer[], question: Question, text: string): readonly Evidence[] {
  const answer = answers.find(({ question: id, outcome }) => id === question.id && outcome.kind === "answered");
  const evidence = answer === undefined ? null : toAnswerEvidence(answer);
  return evidence === null ? [] : [{ ...evidence, text }];
}

/** Permission bits as `stat -c %a` prints them, with a leading zero. */
export function toModeText(mode: number): string {
  return `0${(mode & 0o7777).toString(8).padStart(3, "0")}`;
}
