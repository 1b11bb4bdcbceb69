import type { GatewayChoices, GatewayData, GatewayProgram, GatewayTls } from "../plan/gateway/gateway-choices.ts";
import { toListenText } from "../gateway/serve/listen-place.ts";
import type { UpstreamPlace } from "../gateway/serve/upstream-place.ts";
import { toFamily } from "../judge/addresses.ts";
import type { Session } from "./context.ts";
import { CommandError } from "./errors.ts";
import { DEFAULT_DRAIN_MS, DEFAULT_LISTEN, type GatewayFlags, toRedisUrl, toTlsChoice } from "./gateway-flags.ts";
import { toServicePlace } from "./open-data.ts";
import type { LayoutFlags } from "./page.ts";

/** Where systemd lets a service keep what is its own. */
const STATE_FOLDER = /^\/var\/lib\/([A-Za-z0-9][A-Za-z0-9_.-]{0,60})$/;

export type GatewayInstallFlags = LayoutFlags &
  Omit<GatewayFlags, "log"> & {
    readonly print?: boolean;
    readonly dryRun?: boolean;
    readonly yes?: boolean;
    readonly json?: boolean;
  };

/** What the flags ask for. Throws a `CommandError` where they contradict each other, or a service cannot have that. */
export function toGatewayChoices(
  session: Pick<Session, "env">,
  flags: GatewayInstallFlags,
  { upstream, program }: { readonly upstream: UpstreamPlace; readonly program: GatewayProgram },
): GatewayChoices {
  const { host, port } = flags.listen ?? DEFAULT_LISTEN;
  const address = host === "localhost" ? "127.0.0.1" : host;
  if (toFamily(address) === null)
    throw new CommandError({ code: "not-an-address", data: { flag: "--listen", text: host } });
  // What the environment names is for the file that only root reads.
  const redis = flags.redis === undefined ? null : toRedisUrl(flags, {});
  return {
    gateway: {
      listen: { address, port },
      upstream: upstream.socketPath === null ? upstream.origin : `unix:${upstream.socketPath}`,
      data: toServiceData(session, flags.data),
      tls: toServiceTls(flags),
      clientCa: flags.clientCa === undefined ? null : toAbsolute(flags.clientCa),
      origins: flags.origin ?? [],
      parallel: flags.parallel ?? null,
      maxWaiting: flags.maxWaiting ?? null,
      redis,
      metrics: flags.metrics === undefined ? null : toListenText(flags.metrics),
      drainMs: flags.drain ?? DEFAULT_DRAIN_MS,
      evenSo: flags.evenSo === true,
      program,
    },
  };
}

function toServiceData(session: Pick<Session, "env">, data: string | undefined): GatewayData {
  const place = toServicePlace(session, data);
  const folder = place.kind === "folder" ? place.path : place.folder;
  const name = STATE_FOLDER.exec(folder)?.[1];
  if (name === undefined) throw new CommandError({ code: "data-not-of-service", data: { place: folder } });
  if (place.kind === "folder") return { kind: "state", name };
  const own = `${folder}/pepper`;
  if (place.pepperFile !== null && place.pepperFile !== own) {
    throw new CommandError({ code: "pepper-elsewhere", data: { file: place.pepperFile, own } });
  }
  return { kind: "postgres", url: place.url, name };
}

function toServiceTls(flags: GatewayInstallFlags): GatewayTls {
  const tls = toTlsChoice(flags);
  return tls.kind === "files"
    ? { kind: "files", certificate: toAbsolute(tls.certFile), key: toAbsolute(tls.keyFile) }
    : tls;
}

/** A service has no folder of its caller's. */
function toAbsolute(path: string): string {
  if (!path.startsWith("/")) throw new CommandError({ code: "path-not-absolute", data: { path } });
  return path;
}
