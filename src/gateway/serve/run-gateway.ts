import { hostname } from "node:os";
import { toAccessLine } from "../evidence/access-line.ts";
import { openLogFile, toHandedLog, type LogFile } from "../evidence/log-file.ts";
import type { Metrics } from "../evidence/metrics.ts";
import type { Served } from "../evidence/served.ts";
import { UsageBook } from "../evidence/usage-book.ts";
import { openVerifier } from "../keys/open-verifier.ts";
import type { Limiter, LimitSettings } from "../limits/limiter.ts";
import { openLocalLimiter } from "../limits/open-local-limiter.ts";
import type { DataPlace } from "../store/data-place.ts";
import { openStore } from "../store/open-store.ts";
import type { OpenStore } from "../store/open-tables.ts";
import type { CertificateSource } from "./certificate.ts";
import { DEFAULT_CAPS, DEFAULT_PATIENCE, type ListenPlace } from "./gateway-options.ts";
import { openGateway, type Gateway } from "./gateway.ts";
import { isItself, isLoopback, toListenText, toReachedBy } from "./listen-place.ts";
import { readFingerprint, takeSelfSigned } from "./self-signed.ts";
import { StartRefused } from "./start-refused.ts";
import type { UpstreamPlace } from "./upstream-place.ts";

/** Where the pair for TLS comes from. */
export type TlsChoice =
  | { readonly kind: "none" }
  | { readonly kind: "files"; readonly certFile: string; readonly keyFile: string }
  | { readonly kind: "self-signed" };

/** A gateway as it is wanted. */
export interface GatewayWish {
  readonly listen: ListenPlace;
  readonly upstream: UpstreamPlace;
  readonly data: DataPlace;
  readonly tls: TlsChoice;
  /** Authorities one of which has signed the certificate of each client; null: clients need none. */
  readonly clientCaFile: string | null;
  readonly origins: readonly string[];
  readonly limits: LimitSettings;
  /** Redis or Valkey that replicas share their limits in; null: this gateway is the only one. */
  readonly redisUrl: string | null;
  readonly metrics: ListenPlace | null;
  /** Null: `accessLog` takes the lines. */
  readonly logFile: string | null;
  readonly accessLog: (lines: string) => void;
  /** Nothing is served until it resolves: the gateway listens while somebody still looks whether it may open. */
  readonly opening: Promise<unknown>;
  /** Starts in the clear beyond loopback all the same. */
  readonly evenSo: boolean;
  /** Who starts it: `alice (uid 1000)`. */
  readonly by: string;
  /** Hears what could not be done, without anything a caller sent. */
  readonly onTrouble: (error: unknown) => void;
}

/** A gateway that runs, with all that belongs to it. */
export interface RunningGateway {
  /** `https://127.0.0.1:11435`. */
  readonly url: string;
  readonly metricsUrl: string | null;
  /** Keys that let in now. */
  readonly keys: number;
  /** SHA-256 of its own certificate; null where it made none. */
  readonly fingerprint: string | null;
  /** Opens the log anew and looks at the certificate's files, as SIGHUP asks for. */
  reload(): Promise<void>;
  /** Ends in order, after `graceMs` at the latest. */
  drain(graceMs: number): Promise<void>;
  /** Ends at once. */
  close(): Promise<void>;
}

/**
 * Starts a gateway over its store. Throws a `StartRefused` where it would be unsafe or cannot listen, a `StoreError`
 * where the store is not there or others can read it.
 */
export async function runGateway(wish: GatewayWish): Promise<RunningGateway> {
  await refuseUnsafe(wish);
  const store = await openStore(wish.data, true);
  const closing: (() => Promise<void>)[] = [() => store.store.close()];
  try {
    return await runOver(store, wish, closing);
  } catch (error) {
    for (const close of closing.toReversed()) await close();
    throw error;
  }
}

async function refuseUnsafe({ listen, tls, metrics, upstream, evenSo }: GatewayWish): Promise<void> {
  const place = { listen: toListenText(listen) };
  if (!isLoopback(listen.host) && tls.kind === "none" && !evenSo) {
    throw new StartRefused({ code: "beyond-loopback-without-tls", data: place });
  }
  if (metrics !== null && !isLoopback(metrics.host) && !evenSo) {
    throw new StartRefused({ code: "metrics-beyond-loopback", data: { listen: toListenText(metrics) } });
  }
  if (await isItself(upstream, listen))
    throw new StartRefused({ code: "upstream-is-gateway", data: { upstream: upstream.origin } });
}

