import { readFile } from "node:fs/promises";
import { z } from "zod";
import { FIREWALL_CHOICES, MENDS, METHODS, type Choices } from "../plan/choices.ts";
import type { Plan } from "../plan/plan.ts";
import type { ProxyChoices } from "../plan/proxy/proxy-choices.ts";
import { PROXY_AUTHS, PROXY_KINDS, type ProxyKind } from "../proxy/site.ts";
import { ROUTE_SCOPES } from "../servers/ollama/scopes.ts";
import { toPrintable } from "../report/printable.ts";
import { CommandError, type PlanMaker } from "./errors.ts";

const LARGEST_PLAN_BYTES = 4 * 1024 * 1024;

/**
 * What is taken from a plan that comes from a file. Its steps are never run as they stand there: the host is read
 * and planned again with the same choices, and only a plan that comes out the same is applied.
 */
const PlanFile = z.object({
  schema: z.literal("portlock.plan/1"),
  host: z.object({ name: z.string() }),
  choices: z.strictObject({
    servers: z.array(z.string()).nullable(),
    method: z.enum(METHODS),
    sandbox: z.boolean(),
    ipFilter: z.boolean(),
    restartProcess: z.boolean(),
    recreate: z.boolean(),
    firewall: z.enum(FIREWALL_CHOICES),
    allow: z.array(z.string()),
    mends: z.array(z.enum(MENDS)),
    mayChange: z.array(z.int().min(1).max(65_535)),
  }),
  steps: z.array(z.unknown()),
});

export interface SavedPlan<Wanted = Choices> {
  readonly hostName: string;
  readonly choices: Wanted;
  readonly steps: readonly unknown[];
}

/** The same of a plan about a proxy. */
const ProxyPlanFile = z.object({
  schema: z.literal("portlock.plan/1"),
  host: z.object({ name: z.string() }),
  choices: z.strictObject({
    proxy: z.enum(PROXY_KINDS),
    server: z.string().nullable(),
    listen: z.strictObject({ address: z.union([z.ipv4(), z.ipv6()]), port: z.int().min(1).max(65_535) }),
    name: z.string().nullable(),
    auth: z.enum(PROXY_AUTHS),
    gatewayPort: z.int().min(1).max(65_535),
    users: z.array(z.string()),
    scopes: z.array(z.enum(ROUTE_SCOPES)),
    tls: z.discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal(["none", "automatic", "self-signed"]) }),
      z.strictObject({ kind: z.literal("files"), certificate: z.string(), key: z.string() }),
    ]),
    origins: z.array(z.string()),
    requestsPerMinute: z.int().min(1).nullable(),
    site: z.string().nullable(),
  }),
  steps: z.array(z.unknown()),
});

/** Reads a plan that `proxy --plan` wrote. Throws a `CommandError` where it is none of that proxy. */
export async function readProxyPlanFile(file: string, kind: ProxyKind): Promise<SavedPlan<ProxyChoices>> {
  const parsed = ProxyPlanFile.safeParse(parseJson(await readPlanText(file, ["proxy", kind])));
  if (!parsed.success) throw damaged(file, parsed.error.issues[0]?.message ?? "", ["proxy", kind]);
  const { host, choices, steps } = parsed.data;
  if (choices.proxy !== kind) throw damaged(file, choices.proxy, ["proxy", kind]);
  return { hostName: host.name, choices, steps };
}

/** Reads a plan that `harden --plan` wrote. Throws a `CommandError` where it is none, or of a newer Portlock. */
export async function readPlanFile(file: string): Promise<SavedPlan> {
  const parsed = PlanFile.safeParse(parseJson(await readPlanText(file, ["harden"])));
  if (!parsed.success) throw damaged(file, parsed.error.issues[0]?.message ?? "", ["harden"]);
  const { host, choices, steps } = parsed.data;
  return { hostName: host.name, choices, steps };
}

async function readPlanText(file: string, madeBy: PlanMaker): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: unknown) => {
    const detail = toPrintable(error instanceof Error ? error.message : String(error), 200);
    throw new CommandError({ code: "file-unread", data: { file, detail } });
  });
  if (Buffer.byteLength(text) > LARGEST_PLAN_BYTES) throw damaged(file, "too large", madeBy);
  return text;
}

/** Whether a plan made now does what the saved one says, step by step. */
export function isSamePlan(saved: Pick<SavedPlan, "hostName" | "steps">, plan: Plan): boolean {
  return saved.hostName === plan.host.name && toCanonical(saved.steps) === toCanonical(plan.steps);
}

/** As text with the keys of every object in one order: a plan may have been through other tools. */
function toCanonical(steps: readonly unknown[]): string {
  return JSON.stringify(steps, (_key, value: unknown) =>
    value !== null && typeof value === "object" && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function damaged(file: string, detail: string, madeBy: PlanMaker): CommandError {
  return new CommandError({ code: "plan-damaged", data: { file, detail, madeBy } });
}
