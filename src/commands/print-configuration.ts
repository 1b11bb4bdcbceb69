import { gatherInstalledProxy } from "../facts/proxies/installed-proxy.ts";
import type { HostReader } from "../host/host.ts";
import { describeSite } from "../plan/proxy/describe-site.ts";
import { listModelServers } from "../plan/proxy/make-proxy-plan.ts";
import type { ProxyChoices } from "../plan/proxy/proxy-choices.ts";
import { makeConfiguration } from "../proxy/configuration.ts";
import { parseProxyVersion, type ProxyKind, type ProxyVersion } from "../proxy/site.ts";
import { toOwnCommand } from "../report/own-command.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { JudgedHost } from "./plan-host.ts";

/** Taken where the proxy is not installed on this host: the files are for another one. */
const OTHERWISE: Readonly<Record<ProxyKind, ProxyVersion>> = {
  nginx: { major: 1, minor: 26, patch: 0 },
  caddy: { major: 2, minor: 10, patch: 0 },
  haproxy: { major: 3, minor: 0, patch: 0 },
};

/** `--print`: the configuration on standard output, for whoever manages files elsewhere. Nothing is changed. */
export async function printConfiguration(
  session: Session,
  host: HostReader,
  judged: JudgedHost,
  choices: ProxyChoices,
): Promise<ExitCode> {
  const { version: printed } = await gatherInstalledProxy(host, choices.proxy);
  const installed = printed === null ? null : parseProxyVersion(printed);
  const version = installed ?? OTHERWISE[choices.proxy];
  const servers = listModelServers(judged).filter(({ id }) => id === (choices.server ?? id));
  const site = describeSite(choices, servers[0] ?? null);
  const made = makeConfiguration(choices.proxy, site, version);
  if (made.kind === "refused") {
    const refusal = session.words.report.plan.refusal(
      { code: "site-refused", why: made.refusal },
      toOwnCommand(host.target),
    );
    throw new CommandError({ code: "plan-refused", data: refusal });
  }
  session.out.write(made.text);
  const { major, minor, patch } = version;
  const says = session.words.commands.proxy;
  session.err.write(`${says.printedFor(choices.proxy, `${major}.${minor}.${patch}`, installed !== null)}\n`);
  if (site.auth.kind !== "portlock") session.err.write(`${says.needsPeople(site.auth.file)}\n`);
  return EXIT.clear;
}
