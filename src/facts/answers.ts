import type { HostReader, ReadRequest, RequestOutcome } from "../host/host.ts";
import { type Target, toTargetKey } from "./targets.ts";
import type { Wanted } from "./wanted.ts";

/** A question put to a listener; which ones are asked is the server kinds' business. */
export interface Question {
  /** Names the request, not a server kind, so that kinds share it: for example `GET /api/version`. */
  readonly id: string;
  readonly method: "GET" | "HEAD";
  readonly path: string;
  /** Name sent in place of the listener's address, as a rebound browser page would; the port is added. */
  readonly host?: string;
  /** Origin of a page from elsewhere. */
  readonly origin?: string;
}

/** What a listener answered to one question asked from the host itself. */
export interface Answer {
  readonly question: string;
  /**
   * Address and port the question was sent to. On the reader's own namespace: 127.0.0.1 for a listener on
   * 0.0.0.0 or on `::` with IPv4, ::1 for one on `::` otherwise (both where nothing tells), an address of the
   * network card for one bound to it, else the listener's own address (with %zone where it is link-local). On
   * another namespace: an address of that namespace.
   */
  readonly address: string;
  readonly port: number;
  /** Namespace of the listener that was asked. */
  readonly namespace: string | null;
  /** The listener speaks TLS, and was asked over it. */
  readonly tls?: true;
  readonly outcome: RequestOutcome;
}

type Questions = Pick<Wanted, "questions" | "furtherQuestions" | "recognises">;

/** Requests to one listener, whatever the kinds of server would like to know. */
const QUESTIONS_LIMIT = 16;
/**
 * How long a listener may take for one answer. Nobody who may be a model server waits for another one: silence costs
 * a stranger nothing, and would hide the honest ones.
 */
const LIKELY_MS = 2_000;
/** Many a listener of another protocol waits in silence, and the whole audit would wait with it. */
const UNLIKELY_MS = 200;
/** How long listeners are asked in all, once there is nothing else to do. */
const LIMIT_MS = 3_000;
/** What came in while files were read has yet to be heard. */
const HEARING_MS = 20;

/** Questions under way: listeners are asked while the rest of the host is read. */
export interface Asking {
  /** Begins to ask these. Who is asked already is not asked again. */
  begin(targets: readonly Target[]): void;
  /**
   * Begins to ask those of the targets that are not asked yet, waits for each as long as it is worth it, and hands
   * back what they answered, in their order.
   */
  finish(targets: readonly Target[]): Promise<readonly Answer[]>;
}

/**
 * Asks listeners the questions of the catalogue, as a stranger without a credential would: first those for
 * every listener, then those the answers call for. A listener that refuses, stays silent or does not speak
 * HTTP gets no second request (one more over TLS where it hung up). Kept are a few headers, and the bodies of those
 * that are model servers. Sources: the listeners themselves.
 */
export function startAsking(host: HostReader, wanted: Questions): Asking {
  const underWay = new Map<string, AskedTarget>();
  function begin(target: Target): AskedTarget {
    const key = toTargetKey(target);
    const asked = underWay.get(key) ?? beginTarget(host, target, wanted);
    underWay.set(key, asked);
    return asked;
  }
  return {
    begin: (targets) => void targets.map(begin),
    async finish(targets) {
      const asked = targets.map(begin);
      // A limit to waiting for the listeners, not for the way to them.
      const over = elapse(LIMIT_MS + QUESTIONS_LIMIT * host.lagMs);
      const answers = asked.map(async (each, index) => {
        const worthIt = targets[index]?.likely === true ? each.end : waitWhileAnswering(each, host.lagMs);
        await Promise.race([worthIt, over]);
        each.giveUp();
        return each.end;
      });
      return (await Promise.all(answers)).flat();
    },
  };
}

interface AskedTarget {
  /** All its answers, when nothing is left to ask. */
  readonly end: Promise<readonly Answer[]>;
  /** How many answers came so far. */
  readonly heard: () => number;
  /** Over when even an unlikely one should have given its first answer. */
  readonly silence: Promise<unknown>;
  /** Takes the question that is under way for one without an answer. */
  readonly giveUp: () => void;
}

function beginTarget(host: HostReader, target: Target, wanted: Questions): AskedTarget {
  const { promise: over, resolve } = Promise.withResolvers<RequestOutcome>();
  let heard = 0;
  const ask: Ask = async (request) => {
    const outcome = await Promise.race([host.request({ ...request, timeoutMs: LIKELY_MS }), over]);
    heard += 1;
    return outcome;
  };
  const end = askTarget(ask, target, wanted);
  end.catch(() => {}); // told by `finish`
  return {
    end,
    heard: () => heard,
    silence: elapse(UNLIKELY_MS + host.lagMs),
    giveUp: () => resolve({ kind: "timeout", detail: "no time was left to wait" }),
  };
}

