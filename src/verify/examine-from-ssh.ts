import { gatherOwnNetwork, type Network } from "../facts/interfaces.ts";
import { HostError } from "../host/host-error.ts";
import type { HostReader } from "../host/host.ts";
import { covers, parseCidr, toFamily } from "../judge/addresses.ts";
import { expectVerdict } from "../judge/expected-verdict.ts";
import { PLAIN_TABLES } from "../judge/vantages.ts";
import { askDoor, type Door } from "./asker.ts";
import { conclude } from "./conclude.ts";
import { listDoors } from "./doors.ts";
import { toProof, type Examination, type Examined } from "./examination.ts";
import type { Place, UntriedReason } from "./proofs.ts";

/** Calls the host from another one behind SSH, which opens the connections and needs no tool for it. */
export async function examineFromSsh(examination: Examination, target: string): Promise<Examined> {
  const place: Place = { kind: "ssh", target };
  const fail = (why: UntriedReason, detail: string): Examined => ({ proofs: [], untried: [{ place, why, detail }] });
  let vantage: HostReader | null = null;
  try {
    vantage = await examination.openHost(target);
    const network = await gatherOwnNetwork(vantage);
    if (await isSameHost(examination, vantage, network)) return fail("same-host", target);
    return { proofs: await callFrom(examination, place, vantage, network), untried: [] };
  } catch (error) {
    if (error instanceof HostError) return fail("vantage-failed", `${error.code} ${error.detail}`.trim());
    throw error;
  } finally {
    await vantage?.close();
  }
}

const BOOT = "/proc/sys/kernel/random/boot_id";

/** The same kernel and the same network namespace: a call from there never leaves the host. */
async function isSameHost({ host, facts }: Examination, vantage: HostReader, network: Network): Promise<boolean> {
  const [one, other] = await Promise.all([host.readFile(BOOT), vantage.readFile(BOOT)]);
  const own = facts.networks.find((each) => each.own)?.namespace ?? null;
  return one.ok && other.ok && one.value === other.value && own === network.namespace;
}

async function callFrom(
  { facts, judgement, recogniser, now }: Examination,
  place: Place,
  vantage: HostReader,
  network: Network,
): Promise<Examined["proofs"]> {
  const tries = judgement.servers.flatMap((server) => listDoors(facts, server).doors.map((door) => ({ server, door })));
  return Promise.all(
    tries.map(async ({ server, door }) => {
      const at = now();
      const answers = await askDoor(vantage, door, recogniser.questionsFor(server.kind));
      const source = findSource(network, door);
      // A router between may put another address in its place; what is seen then parts from this, and is said.
      const expected =
        source === null ? "unknown" : expectVerdict(facts, server.routes, { interface: null, source }, door);
      return toProof({ server, place, door, at }, conclude(answers, recogniser), expected);
    }),
  );
}

/** The address that the vantage calls from: one of the interface of its longest route; null where none is known. */
function findSource({ interfaces, routing }: Network, { address }: Door): string | null {
  const family = toFamily(address);
  const table = family === 4 ? routing.ipv4 : routing.ipv6;
  if (!interfaces.ok || !table.ok) return null;
  const toLength = (destination: string): number => parseCidr(destination)?.prefixLength ?? 0;
  const [best] = table.value
    .filter((entry) => PLAIN_TABLES.has(entry.table) && covers(entry.destination, address))
    .toSorted((one, other) => toLength(other.destination) - toLength(one.destination));
  const link = interfaces.value.find(({ name }) => name === best?.interface);
  const own = (link?.addresses ?? []).filter((each) => toFamily(each.address) === family && each.scope === "global");
  const near = own.find((each) => covers(`${each.address}/${each.prefixLength}`, address));
  return (near ?? own[0])?.address ?? null;
}
