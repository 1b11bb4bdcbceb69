import type { Answer, Question } from "../facts/answers.ts";
import type { Output, Reading, RequestOutcome } from "../host/host.ts";
import { ENTER_NAMESPACE, VISIT_SCRIPT, type VisitCommand } from "../host/visit-script.ts";
import type { HostWriter } from "../host/writer.ts";
import { toFamily, type Family } from "../judge/addresses.ts";
import type { Door } from "./asker.ts";
import type { Pair } from "./pair.ts";
import type { UntriedReason } from "./proofs.ts";
import { parseTrip } from "./visits.ts";

/** A door with what it answered from that place. */
export interface Visited {
  readonly door: Door;
  readonly answers: readonly Answer[];
}

export type Visit =
  | { readonly kind: "made"; readonly visited: readonly Visited[]; readonly without: readonly Family[] }
  | { readonly kind: "impossible"; readonly why: UntriedReason; readonly detail: string };

/** Longer than the script can take: every batch of visits ends by itself. */
const TRIP_TIMEOUT_MS = 60_000;
/** Exit codes of the script. */
const NO_TOOL: readonly number[] = [41, 127];
const NO_IPV6 = 44;

/**
 * Calls doors of a host from a network namespace that is made for it and gone afterwards. Doors of a family that the
 * pair does not have are left out; `without` names a family that the host did not let the pair have.
 */
export async function visitFromNamespace(
  host: HostWriter,
  pair: Pair,
  doors: readonly Door[],
  questions: readonly Question[],
): Promise<Visit> {
  const asked = questions.filter(
    ({ method, path, host, origin }) => method === "GET" && !host && !origin && isPlain(path),
  );
  const near = doors.filter(({ address }) => pair.addresses.some(({ family }) => family === toFamily(address)));
  const output = await host.change(toCommand(pair, asked, near), { timeoutMs: TRIP_TIMEOUT_MS });
  const hasIpv6 = pair.addresses.some(({ family }) => family === 6);
  if (output.ok && output.value.exitCode === NO_IPV6 && hasIpv6) {
    const rest = { ...pair, addresses: pair.addresses.filter(({ family }) => family !== 6) };
    const visit = await visitFromNamespace(host, rest, doors, questions);
    return visit.kind === "made" ? { ...visit, without: [6] } : visit;
  }
  if (!output.ok || output.value.exitCode !== 0) return toImpossible(output);
  const trip = parseTrip(output.value.stdout, near.length);
  const visited = near.map((door, index) => {
    const isWired = trip.wired.some((family) => family === toFamily(door.address));
    const outcomes = (trip.visits[index] ?? []).map((outcome) => toHonest(outcome, isWired));
    return { door, answers: outcomes.map((outcome, path) => toAnswer(door, asked[path], outcome)) };
  });
  return { kind: "made", visited, without: [] };
}

/** Silence on a pair on which the host was not heard at all is no answer of the host's. */
function toHonest(outcome: RequestOutcome, isWired: boolean): RequestOutcome {
  if (isWired || (outcome.kind !== "timeout" && outcome.kind !== "unroutable")) return outcome;
  return { kind: "not-possible", detail: "the host was not heard on the pair" };
}

function toAnswer({ address, port }: Door, question: Question | undefined, outcome: RequestOutcome): Answer {
  return { question: question?.id ?? "", address, port, namespace: null, outcome };
}

/** The script takes paths with blanks between. */
function isPlain(path: string): boolean {
  return /^\/[A-Za-z0-9/_.-]*$/.test(path);
}

function toCommand(pair: Pair, questions: readonly Question[], doors: readonly Door[]): VisitCommand {
  const ofFamily = (family: Family): readonly string[] => {
    const own = pair.addresses.find((each) => each.family === family);
    if (own === undefined) return ["", "", "", ""];
    const { host, guest, prefixLength, source, range } = own;
    const ends = [`${host}/${prefixLength}`, `${guest}/${prefixLength}`];
    return range === null ? [...ends, "", ""] : [...ends, source, range];
  };
  return [
    "/bin/sh",
    "-c",
    ENTER_NAMESPACE,
    "portlock",
    VISIT_SCRIPT,
    "portlock",
    pair.link,
    ...ofFamily(4),
    ...ofFamily(6),
    questions.map(({ path }) => path).join(" "),
    ...doors.flatMap(({ address, port, tls }) => [address, tls ? `${port}/tls` : String(port)]),
  ];
}

function toImpossible(output: Reading<Output>): Extract<Visit, { kind: "impossible" }> {
  const said = output.ok ? output.value.stderr : (output.detail ?? output.why);
  const detail = said.trim().split("\n").at(-1)?.slice(0, 200) ?? "";
  if (!output.ok) return { kind: "impossible", why: output.why === "absent" ? "no-tool" : "no-namespace", detail };
  if (NO_TOOL.includes(output.value.exitCode)) return { kind: "impossible", why: "no-tool", detail };
  return { kind: "impossible", why: /not permitted/i.test(said) ? "not-root" : "no-namespace", detail };
}
