import type { UpstreamPlace } from "../gateway/serve/upstream-place.ts";
import type { Session } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { findLocalServers, refuseExposed, toOnlyUpstream } from "./local-upstream.ts";

export interface GatewayCheckFlags {
  readonly upstream?: UpstreamPlace;
  readonly lang?: string;
}

/**
 * `portlock gateway check`: whether others reach the model server without the gateway; run as root before the service
 * starts. Throws a `CommandError` where they do, or where it cannot be told.
 */
export async function check(session: Session, flags: GatewayCheckFlags): Promise<ExitCode> {
  const local = await findLocalServers(session);
  refuseExposed(local, flags.upstream ?? toOnlyUpstream(local));
  session.out.write(`${session.words.commands.gateway.nobodyElse}\n`);
  return EXIT.clear;
}
