import { refuseUnfinished } from "../apply/read-history.ts";
import { mustBeRoot } from "../apply/state-folder.ts";
import type { HostReader } from "../host/host.ts";
import { listPeople } from "../plan/people-file.ts";
import type { ProxyRefusal } from "../plan/plan.ts";
import { toPlan } from "../plan/proxy/make-proxy-plan.ts";
import { OWN_FOLDERS } from "../plan/proxy/layout.ts";
import {
  type PeopleChoices,
  type PeopleSite,
  planPeople,
  toPeopleFile,
  toPeopleSites,
} from "../plan/proxy/plan-people.ts";
import { PROXY_KINDS } from "../proxy/site.ts";
import { toJson } from "../report/json.ts";
import { toPrintable } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { LayoutFlags } from "./page.ts";
import { judgeHost, readText } from "./plan-host.ts";
import { toProgress } from "./progress.ts";
import { change } from "./proxy.ts";

export type UsersFlags = LayoutFlags & {
  readonly host?: string;
  /** As `portlock proxy users list` has it. */
  readonly site?: string;
  readonly json?: boolean;
  readonly lang?: string;
};

export type ChangeUsersFlags = UsersFlags & { readonly yes?: boolean };

/** `portlock proxy users list`: who is let in by each site that Portlock made, never by what. */
export async function listUsers(session: Session, flags: UsersFlags): Promise<ExitCode> {
  const host = await session.openHost(flags.host ?? "localhost");
  try {
    const sites = await findSites(host);
    const told = await Promise.all(
      sites.map(async (site) => ({
        site: toName(site),
        auth: site.auth,
        people: listPeople(await readText(host, toPeopleFile(site))),
      })),
    );
    const says = session.words.commands.proxy;
    if (flags.json === true) session.out.write(toJson({ schema: "portlock.proxy-users/1", sites: told }));
    else if (told.length === 0) session.out.write(`${says.noSites}\n`);
    else for (const each of told) session.out.write(`${says.people(each.site, each.auth, each.people)}\n`);
    return EXIT.clear;
  } finally {
    await host.close();
  }
}

/** `portlock proxy users add NAME`: lets somebody in, by a credential that is shown once. */
export async function addUser(session: Session, flags: ChangeUsersFlags, name: string): Promise<ExitCode> {
  return await changeUsers(session, flags, { adds: [name], removes: [] });
}

/** `portlock proxy users remove NAME`: lets somebody in no more, from now on. */
export async function removeUser(session: Session, flags: ChangeUsersFlags, name: string): Promise<ExitCode> {
  return await changeUsers(session, flags, { adds: [], removes: [name] });
}

async function changeUsers(
  session: Session,
  flags: ChangeUsersFlags,
  wanted: Pick<PeopleChoices, "adds" | "removes">,
): Promise<ExitCode> {
  const host = await session.openWriter(flags.host ?? "localhost");
  const progress = toProgress(session.err, session.env);
  try {
    await mustBeRoot(host);
    await refuseUnfinished(host);
    const site = await chooseSite(session, host, flags.site ?? null);
    const choices = { proxy: site.proxy, site: toName(site), ...wanted };
    const planned = planPeople(site, await readText(host, toPeopleFile(site)), choices);
    if (planned.kind === "refused") throw refused(session, planned.refusal);
    const judged = await judgeHost(session, host);
    const context = { version: session.version, madeAt: judged.readAt };
    const plan = toPlan({ judgement: judged.judgement, choices }, planned.steps, context);
    return await change(session, flags, {
      host,
      plan,
      auth: site.auth,
      scopes: [],
      proxy: site.proxy,
      judged,
      progress,
    });
  } finally {
    progress.clear();
    await host.close();
  }
}

async function findSites(host: HostReader): Promise<readonly PeopleSite[]> {
  const found = await Promise.all(
    PROXY_KINDS.map(async (proxy) => {
      const names = await host.listDirectory(OWN_FOLDERS[proxy]);
      return names.ok ? toPeopleSites(proxy, names.value) : [];
    }),
  );
  return found.flat();
}

async function chooseSite(session: Session, host: HostReader, name: string | null): Promise<PeopleSite> {
  const sites = await findSites(host);
  const fitting = sites.filter((site) => name === null || toName(site) === name);
  const [first, ...others] = fitting;
  if (first !== undefined && others.length === 0) return first;
  throw refused(session, { code: "which-site", sites: sites.map(toName) });
}

function refused({ words }: Session, refusal: ProxyRefusal): CommandError {
  return new CommandError({ code: "plan-refused", data: words.report.plan.proxy.refusal(refusal) });
}

function toName({ proxy, id }: PeopleSite): string {
  return toPrintable(`${proxy}/${id}`, 100);
}
