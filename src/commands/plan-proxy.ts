import type { InstalledProxy } from "../facts/proxies/installed-proxy.ts";
import { gatherInstalledProxy } from "../facts/proxies/installed-proxy.ts";
import type { HostReader } from "../host/host.ts";
import type { FileText } from "../plan/file-edit.ts";
import { makeProxyPlan } from "../plan/proxy/make-proxy-plan.ts";
import type { ProxyChoices } from "../plan/proxy/proxy-choices.ts";
import type { Plan } from "../plan/plan.ts";
import { toOwnCommand } from "../report/own-command.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { readText, type JudgedHost } from "./plan-host.ts";

const MOST_ROUNDS = 4;

/** Plans a site of a proxy. Throws a `CommandError` where it is refused, or a file cannot be read. */
export async function planProxy(
  session: Session,
  host: HostReader,
  judged: JudgedHost,
  choices: ProxyChoices,
): Promise<Plan> {
  const installed: InstalledProxy = await gatherInstalledProxy(host, choices.proxy);
  const texts = new Map<string, FileText>();
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const input = { facts: judged.facts, judgement: judged.judgement, choices, installed, texts };
    const planned = makeProxyPlan(input, { version: session.version, madeAt: judged.readAt });
    if (planned.kind === "plan") return planned.plan;
    if (planned.kind === "refused") {
      const refusal = session.words.report.plan.refusal(planned.refusal, toOwnCommand(host.target));
      throw new CommandError({ code: "plan-refused", data: refusal });
    }
    if (planned.kind === "needs-files") for (const path of planned.paths) texts.set(path, await readText(host, path));
  }
  throw new Error("a plan asks for files without end");
}
