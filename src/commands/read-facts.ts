import type { Facts } from "../facts/facts.ts";
import { gatherFacts } from "../facts/gather.ts";
import type { HostReader } from "../host/host.ts";
import { toWanted } from "../servers/catalogue.ts";
import type { Session } from "./context.ts";

/** Facts, and when they were read: ISO 8601, UTC. */
export interface DatedFacts {
  readonly facts: Facts;
  readonly recordedAt: string;
}

/** Stands before the first fact of a host that has to be logged in to. */
export const LOGIN = "login";

/**
 * Reads a host through the door, and closes it whatever happens. `progress` hears the name of the fact that is
 * read next, or `LOGIN`. `meanwhile` is begun when commands run and listeners are asked, so that there is time
 * for it.
 */
export async function readHost(
  session: Session,
  target: string,
  progress: (fact: string) => void = () => {},
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<DatedFacts> {
  const host = await session.openHost(target);
  try {
    return await readOpenHost(session, host, progress, meanwhile);
  } finally {
    await host.close();
  }
}

/** The same through a door that is open already, and stays open. */
export async function readOpenHost(
  session: Session,
  host: HostReader,
  progress: (fact: string) => void = () => {},
  meanwhile: () => Promise<unknown> = () => Promise.resolve(),
): Promise<DatedFacts> {
  const recordedAt = session.now().toISOString();
  if (host.target !== "localhost") progress(LOGIN);
  // A login that fails is told by the first verb: here it is one, in the gatherers it would be many at once.
  await host.stat("/");
  let begun: Promise<unknown> | undefined;
  const facts = await gatherFacts(host, toWanted(), (fact) => {
    progress(fact);
    if (fact === "processes") begun = meanwhile();
  });
  await begun;
  return { facts, recordedAt };
}
