import type { Facts } from "../facts/facts.ts";
import type { HostWriter } from "../host/writer.ts";
import { toFamily, type Family } from "../judge/addresses.ts";
import { expectVerdict } from "../judge/expected-verdict.ts";
import { judge } from "../judge/judge.ts";
import type { Server } from "../judge/server.ts";
import { askDoor, type Door } from "./asker.ts";
import { conclude } from "./conclude.ts";
import { listAddresses, listDoors, listLinkLocal, listOuter, listOwnDoors } from "./doors.ts";
import { examineFromSsh } from "./examine-from-ssh.ts";
import { toProof, type Examination, type Examined } from "./examination.ts";
import { visitFromNamespace, type Visited } from "./namespace.ts";
import { choosePair, withPairs, type Guest, type Pair } from "./pair.ts";
import type { Place, Untried } from "./proofs.ts";

/**
 * Makes new connections to every model server of a host: from the host itself, from a network namespace beside it
 * where a writer was handed in, and from the named hosts behind SSH. Nothing is concluded here but what one
 * connection came to; what was not tried is said.
 */
export async function examineHost(examination: Examination): Promise<Examined> {
  const parts = await Promise.all([
    examineFromItself(examination),
    examineFromNamespaces(examination),
    ...examination.vantages.map((target) => examineFromSsh(examination, target)),
  ]);
  return { proofs: parts.flatMap(({ proofs }) => proofs), untried: parts.flatMap(({ untried }) => untried) };
}

/** The host's own client: proves that the server still serves, and nothing about a firewall. */
async function examineFromItself({ host, facts, judgement, recogniser, now }: Examination): Promise<Examined> {
  const place: Place = { kind: "host" };
  const tries = judgement.servers.flatMap((server) => listOwnDoors(facts, server).map((door) => ({ server, door })));
  const proofs = await Promise.all(
    tries.map(async ({ server, door }) => {
      const at = now();
      const answers = await askDoor(host, door, recogniser.questionsFor(server.kind));
      const concluded = conclude(answers, recogniser);
      return toProof({ server, place, door, at }, concluded, door.isGuarded ? "guarded" : "open");
    }),
  );
  return { proofs, untried: [] };
}

/** A neighbour on a link of its own, and a stranger who is routed in over another one, at the same time. */
async function examineFromNamespaces(examination: Examination): Promise<Examined> {
  const { openWriter, facts, judgement } = examination;
  if (openWriter === null || judgement.servers.length === 0) return { proofs: [], untried: [] };
  const families = ([4, 6] as const).filter((each) => listAddresses(facts).some((one) => toFamily(one) === each));
  const name = crypto.randomUUID().slice(0, 6);
  const pairs = (["neighbour", "stranger"] as const).map((as, number) =>
    choosePair(facts.networks, { link: `pl-${name}${number}`, as, number, families }),
  );
  const joined = withPairs(facts, pairs);
  const servers = judge(joined).servers;
  const parts = await Promise.all(
    pairs.map(async (pair) => {
      const writer = await openWriter();
      try {
        return await examineFromPair(examination, { writer, pair, joined, servers, families });
      } finally {
        await writer.close();
      }
    }),
  );
  return {
    proofs: parts.flatMap(({ proofs }) => proofs),
    untried: [
      ...parts.flatMap(({ untried }) => untried),
      ...listOtherLinks(facts),
      ...listContainers(judgement.servers),
    ],
  };
}

interface Outpost {
  readonly writer: HostWriter;
  readonly pair: Pair;
  /** The facts as they are while the pairs stand, and the servers as they are judged then. */
  readonly joined: Facts;
  readonly servers: readonly Server[];
  /** Families in which the host can be called. */
  readonly families: readonly Family[];
}

async function examineFromPair(
  { facts, judgement, recogniser, now }: Examination,
  { writer, pair, joined, servers, families }: Outpost,
): Promise<Examined> {
  const lacking = families.filter((family) => !pair.addresses.some((each) => each.family === family));
  const untried = lacking.map((family) => toUntried(pair.as, "no-free-range", `IPv${family}`));
  if (pair.addresses.length === 0) return { proofs: [], untried };
  const tries = judgement.servers.flatMap((server) => {
    const { doors, left } = listDoors(facts, server);
    return { server, doors: [...doors, ...toNearDoors(pair, doors)], left };
  });
  const doors = [...new Map(tries.flatMap((each) => each.doors).map((door) => [toKey(door), door])).values()];
  const questions = tries.flatMap(({ server }) => recogniser.questionsFor(server.kind));
  const distinct = [...new Map(questions.map((question) => [question.id, question])).values()];
  const at = now();
  const visit = await visitFromNamespace(writer, pair, doors, distinct);
  if (visit.kind === "impossible") {
    return { proofs: [], untried: [...untried, toUntried(pair.as, visit.why, visit.detail)] };
  }
  const proofs = tries.flatMap(({ server, doors }) => {
    const routes = servers.find(({ id }) => id === server.id)?.routes ?? [];
    return doors.flatMap((door) => {
      const found = visit.visited.find((each) => toKey(each.door) === toKey(door));
      const source = toSource(pair, door);
      if (found === undefined || source === null) return [];
      const expected = expectVerdict(joined, routes, { interface: pair.link, source }, door);
      const place: Place = { kind: "namespace", as: pair.as, source };
      return [toProof({ server, place, door, at }, toConcluded(found, recogniser), expected)];
    });
  });
  return {
    proofs,
    untried: [
      ...untried,
      ...visit.without.map((family) => toUntried(pair.as, "no-address-of-that-family", `IPv${family}`)),
      ...tries
        .flatMap(({ left }) => left)
        .map(({ address, port }) => toUntried(pair.as, "not-asked", `${address} ${port}`)),
    ],
  };
}

function toConcluded({ answers }: Visited, recogniser: Examination["recogniser"]) {
  return conclude(answers, recogniser);
}

/** The host's own address on the link of the pair: where a neighbour of that subnet would call. */
function toNearDoors(pair: Pair, doors: readonly Door[]): readonly Door[] {
  const ports = new Map(doors.map(({ port, tls }) => [port, tls]));
  return pair.addresses.flatMap(({ host }) => [...ports].map(([port, tls]) => ({ address: host, port, tls })));
}

function toSource(pair: Pair, { address }: Door): string | null {
  return pair.addresses.find(({ family }) => family === toFamily(address))?.source ?? null;
}

function toKey({ address, port }: Door): string {
  return `${address} ${port}`;
}

function toUntried(as: Guest, why: Untried["why"], detail: string): Untried {
  return { place: { kind: "namespace", as, source: "" }, why, detail };
}

/** What a link of its own cannot show: rules that name another interface, and addresses that are only for that link. */
function listOtherLinks(facts: Facts): readonly Untried[] {
  const hasRules = !facts.firewall.ok || facts.firewall.value.ruleSets.length > 0;
  const named = listOuter(facts).filter(({ addresses }) => addresses.length > 0);
  return [
    ...(hasRules ? named : []).map(({ name }): Untried => ({ place: null, why: "own-interface", detail: name })),
    ...listLinkLocal(facts).map((detail): Untried => ({ place: null, why: "link-local", detail })),
  ];
}

/** Networks of containers, from inside of which nobody called. */
function listContainers(servers: readonly Server[]): readonly Untried[] {
  const routes = servers.flatMap((server) => server.routes).filter(({ from }) => from.vantage === "container");
  const names = new Set(routes.map(({ from }) => from.interface ?? from.sources.join(" ")));
  return [...names].map((detail) => ({ place: null, why: "from-containers", detail }));
}
