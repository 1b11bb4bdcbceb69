import type { HostReader } from "../host/host.ts";
import type { HostWriter } from "../host/writer.ts";
import { OWN_SITE_FILES, readOwnSite, type OwnSite } from "../plan/proxy/own-site.ts";
import { listSiteTries, type SiteTry } from "../plan/proxy/site-tries.ts";
import { askSite, toUnlearned } from "./ask-site.ts";
import type { GuardedDoor, ServerBehind } from "./guarded-doors.ts";
import type { AskedSite, Outcome, SiteProof, TriedSite, Untried, UploadedSite } from "./proofs.ts";
import { toNotUploaded, uploadToSite } from "./upload-to-site.ts";

/** Somebody who is let in: the value of the Authorization header, which is put into no document. */
export type ShownCredential = string;

export interface SiteExamination {
  readonly host: HostReader;
  /** Doors of proxies that are judged to demand a credential; those of Portlock's own sites may be among them. */
  readonly guarded: readonly GuardedDoor[];
  /** Null: nothing is asked with one. */
  readonly credential: ShownCredential | null;
  /** What is to be done through Portlock's own sites, beyond reading; null: nothing is. */
  readonly work: SiteWork | null;
  readonly now: () => Date;
}

export interface SiteWork {
  /** A model to generate; null: none is. */
  readonly model: string | null;
  /** Length of an upload; null: none is made. */
  readonly uploadBytes: number | null;
  readonly writer: HostWriter;
  /** The server behind a site on that port. */
  readonly findServer: (port: number) => ServerBehind | null;
}

/**
 * Calls every site that Portlock made on this host: without a credential, with a wrong one, and with that of somebody
 * who is let in; and every other one that is judged to demand a credential, without one. Only by GET and HEAD, so that
 * nothing is changed even where a site lets through what it should not; and, where the owner asks for it, by generations
 * and by an upload that is never whole.
 */
export async function examineSites(
  examination: SiteExamination,
): Promise<{ readonly sites: readonly TriedSite[]; readonly untried: readonly Untried[] }> {
  const found = await findOwnSites(examination.host);
  const sites: TriedSite[] = [];
  for (const site of found) sites.push(await examineSite(examination, site));
  const others = examination.guarded.filter(({ port }) => found.every((each) => each.port !== port));
  for (const door of others) sites.push(await examineGuarded(examination, door));
  const isShown = examination.credential !== null;
  return {
    sites,
    untried: isShown ? [] : found.map(({ file }) => ({ place: null, why: "no-credential", detail: file })),
  };
}

async function findOwnSites(host: HostReader): Promise<readonly OwnSite[]> {
  const found = await Promise.all(
    OWN_SITE_FILES.map(async ([proxy, folder, name]) => {
      const names = await host.listDirectory(folder);
      const files = (names.ok ? names.value : []).filter((each) => name.test(each)).map((each) => `${folder}/${each}`);
      const texts = await Promise.all(files.map(async (file) => ({ file, text: await host.readFile(file) })));
      return texts.flatMap(({ file, text }) => (text.ok ? (readOwnSite(proxy, file, text.value) ?? []) : []));
    }),
  );
  return found.flat();
}

async function examineSite(examination: SiteExamination, site: OwnSite): Promise<TriedSite> {
  const tries = listSiteTries(site.scopes);
  const { proxy, file, address, port } = site;
  const credential = fits(site, examination.credential) ? examination.credential : null;
  // Before the many requests, of which a site may have enough.
  const asked = await askModel(examination, site, credential);
  const uploaded = await upload(examination, site, credential);
  const call = new Caller(examination, { ...site, isOwn: true });
  const wrong = site.auth === "basic" ? `Basic ${btoa("portlock-nobody:wrong")}` : "Bearer wrong";
  await call.all("nothing", tries, null);
  await call.all("wrong-credential", tries.filter(({ isAllowed }) => isAllowed).slice(0, 1), wrong);
  await call.all("wrong-credential", tries.filter(({ isAllowed }) => !isAllowed).slice(0, 1), wrong);
  if (credential !== null) await call.all("credential", tries, credential);
  const refusedAfter = credential === null ? null : await measureRefusals(call, credential);
  return { proxy, file, to: { address, port }, tries: call.proofs, refusedAfter, asked, uploaded, isCut: call.isCut };
}

async function askModel(
  { work }: SiteExamination,
  site: OwnSite,
  credential: ShownCredential | null,
): Promise<AskedSite | null> {
  if (work === null || work.model === null) return null;
  const { model, writer } = work;
  if (credential === null) return toUnlearned(model, "no-credential", null);
  if (!site.scopes.includes("inference")) return toUnlearned(model, "no-inference", null);
  const server = work.findServer(site.port);
  if (server === null) return toUnlearned(model, "no-server", null);
  return await askSite(writer, { model, server, site, credential });
}

async function upload(
  { work }: SiteExamination,
  site: OwnSite,
  credential: ShownCredential | null,
): Promise<UploadedSite | null> {
  if (work === null || work.uploadBytes === null) return null;
  const { uploadBytes: bytes, writer } = work;
  if (credential === null) return toNotUploaded(bytes, "no-credential", null);
  if (!site.scopes.includes("manage")) return toNotUploaded(bytes, "no-manage", null);
  const server = work.findServer(site.port);
  if (server === null) return toNotUploaded(bytes, "no-server", null);
  if (server.pid === null) return toNotUploaded(bytes, "room-not-seen", null);
  return await uploadToSite(writer, { bytes, server: { port: server.port, pid: server.pid }, site, credential });
}