/** Ends with the last answer, or when none came for longer than an unlikely listener is waited for. */
async function waitWhileAnswering({ end, heard, silence }: AskedTarget, lagMs: number): Promise<void> {
  let before = heard();
  let patience: Promise<unknown> =
    before === 0 ? Promise.all([silence, elapse(HEARING_MS)]) : elapse(UNLIKELY_MS + lagMs);
  while (await Promise.race([end.then(() => false), patience.then(() => heard() > before)])) {
    before = heard();
    patience = elapse(UNLIKELY_MS + lagMs);
  }
}

/** A limit to waiting; no fact depends on what time it is. */
function elapse(milliseconds: number): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  AbortSignal.timeout(Math.ceil(milliseconds)).addEventListener("abort", () => resolve(undefined));
  return promise;
}

type Ask = (request: ReadRequest) => Promise<RequestOutcome>;

/**
 * Headers that tell what a server is or demands. Others are dropped at once: a session in `set-cookie` is as good as
 * a password.
 */
const KEPT_HEADERS: readonly string[] = ["content-type", "server", "www-authenticate"];
const HEADER_LIMIT = 256;

/** An outcome with the headers that are kept of an answer. */
export function withKeptHeaders(outcome: RequestOutcome): RequestOutcome {
  if (outcome.kind !== "answered") return outcome;
  const kept = KEPT_HEADERS.flatMap((name) => {
    const value = outcome.answer.headers[name];
    return value === undefined ? [] : [[name, value.slice(0, HEADER_LIMIT)] as const];
  });
  return { kind: "answered", answer: { ...outcome.answer, headers: Object.fromEntries(kept) } };
}

/** What somebody answers who is no model server is nobody's business: its pages may hold anything. */
export function withoutBody<Heard extends Pick<Answer, "outcome">>(answer: Heard): Heard {
  const { outcome } = answer;
  if (outcome.kind !== "answered" || outcome.answer.body === "") return answer;
  return { ...answer, outcome: { kind: "answered", answer: { ...outcome.answer, body: "", truncated: true } } };
}

async function askTarget(ask: Ask, target: Target, wanted: Questions): Promise<readonly Answer[]> {
  const answers = await askQuestions(ask, target, wanted);
  return wanted.recognises(answers) ? answers : answers.map(withoutBody);
}

async function askQuestions(ask: Ask, target: Target, wanted: Questions): Promise<readonly Answer[]> {
  const [first, ...others] = wanted.questions;
  if (first === undefined) return [];
  let tls = false;
  let answer = await askQuestion(ask, target, first, tls);
  if (mayBeTls(answer.outcome)) {
    const secured = await askQuestion(ask, target, first, true);
    tls = secured.outcome.kind === "answered";
    if (tls) answer = secured;
  }
  const answers = [answer];
  let questions: readonly Question[] = others;
  do {
    for (const question of questions) {
      if (answers.at(-1)?.outcome.kind !== "answered" || answers.length >= QUESTIONS_LIMIT) return answers;
      answers.push(await askQuestion(ask, target, question, tls));
    }
    const known = new Set(answers.map(({ question }) => question));
    questions = wanted.furtherQuestions(answers).filter(({ id }) => !known.has(id));
  } while (questions.length > 0);
  return answers;
}

/** Servers of TLS hang up on plain HTTP, or tell so in an answer of status 400. */
function mayBeTls(outcome: RequestOutcome): boolean {
  if (outcome.kind === "answered") return outcome.answer.status === 400 && /https|tls|ssl/i.test(outcome.answer.body);
  return outcome.kind === "closed" || outcome.kind === "not-http";
}

async function askQuestion(ask: Ask, target: Target, question: Question, tls: boolean): Promise<Answer> {
  const { address, port, namespace } = target;
  const outcome = await ask({
    method: question.method,
    path: question.path,
    address,
    port,
    ...(tls ? { tls } : {}),
    ...(question.host === undefined ? {} : { hostHeader: `${question.host}:${port}` }),
    ...(question.origin === undefined ? {} : { origin: question.origin }),
  });
  return {
    question: question.id,
    address,
    port,
    namespace,
    ...(tls ? { tls } : {}),
    outcome: withKeptHeaders(outcome),
  };
}
