import type { HostReader, Reading } from "../../host/host.ts";
import { withKeptHeaders, withoutBody } from "../answers.ts";
import type { Containers } from "../containers.ts";
import { inTurns } from "../in-turns.ts";
import type { Network } from "../interfaces.ts";
import type { Listener } from "../sockets.ts";
import type { Wanted } from "../wanted.ts";
import type { ProxyAnswer } from "./proxy-answer.ts";
import { chooseProxyQuestions, type ProxyQuestion } from "./proxy-questions.ts";
import type { Proxy } from "./proxy.ts";

/** What is known of the host that the proxies are on. */
export interface ProxySurroundings {
  readonly proxies: readonly Proxy[];
  readonly listeners: readonly Listener[];
  readonly hostname: string | null;
  /** The reader's own network. */
  readonly network: Network;
  readonly containers: Reading<Containers>;
}

const AT_A_TIME = 8;
/** How long proxies are asked in all; each answer may take two seconds. */
const LIMIT_MS = 3_000;

/**
 * Asks the proxies of this host what a stranger without a credential would ask for their sites and locations: see
 * proxy-questions.ts. Sources: the proxies themselves.
 */
export async function gatherProxyAnswers(
  host: HostReader,
  wanted: Pick<Wanted, "questions" | "recognises">,
  around: ProxySurroundings,
): Promise<readonly ProxyAnswer[]> {
  const { proxies, listeners, network } = around;
  const questions = chooseProxyQuestions(proxies, {
    questions: wanted.questions,
    local: listLocalNames(around),
    ports: new Set(listeners.filter((each) => each.namespace === network.namespace).map(({ port }) => port)),
    ownAddress: findOwnAddress(network),
  });
  const over = AbortSignal.timeout(Math.ceil(LIMIT_MS + AT_A_TIME * host.lagMs));
  const answers = await inTurns(questions, AT_A_TIME, (question) => ask(host, question, over));
  const places = Map.groupBy(answers, toPlace);
  return answers.map((answer) => {
    const place = places.get(toPlace(answer)) ?? [];
    return wanted.recognises(place.map((each) => ({ ...each, namespace: null, tls: true })))
      ? answer
      : withoutBody(answer);
  });
}

/** Who calls by another name may meet somebody else. */
function toPlace({ proxy, site, location, name }: ProxyAnswer): string {
  return `${proxy} ${site} ${location} ${name}`;
}

async function ask(host: HostReader, asked: ProxyQuestion, over: AbortSignal): Promise<ProxyAnswer> {
  const { method, ...question } = asked;
  if (over.aborted) return { ...question, outcome: { kind: "not-possible", detail: "no time was left to ask" } };
  const { address, port, tls, name, path } = question;
  const isPlainPort = port === (tls ? 443 : 80);
  const outcome = await host.request({
    method,
    address,
    port,
    path,
    ...(tls ? { tls } : {}),
    ...(name === null ? {} : { hostHeader: isPlainPort ? name : `${name}:${port}`, serverName: name }),
  });
  return { ...question, outcome: withKeptHeaders(outcome) };
}

function findOwnAddress({ interfaces }: Network): string | null {
  const links = interfaces.ok ? interfaces.value.filter(({ up, loopback }) => up && !loopback) : [];
  const addresses = links.flatMap((link) => link.addresses.filter(({ scope }) => scope === "global"));
  return addresses.find(({ address }) => !address.includes(":"))?.address ?? null;
}

function listLocalNames({ hostname, network, containers }: ProxySurroundings): ReadonlySet<string> {
  const links = network.interfaces.ok ? network.interfaces.value : [];
  const known = containers.ok ? containers.value.containers : [];
  return new Set([
    "localhost",
    "localhost.localdomain",
    "host.docker.internal",
    "host.containers.internal",
    ...(hostname === null ? [] : [hostname.toLowerCase()]),
    ...links.flatMap((link) => link.addresses.map(({ address }) => address)),
    ...known.flatMap(({ name, compose, networks }) => [
      name.toLowerCase(),
      ...(compose === null ? [] : [compose.service]),
      ...networks.flatMap(({ address, ipv6Address }) => [address ?? "", ipv6Address ?? ""]),
    ]),
  ]);
}