/** Somebody else's site is asked without a credential alone, and only for what it hands on. */
async function examineGuarded(examination: SiteExamination, door: GuardedDoor): Promise<TriedSite> {
  const { proxy, address, port, paths } = door;
  const tries = listSiteTries([]).filter(
    ({ path }) => /api|v1/i.test(path) && (paths.length === 0 || paths.some((each) => path.startsWith(each))),
  );
  const call = new Caller(examination, { ...door, isOwn: false });
  await call.all("nothing", tries, null);
  const unasked = { refusedAfter: null, asked: null, uploaded: null };
  return { proxy, file: null, to: { address, port }, tries: call.proofs, ...unasked, isCut: call.isCut };
}

/** A password is nothing to a site of keys. */
function fits({ auth }: OwnSite, credential: ShownCredential | null): boolean {
  return credential !== null && (auth === "portlock" || /^basic /i.test(credential) === (auth === "basic"));
}

/** Caddy hashes a wrong password for more than a second. */
const PATIENCE_MS = 15_000;
const ROUNDS = 3;
/** A site that takes ten requests a second takes ten more after one. */
const WAIT_MS = 1_000;
const MOST_WAITS = 5;

type CalledSite = Pick<OwnSite, "address" | "port" | "tls" | "name"> & { readonly isOwn: boolean };

class Caller {
  readonly proofs: SiteProof[] = [];
  readonly #examination: SiteExamination;
  readonly #site: CalledSite;
  isCut: boolean = false;

  constructor(examination: SiteExamination, site: CalledSite) {
    this.#examination = examination;
    this.#site = site;
  }

  async all(shown: SiteProof["shown"], tries: readonly SiteTry[], authorization: string | null): Promise<void> {
    for (const one of tries) {
      if (this.isCut) return;
      const at = this.#examination.now().toISOString();
      const outcome = await this.#askInTime(one, authorization);
      if (outcome === null) {
        this.isCut = true;
        return;
      }
      const status = outcome.kind === "answered" ? outcome.status : null;
      const expected = shown === "credential" ? (one.isAllowed ? "let-through" : "refused") : "refused-as-stranger";
      const { method, path } = one;
      this.proofs.push({
        at,
        shown,
        method,
        path,
        expected,
        outcome,
        agrees: isAsExpected(expected, status, this.#site.isOwn),
      });
    }
  }

  /** Waits where the site has enough of requests for the moment; null where it has enough for long. */
  async #askInTime(one: SiteTry, authorization: string | null): Promise<Outcome | null> {
    for (let waits = 0; waits <= MOST_WAITS; waits += 1) {
      const outcome = await this.ask(one, authorization);
      if (outcome.kind !== "answered" || outcome.status !== 429) return outcome;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    return null;
  }

  async ask({ method, path }: Pick<SiteTry, "method" | "path">, authorization: string | null): Promise<Outcome> {
    const { address, port, tls, name } = this.#site;
    const outcome = await this.#examination.host.request({
      method,
      path,
      address,
      port,
      tls,
      timeoutMs: PATIENCE_MS,
      ...(name === null ? {} : { hostHeader: `${name}:${port}`, serverName: name }),
      ...(authorization === null ? {} : { authorization }),
    });
    return outcome.kind === "answered"
      ? { kind: "answered", status: outcome.answer.status, isModelServer: false }
      : { kind: outcome.kind, detail: outcome.detail ?? null };
  }
}

/** What is let through may be answered by the model server with anything but what the site itself refuses with. */
function isAsExpected(expected: SiteProof["expected"], status: number | null, isOwn: boolean): boolean {
  if (status === null) return false;
  // Others refuse by a page for signing in, too. What the model server itself says is one of these.
  if (expected === "refused-as-stranger" && !isOwn) return status >= 300 && status !== 404 && status !== 405;
  if (expected === "refused-as-stranger") return status === 401;
  return expected === "refused" ? status === 403 || status === 400 : status !== 401 && status !== 403 && status < 500;
}

async function measureRefusals(call: Caller, credential: ShownCredential): Promise<TriedSite["refusedAfter"]> {
  const [, pair = ""] = /^basic (.+)$/i.exec(credential) ?? [];
  if (pair === "") return null;
  const [known = ""] = atob(pair).split(":");
  const times: { readonly unknown: number[]; readonly known: number[] } = { unknown: [], known: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, seen] of [
      ["portlock-nobody", times.unknown],
      [known, times.known],
    ] as const) {
      const begun = performance.now();
      // Never the same password twice: Caddy keeps what it has seen.
      await call.ask({ method: "GET", path: "/" }, `Basic ${btoa(`${name}:wrong-${round}`)}`);
      seen.push(performance.now() - begun);
    }
  }
  return { unknownName: toMedian(times.unknown), knownName: toMedian(times.known) };
}

function toMedian(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return Math.round((sorted[Math.floor(sorted.length / 2)] ?? 0) * 10) / 10;
}
