import type { Facts } from "../facts/facts.ts";
import { gatherFacts } from "../facts/gather.ts";
import { inspectContainer, type InspectedContainer } from "../facts/container-inspection.ts";
import { gatherConnections } from "../facts/connections.ts";
import type { HostReader, Reading } from "../host/host.ts";
import { judge } from "../judge/judge.ts";
import type { Choices } from "../plan/choices.ts";
import type { FileText } from "../plan/file-edit.ts";
import { makePlan } from "../plan/make-plan.ts";
import type { Operator } from "../plan/plan-input.ts";
import type { Planned } from "../plan/plan.ts";
import type { Judgement } from "../report/report.ts";
import { toWanted } from "../servers/catalogue.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";

/** A host as it is at one moment. */
export interface JudgedHost {
  readonly facts: Facts;
  readonly judgement: Judgement;
  /** ISO 8601, UTC. */
  readonly readAt: string;
  /** SSH sessions that stand open. */
  readonly operators: readonly Operator[];
}

/** A file is asked for, then another one that it names: no host needs more rounds than this. */
const MOST_ROUNDS = 8;

/** What is asked for by none: a plan, or a refusal. */
type Settled = Exclude<Planned, { kind: "needs-files" | "needs-inspection" }>;

/** Reads and judges a host through a door that stays open. `hear` is told the fact that is read next. */
export async function judgeHost(
  session: Session,
  host: HostReader,
  hear: (fact: string) => void = () => {},
): Promise<JudgedHost> {
  const readAt = session.now().toISOString();
  const facts = await gatherFacts(host, toWanted(), hear);
  return { facts, judgement: judge(facts), readAt, operators: await findOperators(host, facts) };
}

/** Makes a plan for a host, and reads the files that are needed for it. Throws a `CommandError` where one is unreadable. */
export async function planHost(
  session: Session,
  host: HostReader,
  { facts, judgement, readAt, operators }: JudgedHost,
  choices: Choices,
): Promise<Settled> {
  const texts = new Map<string, FileText>();
  const inspected = new Map<string, Reading<InspectedContainer>>();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const input = { facts, judgement, choices, texts, inspected, operators };
    const planned = makePlan(input, { version: session.version, madeAt: readAt });
    switch (planned.kind) {
      case "needs-files":
        for (const path of planned.paths) texts.set(path, await readText(host, path));
        break;
      case "needs-inspection":
        for (const { engine, id } of planned.containers) inspected.set(id, await inspectContainer(host, engine, id));
        break;
      case "plan":
      case "refused":
        return planned;
    }
  }
  throw new Error("a plan asks for files without end");
}

/**
 * SSH sessions that stand open on the host. \`sudo\` takes SSH_CONNECTION away, so that whose session is whose cannot be
 * told: each of them counts.
 */
async function findOperators(host: HostReader, { listeners, processes }: Facts): Promise<readonly Operator[]> {
  const sessions = await gatherConnections(host, null);
  if (!sessions.ok || !listeners.ok || !processes.ok) return [];
  const daemons = new Set(processes.value.filter(({ name }) => name === "sshd").map(({ pid }) => pid));
  const ports = new Set(
    listeners.value.filter(({ pids }) => pids.some((pid) => daemons.has(pid))).map(({ port }) => port),
  );
  return sessions.value
    .filter(({ local }) => ports.has(local.port))
    .map(({ local, remote }) => ({ source: remote.address, port: local.port }));
}

export async function readText(host: HostReader, path: string): Promise<FileText> {
  const reading = await host.readFile(path);
  if (reading.ok) return reading.value;
  if (reading.why === "absent") return null;
  throw new CommandError({ code: "file-unread", data: { file: path, detail: reading.detail ?? reading.why } });
}
