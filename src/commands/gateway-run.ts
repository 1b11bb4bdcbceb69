import { toActorName } from "../gateway/audit/actor.ts";
import { DEFAULT_LIMIT_SETTINGS } from "../gateway/limits/limiter.ts";
import { runGateway, type RunningGateway } from "../gateway/serve/run-gateway.ts";
import type { UpstreamPlace } from "../gateway/serve/upstream-place.ts";
import { toPrintable } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { toErrorText } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { toDataPlace } from "./open-data.ts";
import { DEFAULT_DRAIN_MS, DEFAULT_LISTEN, toRedisUrl, toTlsChoice, type GatewayFlags } from "./gateway-flags.ts";

/**
 * `portlock gateway`: serves until a signal ends it. It listens while this host is still audited, and serves nobody
 * before it is known that nobody can go round it.
 */
export async function run(session: Session, flags: GatewayFlags): Promise<ExitCode> {
  const tls = toTlsChoice(flags);
  const data = toDataPlace(session, flags.data);
  const redisUrl = toRedisUrl(flags, session.env);
  // Where it is known what to stand before, the gateway listens first: it is up at once, and opens when it may.
  const upstream = flags.upstream ?? (await auditHost(session, flags));
  const opening = Promise.withResolvers<void>();
  const gateway = await runGateway({
    listen: flags.listen ?? DEFAULT_LISTEN,
    upstream,
    data,
    tls,
    clientCaFile: flags.clientCa ?? null,
    origins: flags.origin ?? [],
    limits: {
      ...DEFAULT_LIMIT_SETTINGS,
      ...(flags.parallel === undefined ? {} : { turns: flags.parallel }),
      ...(flags.maxWaiting === undefined ? {} : { maxWaiting: flags.maxWaiting }),
    },
    redisUrl,
    metrics: flags.metrics ?? null,
    logFile: flags.log ?? null,
    accessLog: (lines) => session.out.write(lines),
    opening: opening.promise,
    evenSo: flags.evenSo === true,
    by: toActorName(session.env),
    onTrouble: toTroubleHearer(session),
  });
  const signals = hearSignals(session, gateway, flags.drain ?? DEFAULT_DRAIN_MS);
  try {
    if (flags.upstream !== undefined && flags.evenSo !== true) await auditHost(session, flags);
    opening.resolve();
  } catch (error) {
    await gateway.close();
    throw error;
  }
  say(session, session.words.commands.gateway.started({ ...gateway, upstream: toText(upstream) }));
  await signals;
  say(session, [session.words.commands.gateway.ended]);
  return EXIT.clear;
}

/** The upstream of this host, where none was given; throws a `CommandError` where others reach it directly. */
async function auditHost(session: Session, flags: GatewayFlags): Promise<UpstreamPlace> {
  const { findLocalServers, refuseExposed, toOnlyUpstream } = await import("./local-upstream.ts");
  const local = await findLocalServers(session);
  const upstream = flags.upstream ?? toOnlyUpstream(local);
  if (flags.evenSo !== true) refuseExposed(local, upstream);
  return upstream;
}

/** Resolves when the gateway has ended because somebody wanted it to. */
function hearSignals(session: Session, gateway: RunningGateway, drainMs: number): Promise<void> {
  let isDraining = false;
  return new Promise((resolve, reject) => {
    session.onSignal((signal) => {
      if (signal === "SIGHUP") {
        void gateway.reload();
        return;
      }
      if (!isDraining) say(session, [session.words.commands.gateway.draining(Math.round(drainMs / 1000))]);
      const ending = isDraining ? gateway.close() : gateway.drain(drainMs);
      isDraining = true;
      ending.then(resolve, reject);
    });
  });
}

const SAME_AGAIN_MS = 10_000;

/** Says what could not be done, the same at most every ten seconds. */
function toTroubleHearer(session: Session): (error: unknown) => void {
  const saidAt = new Map<string, number>();
  return (error) => {
    const text = toErrorText(error, session.words.commands);
    const what =
      text === null ? toPrintable(String(error), 300) : `${text.code}: ${text.sentence} ${text.detail}`.trim();
    const now = session.now().getTime();
    if (now - (saidAt.get(what) ?? 0) < SAME_AGAIN_MS) return;
    if (saidAt.size > 100) saidAt.clear();
    saidAt.set(what, now);
    say(session, [session.words.commands.gateway.trouble(what)]);
  };
}

function say(session: Session, lines: readonly string[]): void {
  for (const line of lines) session.err.write(`portlock gateway: ${line}\n`);
}

function toText({ origin, socketPath }: UpstreamPlace): string {
  return socketPath === null ? origin : `unix:${socketPath}`;
}
