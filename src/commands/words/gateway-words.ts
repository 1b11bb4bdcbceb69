import type { StartTroubles } from "../../gateway/serve/start-refused.ts";
import type { Server } from "../../judge/server.ts";
import type { ProgramFlaw } from "../gateway-program.ts";
import type { OwnCommand } from "../../report/own-command.ts";
import type { CommandHelp, ErrorWords } from "./words.ts";

/** Troubles of `portlock gateway`, beside those of the gateway itself. */
export interface GatewayTroubles {
  "flag-missing": { readonly flag: string; readonly needs: string };
  "redis-password": null;
  /** `urls`: the servers there are, none or several. */
  "upstream-not-found": { readonly urls: readonly string[] };
  "upstream-exposed": { readonly server: Server };
  "upstream-unknown": { readonly server: Server };
  "upstream-listens-wide": { readonly socket: string };
  "program-unfit": { readonly path: string; readonly why: ProgramFlaw };
  "data-not-of-service": { readonly place: string };
  "pepper-elsewhere": { readonly file: string; readonly own: string };
  "path-not-absolute": { readonly path: string };
}

export interface StartedGateway {
  readonly url: string;
  readonly upstream: string;
  readonly keys: number;
  readonly fingerprint: string | null;
  readonly metricsUrl: string | null;
}

/** What `portlock gateway` can say, in one language. */
export interface GatewayWords {
  readonly about: CommandHelp;
  readonly install: CommandHelp;
  readonly check: CommandHelp;
  readonly flags: Readonly<
    Record<
      | "listen"
      | "upstream"
      | "tlsCert"
      | "tlsKey"
      | "tlsSelfSigned"
      | "clientCa"
      | "origin"
      | "parallel"
      | "maxWaiting"
      | "redis"
      | "metrics"
      | "log"
      | "drain"
      | "evenSo"
      | "print"
      | "json",
      string
    >
  >;
  readonly placeholders: Readonly<Record<"listen" | "upstream" | "origin" | "redis" | "drain", string>>;
  readonly usage: Readonly<Record<"badListen" | "badUpstream" | "badOrigin", string>>;
  readonly troubles: {
    readonly [Code in keyof GatewayTroubles]: (data: GatewayTroubles[Code], own: OwnCommand) => ErrorWords;
  };
  readonly startTroubles: { readonly [Code in keyof StartTroubles]: (data: StartTroubles[Code]) => ErrorWords };
  /** Lines that say that it runs. */
  started(gateway: StartedGateway): readonly string[];
  installed(url: string): string;
  /** Behind why a service was taken back. */
  readonly seeJournal: string;
  readonly nobodyElse: string;
  draining(seconds: number): string;
  readonly ended: string;
  /** Something could not be done while it ran; it runs on. */
  trouble(what: string): string;
}
