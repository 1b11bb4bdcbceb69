import { homedir } from "node:os";
import { toActorName } from "../gateway/audit/actor.ts";
import { DEFAULT_LIMIT_SETTINGS } from "../gateway/limits/limiter.ts";
import { runGateway, type RunningGateway } from "../gateway/serve/run-gateway.ts";
import type { UpstreamPlace } from "../gateway/serve/upstream-place.ts";
import { readDataPlace, type DataPlace } from "../gateway/store/data-place.ts";
import { toPrintable } from "../report/printable.ts";
import type { Session } from "./context.ts";
import { CommandError, toErrorText } from "./errors.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { DEFAULT_DRAIN_MS, DEFAULT_LISTEN, toRedisUrl, toTlsChoice, type GatewayFlags } from "./gateway-flags.ts";

/**
 * `portlock gateway`: serves until a signal ends it. It listens while this host is still audited, and serves nobody
 * before it is known that nobody can go round it.
 */
export async function run(session: Session, flags: GatewayFlags): Promise<ExitCode> {
  const tls = toTlsChoice(flags);
  const data = toDataPlace(session, flags.data);
  const redisUrl = toRedisUrl(flags, session.env);
  const audit = flags.evenSo === true && flags.upstream !== undefined ? null : auditHost(session, flags);
  // It is waited for below; until then nobody else hears that it rejects.
  audit?.catch(() => {});
  const upstream = flags.upstream ?? (await toFound(audit));
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
    opening: audit ?? Promise.resolve(),
    evenSo: flags.evenSo === true,
    by: toActorName(session.env),
    onTrouble: toTroubleHearer(session),
  });
  const signals = hearSignals(session, gateway, flags.drain ?? DEFAULT_DRAIN_MS);
  try {
    await audit;
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

async function toFound(audit: Promise<UpstreamPlace> | null): Promise<UpstreamPlace> {
  if (audit === null) throw new Error("an upstream was neither given nor looked for");
  return audit;
}

function toDataPlace({ env }: Session, data: string | undefined): DataPlace {
  const isRoot = process.geteuid?.() === 0;
  const reading = readDataPlace(data, { env, isRoot, home: env["HOME"] ?? homedir() });
  if (!reading.ok) throw new CommandError({ code: "data-refused", data: { why: reading.why } });
  return reading.place;
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
