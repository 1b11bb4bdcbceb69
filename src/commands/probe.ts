import { startAsking, type Answer } from "../facts/answers.ts";
import { gatherOwnNetwork } from "../facts/interfaces.ts";
import { inTurns } from "../facts/in-turns.ts";
import type { HostReader, NoAnswer, RequestOutcome } from "../host/host.ts";
import type { Endpoint } from "../host/resolve-url.ts";
import { isLoopback, isWildcard, toCanonical } from "../judge/addresses.ts";
import { toJson } from "../report/json.ts";
import { recogniseServer, toWanted } from "../servers/catalogue.ts";
import { hostCheck, originCheck, type BrowserCheck } from "../servers/ollama/browser-checks.ts";
import { FIRST_QUESTIONS } from "../servers/questions.ts";
import { answerTo } from "../servers/read-answers.ts";
import type { ServerKindId } from "../servers/server-kind.ts";
import type { Session } from "./context.ts";
import { formatError, toErrorDocument, toErrorText, type ErrorText } from "./errors.ts";
import { EXIT, toWorst, type ExitCode } from "./exit-code.ts";
import { toTextOptions, type LayoutFlags } from "./page.ts";
import { formatProbed } from "./probe-text.ts";
import { toProgress } from "./progress.ts";

export type ProbeFlags = LayoutFlags & { readonly json?: boolean; readonly lang?: string };

export type ProbeVerdict = "open" | "guarded" | "closed" | "none" | "unknown";

/** One address that was asked, and what its answers come to. */
export interface Probed {
  readonly address: string;
  readonly port: number;
  readonly tls: boolean;
  readonly verdict: ProbeVerdict;
  /** Why the verdict is unknown; null for every other. */
  readonly why: Exclude<NoAnswer, "refused"> | "access" | "redirects" | null;
  /** Scheme, host and port of where it sends whoever asks; null where it sends nobody to another place. */
  readonly redirectsTo: string | null;
  readonly kind: ServerKindId | null;
  readonly version: string | null;
  readonly hostCheck: BrowserCheck;
  readonly originCheck: BrowserCheck;
  /** The address is one of the host that asks: no stranger's way leads there, and no firewall was passed. */
  readonly askedByItself: boolean;
}

type ProbedUrl = { readonly url: string } & (
  | { readonly ok: true; readonly probed: readonly Probed[] }
  | { readonly ok: false; readonly error: ErrorText }
);

const AT_A_TIME = 8;

/** What the way to a server on the other side of the world takes, more than the one to a listener of this host. */
const LAG_MS = 1_000;

const EXIT_OF: Readonly<Record<ProbeVerdict, ExitCode>> = {
  open: EXIT.findings,
  guarded: EXIT.clear,
  closed: EXIT.clear,
  none: EXIT.clear,
  unknown: EXIT.unknown,
};

/**
 * `portlock probe URL...`: asks the hosts that were named, and nobody else, what any stranger could ask. The
 * exit code is the worst of all: 1 where one answers without a credential.
 */
export async function probe(session: Session, flags: ProbeFlags, ...urls: readonly string[]): Promise<ExitCode> {
  const progress = toProgress(session.err, session.env);
  progress.say(session.words.commands.asking(urls.join(" ")));
  const host = await session.openHost("localhost");
  const results = await inTurns(urls, AT_A_TIME, (url) => probeUrl(session, host, url)).finally(() => progress.clear());
  await host.close();

  const { commands } = session.words;
  for (const result of results) if (!result.ok) session.err.write(formatError(result.error, commands));
  session.out.write(flags.json === true ? toDocument(results, session) : toText(results, session, flags));
  return toWorst(
    results.flatMap((result) =>
      result.ok ? result.probed.map(({ verdict }) => EXIT_OF[verdict]) : [result.error.exitCode],
    ),
  );
}

async function probeUrl(session: Session, host: HostReader, url: string): Promise<ProbedUrl> {
  try {
    const endpoints = await session.resolveUrl(url);
    return { url, ok: true, probed: await inTurns(endpoints, AT_A_TIME, (endpoint) => probeEndpoint(host, endpoint)) };
  } catch (error) {
    const text = toErrorText(error, session.words.commands);
    if (text === null) throw error;
    return { url, ok: false, error: text };
  }
}

