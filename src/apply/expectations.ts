import { parsePasswd } from "../facts/identity.ts";
import { gatherListeners, gatherListenPlaces } from "../facts/sockets.ts";
import type { HostReader } from "../host/host.ts";
import type { ReadCommand } from "../host/read-command.ts";
import type { Expectation } from "../plan/plan.ts";
import { Fault, must } from "./fault.ts";
import { pause } from "./pause.ts";

/** How long a service may take to be there after it was started. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1_000;

/**
 * Looks until all is so; throws a `Fault` where it is not in time. A service that is starting does not listen yet, and
 * that may look like what is wanted: all must be so in two looks, one after the other.
 */
export async function waitFor(
  host: HostReader,
  expectations: readonly Expectation[],
  patienceMs: number = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  let isSecond = false;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, pauseMs * 2)) {
    const fault = await lookAtAll(host, expectations);
    if (fault === null && isSecond) return;
    isSecond = fault === null;
    if (fault === null) continue;
    if (performance.now() + pauseMs > deadline) throw new Fault(fault);
    await pause(pauseMs);
  }
}

/** The first that is not as expected, in words for the journal; null where all are. */
async function lookAtAll(host: HostReader, expectations: readonly Expectation[]): Promise<string | null> {
  for (const expectation of expectations) {
    const fault = await look(host, expectation);
    if (fault !== null) return fault;
  }
  return null;
}

/** What is not as expected, in words for the journal; null where all is. */
async function look(host: HostReader, expectation: Expectation): Promise<string | null> {
  switch (expectation.kind) {
    case "unit-active":
      return lookAtUnit(host, expectation);
    case "listens-on-loopback-only": {
      const others = await findOtherListeners(host, expectation.port);
      return others.length === 0 ? null : `port ${expectation.port} is still listened on at ${others.join(", ")}`;
    }
    case "refuses-strangers":
      return lookAsStranger(host, expectation);
    case "answers": {
      const { address, port } = expectation;
      const { kind } = await host.request({ method: "GET", address, port, path: "/" });
      return kind === "answered" ? null : `${address} port ${port} does not answer: ${kind}`;
    }
  }
}

type StrangerExpectation = Extract<Expectation, { readonly kind: "refuses-strangers" }>;

async function lookAsStranger(
  host: HostReader,
  { address, port, tls, name }: StrangerExpectation,
): Promise<string | null> {
  const named = name === null ? {} : { hostHeader: `${name}:${port}`, serverName: name };
  const outcome = await host.request({ method: "GET", address, port, path: "/api/tags", tls, ...named });
  const said = outcome.kind === "answered" ? String(outcome.answer.status) : outcome.kind;
  return said === "401" ? null : `${address} port ${port} does not ask for a credential: ${said}`;
}

type UnitExpectation = Extract<Expectation, { readonly kind: "unit-active" }>;

async function lookAtUnit(host: HostReader, { unit, scope, uid }: UnitExpectation): Promise<string | null> {
  const command = scope === "system" ? toShow(unit) : await toUserShow(host, unit, uid);
  const output = await host.run(command);
  if (!output.ok) return `${unit}: ${output.detail ?? output.why}`;
  const state = /^ActiveState=(\w+)$/m.exec(output.value.stdout)?.[1] ?? "unknown";
  return state === "active" ? null : `${unit} is ${state}`;
}

function toShow(unit: string): ReadCommand {
  return ["systemctl", "show", "--no-pager", "--property=ActiveState", "--", unit];
}

/** A user's own manager answers only that user. */
async function toUserShow(host: HostReader, unit: string, uid: number | null): Promise<ReadCommand> {
  const accounts = parsePasswd(must(await host.readFile("/etc/passwd")));
  const account = accounts.find((each) => each.uid === uid);
  if (account === undefined || uid === null) throw new Fault(`${unit}: no account with the uid ${uid}`);
  const runtime: `XDG_RUNTIME_DIR=/run/user/${number}` = `XDG_RUNTIME_DIR=/run/user/${uid}`;
  const asUser = ["runuser", "-u", account.name, "--", "env", runtime] as const;
  return [...asUser, "systemctl", "--user", "show", "--no-pager", "--property=ActiveState", "--", unit];
}

/** Addresses of this host besides loopback on which somebody listens at a port. */
async function findOtherListeners(host: HostReader, port: number): Promise<readonly string[]> {
  const places = await gatherListenPlaces(host);
  const listeners = places.length > 0 ? places : await gatherOwnListeners(host);
  return listeners.filter((each) => each.port === port && !isLoopback(each.address)).map(({ address }) => address);
}

/** The longer way, where `ss` says nothing. */
async function gatherOwnListeners(
  host: HostReader,
): Promise<readonly { readonly address: string; readonly port: number }[]> {
  const namespace = must(await host.readLinks("/proc/self/ns/net")).links[0]?.target ?? null;
  const { listeners } = await gatherListeners(host);
  return must(listeners).filter((each) => each.namespace === namespace);
}

function isLoopback(address: string): boolean {
  return address === "::1" || address.startsWith("127.");
}
