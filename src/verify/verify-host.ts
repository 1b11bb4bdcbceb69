import type { HostWriter } from "../host/writer.ts";
import { foretell } from "../judge/survival.ts";
import { examineHost } from "./examine-host.ts";
import { findServerBehind, listGuardedDoors } from "./guarded-doors.ts";
import { examineSites, type ShownCredential, type SiteWork } from "./examine-sites.ts";
import type { Examination } from "./examination.ts";
import { cutSessions, findOldSessions } from "./old-sessions.ts";
import type { Proofs, Survival, Untried } from "./proofs.ts";
import { rehearse } from "./rehearse.ts";

export interface VerifySettings {
  readonly version: string;
  /** By which changes are made that were asked for; null where none was. */
  readonly writer: HostWriter | null;
  /** Reload systemd and restart the services, and try again after each. */
  readonly rehearse: boolean;
  /** Cut the connections that outlived the rules. */
  readonly cutSessions: boolean;
  /** Call the sites of proxies that Portlock made, with this credential of somebody who is let in, or with none alone. */
  readonly sites: {
    readonly credential: ShownCredential | null;
    /** Has this model generate through them, by the writer; null: none does. */
    readonly askModel: string | null;
    /** Uploads so many bytes through them, by the writer; null: nothing is uploaded. */
    readonly uploadBytes: number | null;
  } | null;
  /** What is known before to stay untried. */
  readonly untried: readonly Untried[];
}

/**
 * Proves what the judge says of a host: new connections from every place of the examination, the sessions that are older
 * than the rules, and what will stay closed. Nothing is left on the host.
 */
export async function verifyHost(examination: Examination, settings: VerifySettings): Promise<Proofs> {
  const { host, facts, judgement } = examination;
  const { writer, version } = settings;
  const [examined, found] = await Promise.all([examineHost(examination), findOldSessions(host, facts, judgement)]);
  const { sites, untried } =
    settings.sites === null
      ? { sites: [], untried: [] }
      : await examineSites({
          host,
          credential: settings.sites.credential,
          work: toWork(examination, settings),
          guarded: listGuardedDoors(facts, judgement.servers),
          now: examination.now,
        });
  const oldSessions = settings.cutSessions && writer !== null ? await cutSessions(writer, found) : found;
  const tryAgain = async () => (await examineHost(examination)).proofs;
  const rehearsed =
    settings.rehearse && writer !== null
      ? await rehearse(writer, judgement.servers, examined.proofs, tryAgain)
      : { survival: [], proofs: examined.proofs };
  return {
    schema: "portlock.proofs/1",
    tool: { name: "portlock", version },
    host: judgement.host,
    proofs: rehearsed.proofs,
    oldSessions,
    survival: withRehearsed(foretell(facts, judgement), rehearsed.survival),
    sites,
    untried: [...settings.untried, ...examined.untried, ...untried],
  };
}

function toWork({ facts, judgement }: Examination, { writer, sites }: VerifySettings): SiteWork | null {
  const { askModel: model = null, uploadBytes = null } = sites ?? {};
  if (writer === null || (model === null && uploadBytes === null)) return null;
  return { model, uploadBytes, writer, findServer: (port) => findServerBehind(facts, judgement.servers, port) };
}

/** What was done says more than what was concluded. */
function withRehearsed(foretold: readonly Survival[], done: readonly Survival[]): readonly Survival[] {
  const isDone = ({ server, event }: Survival): boolean =>
    done.some((each) => each.server === server && each.event === event && each.holds !== null);
  const kept = foretold.filter((each) => !isDone(each));
  return [...done.filter(isDone), ...kept];
}