/** The questions of an audit, put by the name the user gave. */
async function probeEndpoint(host: HostReader, endpoint: Endpoint): Promise<Probed> {
  const { address, port, tls, hostHeader, serverName } = endpoint;
  let redirectsTo: string | null = null;
  const asked: HostReader = {
    ...host,
    lagMs: LAG_MS,
    request: async (request) => {
      const outcome = await host.request({ hostHeader, serverName, ...request, ...(tls ? { tls } : {}) });
      redirectsTo ??= toRedirect(outcome, `${tls ? "https" : "http"}://${hostHeader}`);
      return outcome;
    },
  };
  const answers = await startAsking(asked, toWanted()).finish([{ address, port, namespace: null, likely: true }]);
  const judged = judgeAnswers(answers);
  return {
    address,
    port,
    tls: tls || answers.some((answer) => answer.tls === true),
    ...judged,
    redirectsTo: judged.why === "redirects" ? redirectsTo : null,
    askedByItself: await isOfHost(host, address),
  };
}

/** Whether the address is one of the host that asks; where its addresses cannot be read, only loopback surely is. */
async function isOfHost(host: HostReader, address: string): Promise<boolean> {
  if (isLoopback(address) || isWildcard(address)) return true;
  const { interfaces } = await gatherOwnNetwork(host);
  const own = interfaces.ok ? interfaces.value.flatMap(({ addresses }) => addresses.map((each) => each.address)) : [];
  return own.some((each) => toCanonical(each) === toCanonical(address));
}

/** Only the place: what else stands in a Location may be a ticket for a login. */
function toRedirect(outcome: RequestOutcome, origin: string): string | null {
  const location = outcome.kind === "answered" ? outcome.answer.headers["location"] : undefined;
  const place = location === undefined ? null : URL.parse(location, origin);
  return place === null || place.origin === "null" || place.origin === URL.parse(origin)?.origin ? null : place.origin;
}

/** What the answers of one address come to. Silence and refusals by a firewall look alike from here: unknown. */
export function judgeAnswers(
  answers: readonly Answer[],
): Omit<Probed, "address" | "port" | "tls" | "redirectsTo" | "askedByItself"> {
  const found = recogniseServer(answers);
  const facts = {
    why: null,
    kind: found?.kind ?? null,
    version: found?.version ?? null,
    hostCheck: hostCheck(answers),
    originCheck: originCheck(answers),
  };
  const outcome = answers[0]?.outcome.kind ?? "not-possible";
  if (outcome === "refused") return { ...facts, verdict: "closed" };
  if (outcome !== "answered") return { ...facts, verdict: "unknown", why: outcome };
  if (found !== null && found.access !== "unknown") return { ...facts, verdict: found.access };
  const statuses = FIRST_QUESTIONS.flatMap((question) => answerTo(answers, question)?.status ?? []);
  if (statuses.every((status) => status === 401 || status === 407)) return { ...facts, verdict: "guarded" };
  // A 403 to everything may be a Host check, a list of addresses or a login: it hides what is behind it.
  if (found !== null || statuses.every((status) => status === 403)) {
    return { ...facts, verdict: "unknown", why: "access" };
  }
  if (statuses.every((status) => status >= 300 && status < 400)) {
    return { ...facts, verdict: "unknown", why: "redirects" };
  }
  return { ...facts, verdict: "none" };
}

function toDocument(results: readonly ProbedUrl[], session: Session): string {
  const documents = results.map((result) =>
    result.ok
      ? {
          schema: "portlock.probe/1",
          tool: { name: "portlock", version: session.version },
          url: result.url,
          probedAt: session.now().toISOString(),
          probed: result.probed,
        }
      : toErrorDocument(result.url, result.error),
  );
  return toJson(documents.length === 1 ? documents[0] : documents);
}

function toText(results: readonly ProbedUrl[], session: Session, flags: ProbeFlags): string {
  const options = toTextOptions(session, flags);
  return results
    .flatMap((result) => (result.ok ? result.probed : []))
    .map((probed) => formatProbed(probed, session.words, options))
    .join("\n");
}
