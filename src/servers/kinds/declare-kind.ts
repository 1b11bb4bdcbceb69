/** Server kinds that are told apart by single answers, written as data instead of as a function each. */
import type { Answer, Question } from "../../facts/answers.ts";
import type { HttpAnswer } from "../../host/host.ts";
import { fileName, programOf } from "../program.ts";
import {
  answerTo,
  demandsCredential,
  jsonObjectOf,
  modelOwners,
  parseJson,
  isJsonObject,
  readVersion,
  valueAt,
} from "../read-answers.ts";
import type { AccessAnswer, Recognition, ServerKind, ServerKindId } from "../server-kind.ts";

/** Something only this kind answers. Every condition that is given must hold. */
export interface Mark {
  readonly asks: Question;
  /** 1 to 100, as in `Recognition`. */
  readonly specificity: number;
  /** Status of the answer; 200 where nothing is said, `any` where it does not matter. */
  readonly status?: number | "any";
  readonly server?: RegExp;
  readonly body?: RegExp;
  /** Dotted paths that the JSON body has, and has not. */
  readonly has?: readonly string[];
  readonly lacks?: readonly string[];
  /** Dotted path and what is found there. */
  readonly says?: readonly [path: string, value: string | boolean];
  /** `owned_by` of a model in an OpenAI model list. */
  readonly owner?: string;
  /** Any OpenAI model list. */
  readonly modelList?: true;
  /** A second answer that must hold too. */
  readonly and?: Mark;
}

/** What tells whether a credential is demanded. */
export type AccessSign =
  | { readonly asks: Question; readonly by: "status" }
  | { readonly asks: Question; readonly by: "flag"; readonly path: string };

/** An answer that takes back what `AccessSign` says. */
export type AccessMark = Omit<Mark, "specificity">;

export interface KindEntry {
  readonly id: ServerKindId;
  readonly ports: readonly number[];
  readonly marks: readonly Mark[];
  /** Null: no harmless request tells. */
  readonly access: AccessSign | null;
  /** Where one of these holds, everybody gets in, whatever credential is demanded. */
  readonly letIn?: readonly AccessMark[];
  /** Where one of these holds, a demand for a credential may be none. */
  readonly doubts?: readonly AccessMark[];
  readonly version?: { readonly asks: Question; readonly path: string };
  /** Matches the program's name, or one of its first arguments (`python3 -m vllm.…`). */
  readonly program: RegExp;
}

/** Makes a kind of its entry. It has no settings or files that Portlock reads: only name and routes are told. */
export function declareKind(entry: KindEntry): ServerKind {
  const { marks, access, version, program, letIn = [], doubts = [] } = entry;
  const identifiedBy = [...new Set(marks.flatMap((mark) => [mark.asks, ...(mark.and ? [mark.and.asks] : [])]))];
  const further = [version, access, ...letIn, ...doubts].flatMap((each) => each?.asks ?? []);
  return {
    id: entry.id,
    ports: entry.ports,
    identifiedBy,
    questions: [...new Set(further)],
    variables: [],
    units: null,
    defaultsFiles: [],
    filesOf: () => [],
    looksLike: (process) =>
      [programOf(process), ...process.arguments.slice(0, 4)].some(
        (word) => program.test(word) || program.test(fileName(word)),
      ),
    recognise: (answers) => recognise(entry, answers),
  };
}

function recognise(entry: KindEntry, answers: readonly Answer[]): Recognition | null {
  const specificity = Math.max(0, ...entry.marks.map((mark) => (isMarked(mark, answers) ? mark.specificity : 0)));
  if (specificity === 0) return null;
  const versioned = entry.version === undefined ? null : jsonObjectOf(answerTo(answers, entry.version.asks));
  return {
    kind: entry.id,
    version: versioned === null ? null : readVersion(valueAt(versioned, entry.version?.path ?? "")),
    ...readAccess(entry, answers),
    specificity,
  };
}

function isMarked(mark: AccessMark, answers: readonly Answer[]): boolean {
  const answer = answerTo(answers, mark.asks);
  if (answer === null) return false;
  const status = mark.status ?? 200;
  return (
    (status === "any" || answer.status === status) &&
    (mark.server === undefined || mark.server.test(answer.headers["server"] ?? "")) &&
    (mark.body === undefined || mark.body.test(answer.body)) &&
    isJsonMarked(mark, answer) &&
    isListMarked(mark, answers) &&
    (mark.and === undefined || isMarked(mark.and, answers))
  );
}

function isJsonMarked(mark: AccessMark, answer: HttpAnswer): boolean {
  const { has = [], lacks = [], says } = mark;
  if (has.length === 0 && lacks.length === 0 && says === undefined) return true;
  const body = parseJson(answer.body);
  if (!isJsonObject(body)) return false;
  return (
    has.every((path) => valueAt(body, path) !== undefined) &&
    lacks.every((path) => valueAt(body, path) === undefined) &&
    (says === undefined || valueAt(body, says[0]) === says[1])
  );
}

function isListMarked(mark: AccessMark, answers: readonly Answer[]): boolean {
  if (mark.owner === undefined && mark.modelList === undefined) return true;
  const owners = modelOwners(answers, mark.asks);
  return owners !== null && (mark.owner === undefined || owners.has(mark.owner));
}

type Access = Pick<Recognition, "access" | "accessBy">;

function readAccess({ access: sign, letIn = [], doubts = [] }: KindEntry, answers: readonly Answer[]): Access {
  const found = readSign(sign, answers);
  if (found.access !== "guarded") return found;
  const entrance = letIn.find((mark) => isMarked(mark, answers));
  if (entrance !== undefined) return { access: "open", accessBy: toAccessAnswer(entrance) };
  const doubt = doubts.find((mark) => isMarked(mark, answers));
  return doubt === undefined ? found : { access: "unknown", accessBy: toAccessAnswer(doubt) };
}

function toAccessAnswer({ asks, says }: AccessMark): AccessAnswer {
  return { question: asks.id, says: says === undefined ? null : `${says[0]}: ${says[1]}` };
}

function readSign(sign: AccessSign | null, answers: readonly Answer[]): Access {
  if (sign === null) return { access: "unknown" };
  const answer = answerTo(answers, sign.asks);
  const byStatus = { question: sign.asks.id, says: null };
  if (demandsCredential(answer)) return { access: "guarded", accessBy: byStatus };
  if (sign.by === "status")
    return answer?.status === 200 ? { access: "open", accessBy: byStatus } : { access: "unknown" };
  const body = jsonObjectOf(answer);
  const flag = body === null ? undefined : valueAt(body, sign.path);
  if (typeof flag !== "boolean") return { access: "unknown" };
  return { access: flag ? "guarded" : "open", accessBy: { ...byStatus, says: `${sign.path}: ${flag}` } };
}