async function runOver(open: OpenStore, wish: GatewayWish, closing: (() => Promise<void>)[]): Promise<RunningGateway> {
  const { store } = open;
  const { listen, onTrouble } = wish;
  const now = Date.now();
  const keys = (await store.listKeys()).filter(
    ({ key: { revokedAt, expiresAt } }) => revokedAt === null && (expiresAt === null || now < expiresAt),
  ).length;
  if (keys === 0 && !isLoopback(listen.host)) {
    throw new StartRefused({ code: "beyond-loopback-without-keys", data: { listen: toListenText(listen) } });
  }
  const source = await takeCertificateSource(wish);
  const log = wish.logFile === null ? toHandedLog(wish.accessLog, onTrouble) : await openLog(wish.logFile, onTrouble);
  closing.push(() => log.close());
  const usage = new UsageBook(store, onTrouble);
  closing.push(() => usage.close());
  const parts: Parts = { log, usage, gateway: null, metrics: null };
  if (wish.metrics !== null) {
    parts.metrics = await openMetricsAt(wish.metrics, parts);
    closing.push(async () => parts.metrics?.close());
  }
  const verifier = await openVerifier(open);
  const gateway = await openGateway({
    listen,
    upstream: wish.upstream,
    verifier,
    limiter: await openLimiter(open, wish, () => verifier.lookNow()),
    certificate: source,
    origins: wish.origins,
    witnesses: toWitnesses(parts),
    patience: DEFAULT_PATIENCE,
    caps: DEFAULT_CAPS,
    opening: wish.opening,
    onTrouble,
  });
  parts.gateway = gateway;
  closing.push(() => gateway.close());
  const url = `${source === null ? "http" : "https"}://${toListenText({ host: listen.host, port: gateway.port })}`;
  await store.addAct({ at: now, by: wish.by, act: "start", keyId: null, detail: { listen: url } });
  const close = async (): Promise<void> => {
    for (const end of closing.toReversed()) await end();
  };
  return {
    url,
    metricsUrl:
      parts.metrics === null ? null : `http://${toListenText(toPlace(wish.metrics, parts.metrics.port))}/metrics`,
    keys,
    fingerprint: source === null || wish.tls.kind !== "self-signed" ? null : await readFingerprint(source.certFile),
    reload: async () => {
      await Promise.all([log.reopen(), gateway.reloadCertificate()]);
    },
    drain: async (graceMs) => {
      await gateway.drain(graceMs);
      await close();
    },
    close,
  };
}

/** What the parts of a gateway know of each other. */
interface Parts {
  readonly log: LogFile;
  readonly usage: UsageBook;
  gateway: Gateway | null;
  metrics: Metrics | null;
}

function toWitnesses(parts: Parts): readonly ((served: Served) => void)[] {
  return [
    (served) => parts.log.add(toAccessLine(served)),
    (served) => parts.usage.see(served),
    (served) => parts.metrics?.see(served),
  ];
}

const NOTHING = { connections: 0, connectionsRefused: 0, exchanges: 0, serving: 0, waiting: 0, bodyBytes: 0 };

/** The library is loaded only where numbers are asked for. */
async function openMetricsAt(place: ListenPlace, parts: Parts): Promise<Metrics> {
  const { openMetrics } = await import("../evidence/metrics.ts");
  return openMetrics(place, {
    state: () => parts.gateway?.state ?? NOTHING,
    lostLines: () => parts.log.lost,
  });
}

function toPlace(place: ListenPlace | null, port: number): ListenPlace {
  return { host: place?.host ?? "127.0.0.1", port };
}

async function openLog(file: string, onTrouble: (error: unknown) => void): Promise<LogFile> {
  try {
    return await openLogFile(file, onTrouble);
  } catch (error) {
    const detail = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new StartRefused({ code: "log-unwritable", data: { file, detail } });
  }
}

async function takeCertificateSource({
  tls,
  clientCaFile,
  listen,
  data,
}: GatewayWish): Promise<CertificateSource | null> {
  switch (tls.kind) {
    case "none":
      if (clientCaFile !== null) throw new StartRefused({ code: "tls-incomplete", data: null });
      return null;
    case "files":
      return { certFile: tls.certFile, keyFile: tls.keyFile, clientCaFile };
    case "self-signed": {
      const folder = data.kind === "folder" ? data.path : data.folder;
      return { ...(await takeSelfSigned(folder, toReachedBy(listen.host, hostname()))), clientCaFile };
    }
  }
}

/**
 * Tokens are counted in the store at the first request of a key, so that a restart gives none back. `onRevision` is
 * called where somebody tells over Redis that keys were changed.
 */
async function openLimiter(
  { store }: OpenStore,
  { redisUrl, limits, onTrouble }: GatewayWish,
  onRevision: () => void,
): Promise<Limiter> {
  const countTokens = (keyId: string, since: number): Promise<number> => store.countTokens(keyId, since);
  if (redisUrl === null) return openLocalLimiter({ settings: limits, countTokens, onTrouble });
  const [{ RedisLink, RedisGone }, { openRevisions }, { openSharedLimiter }] = await Promise.all([
    import("../shared/redis-link.ts"),
    import("../shared/revisions.ts"),
    import("../limits/open-shared-limiter.ts"),
  ]);
  const link = toLink(() => new RedisLink(redisUrl));
  openRevisions(link).onRevision(onRevision);
  try {
    return await openSharedLimiter({ link, settings: limits, countTokens, onTrouble });
  } catch (error) {
    await link.close();
    throw error instanceof RedisGone ? new StartRefused({ code: "redis-gone", data: null }) : error;
  }
}

/** The URL may hold a password, and is not shown. */
function toLink<Link>(make: () => Link): Link {
  try {
    return make();
  } catch (error) {
    throw error instanceof TypeError ? new StartRefused({ code: "bad-redis", data: null }) : error;
  }
}
