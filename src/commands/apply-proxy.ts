import { applyPlan } from "../apply/apply-plan.ts";
import type { Journal, JournalEvent } from "../apply/journal.ts";
import type { HostWriter } from "../host/writer.ts";
import type { Expectation, Plan } from "../plan/plan.ts";
import type { Judgement } from "../report/report.ts";
import type { ProxyChoices } from "../plan/proxy/proxy-choices.ts";
import { toChangeId } from "./apply-and-verify.ts";
import type { Session } from "./context.ts";
import { makeCredential, type Credential } from "./make-credential.ts";
import { judgeHost, type JudgedHost } from "./plan-host.ts";

/** By what a proxy lets people in, and to what. */
export type ProxyAccess = Pick<ProxyChoices, "proxy" | "auth" | "scopes">;

/** What applying a plan of a proxy came to. */
export interface ProxyOutcome {
  readonly journal: Journal;
  /** What was seen through the proxy, in the order asked; empty where it did not come to that. */
  readonly seen: readonly SeenAnswer[];
  /** Who was let in, and by what. Empty where everything was taken back. */
  readonly credentials: readonly Credential[];
}

/** One request through the proxy, without or with a credential, and what was to come and what came. */
export interface SeenAnswer {
  readonly with: "no-credential" | "wrong-credential" | "credential";
  readonly path: string;
  readonly expected: number;
  /** A status, or why there was none. */
  readonly came: string;
}

type Door = Extract<Expectation, { readonly kind: "refuses-strangers" }>;

/**
 * Applies a plan, then asks through the proxy without, with a wrong and with a right credential, and judges the host
 * again; where an answer is another one, or others get in at a place where they did not, everything is taken back.
 */
export async function applyProxy(
  session: Session,
  host: HostWriter,
  plan: Plan,
  {
    access,
    before,
    hear,
  }: { readonly access: ProxyAccess; readonly before: JudgedHost; readonly hear: (event: JournalEvent) => void },
): Promise<ProxyOutcome> {
  const credentials = await makeCredentials(plan, access);
  const lines = new Map(credentials.map(({ name, line }) => [name, line]));
  const now = (): Date => session.now();
  let seen: readonly SeenAnswer[] = [];
  const settings = { id: toChangeId(now()), confirmWithinSeconds: null, lines, now, hear };
  const journal = await applyPlan(host, plan, settings, async () => {
    seen = await look(host, plan, access, credentials);
    if (!seen.every(({ expected, came }) => came === String(expected))) return false;
    const { judgement } = await judgeHost(session, host);
    const port = findDoor(plan)?.port ?? null;
    const wasOpen = new Set(listOpen(before.judgement, port));
    return listOpen(judgement, port).every((place) => wasOpen.has(place));
  });
  return { journal, seen, credentials: journal.state === "applied" ? credentials : [] };
}

/** Places at which others get in, but for the port of the site: of that it was just seen who gets in. */
function listOpen({ servers }: Judgement, port: number | null): readonly string[] {
  return servers
    .flatMap(({ routes }) => routes)
    .filter(({ verdict, from }) => verdict === "open" && from.vantage !== "host" && from.vantage !== "browser")
    .filter(({ entry }) => entry.port !== port)
    .map(({ entry }) => `${entry.address} ${entry.port}`);
}

function findDoor({ steps }: Plan): Door | null {
  const doors = steps.flatMap(({ expect }) => expect).filter((each): each is Door => each.kind === "refuses-strangers");
  return doors[0] ?? null;
}

async function makeCredentials(plan: Plan, { proxy, auth }: ProxyAccess): Promise<readonly Credential[]> {
  if (auth === "portlock") return [];
  const edits = plan.steps.flatMap(({ files }) => files.map(({ edit }) => edit));
  const names = edits.flatMap((edit) => (edit.kind === "people" ? edit.adds : []));
  return await Promise.all(names.map((name) => makeCredential(proxy, auth, name)));
}

async function look(
  host: HostWriter,
  plan: Plan,
  { scopes, auth }: ProxyAccess,
  credentials: readonly Credential[],
): Promise<readonly SeenAnswer[]> {
  const door = findDoor(plan);
  if (door === null) return [];
  const [first] = credentials;
  const wrong = auth === "basic" ? "Basic d3Jvbmc6d3Jvbmc=" : "Bearer wrong";
  const known = scopes.includes("read") ? 200 : 403;
  return [
    await ask(host, door, { with: "no-credential", path: "/api/tags", expected: 401 }),
    await ask(host, door, { with: "no-credential", path: "/no/such/route", expected: 401 }),
    await ask(host, door, { with: "wrong-credential", path: "/api/tags", expected: 401 }, wrong),
    ...(first === undefined
      ? []
      : [
          await ask(host, door, { with: "credential", path: "/api/tags", expected: known }, first.authorization),
          await ask(host, door, { with: "credential", path: "/no/such/route", expected: 403 }, first.authorization),
        ]),
  ];
}

/** Caddy hashes a wrong password for more than a second. */
const PATIENCE_MS = 15_000;

async function ask(
  host: HostWriter,
  { address, port, tls, name }: Door,
  asked: Omit<SeenAnswer, "came">,
  authorization?: string,
): Promise<SeenAnswer> {
  const outcome = await host.request({
    method: "GET",
    address,
    port,
    path: asked.path,
    tls,
    timeoutMs: PATIENCE_MS,
    ...(name === null ? {} : { hostHeader: `${name}:${port}`, serverName: name }),
    ...(authorization === undefined ? {} : { authorization }),
  });
  return { ...asked, came: outcome.kind === "answered" ? String(outcome.answer.status) : outcome.kind };
}
