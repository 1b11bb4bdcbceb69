import type { Facts } from "../../facts/facts.ts";
import type { InstalledProxy } from "../../facts/proxies/installed-proxy.ts";
import type { Server } from "../../judge/server.ts";
import type { Judgement } from "../../report/report.ts";
import type { Plan, Planned, Refusal, Step } from "../plan.ts";
import type { ReadTexts } from "./layout.ts";
import { planSite } from "./plan-site.ts";
import type { ProxyChoices } from "./proxy-choices.ts";

/** All that the plan of a site is made from: the same input gives the same steps. */
export interface ProxyPlanInput {
  readonly facts: Facts;
  readonly judgement: Judgement;
  readonly choices: ProxyChoices;
  readonly installed: InstalledProxy;
  /** Files that were asked for by `needs-files`, as they are; null: there is none. */
  readonly texts: ReadTexts;
}

/** Makes the plan of a site in front of a server. Never throws, whatever the facts say. */
export function makeProxyPlan(
  input: ProxyPlanInput,
  context: { readonly version: string; readonly madeAt: string },
): Planned {
  const server = chooseServer(input);
  if ("code" in server) return { kind: "refused", refusal: server };
  const planned = planSite(input, server);
  return planned.kind === "steps" ? { kind: "plan", plan: toPlan(input, planned.steps, context) } : planned;
}

/** A plan document about a proxy: it closes no route, and breaks no answer of the server off. */
export function toPlan(
  { judgement, choices }: Pick<ProxyPlanInput, "judgement"> & Pick<Plan, "choices">,
  steps: readonly Step[],
  { version, madeAt }: { readonly version: string; readonly madeAt: string },
): Plan {
  return {
    schema: "portlock.plan/1",
    tool: { name: "portlock", version },
    host: { name: judgement.host.name },
    madeAt,
    choices,
    verdict: judgement.verdict,
    reader: judgement.reader,
    missing: judgement.missing,
    steps,
    claims: [],
    interruptions: [],
    leaves: [],
  };
}

/** Programs that hand on to others: an open one answers as the model server behind it does, and is taken for one. */
const PROXY_PROGRAMS: readonly string[] = ["nginx", "caddy", "haproxy", "apache2", "httpd", "traefik"];

/** The servers that a site can be put in front of. */
export function listModelServers({ judgement, facts }: Pick<ProxyPlanInput, "judgement" | "facts">): readonly Server[] {
  const processes = facts.processes.ok ? facts.processes.value : [];
  const proxies = new Set(processes.filter(({ name }) => PROXY_PROGRAMS.includes(name)).map(({ pid }) => pid));
  return judgement.servers.filter(({ kind, process }) => kind === "ollama" && !proxies.has(process?.pid ?? -1));
}

/** The routes that are let through are Ollama's: no other kind is put behind a proxy. */
function chooseServer(input: ProxyPlanInput): Server | Refusal {
  const { choices } = input;
  const fitting = listModelServers(input);
  const named = choices.server === null ? fitting : fitting.filter(({ id }) => id === choices.server);
  const [first, ...others] = named;
  if (first === undefined && choices.server !== null) return { code: "no-such-server", server: choices.server };
  if (first === undefined || others.length > 0) return { code: "which-server", servers: fitting.map(({ id }) => id) };
  return first;
}
