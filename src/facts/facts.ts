import type { Reading } from "../host/host.ts";
import type { Answer } from "./answers.ts";
import type { Containers } from "./containers.ts";
import type { EnvironmentFile } from "./environment-files.ts";
import type { ServerFile } from "./files.ts";
import type { FirewallManagers } from "./firewall-managers.ts";
import type { FirewallPresence } from "./firewall.ts";
import type { Identity } from "./identity.ts";
import type { Network } from "./interfaces.ts";
import type { Process } from "./processes.ts";
import type { Proxy } from "./proxies/proxy.ts";
import type { ProxyAnswer } from "./proxies/proxy-answer.ts";
import type { Sessions } from "./sessions.ts";
import type { Listener, Unseen } from "./sockets.ts";
import type { Tunnel } from "./tunnels/tunnel.ts";
import type { Unit } from "./units.ts";

/**
 * Everything read from one host, as plain JSON: the only thing a judge sees. What could not be read stands
 * there as a failed reading with its reason, never as an empty list. A recording is this, saved to a file.
 */
export interface Facts {
  readonly identity: Reading<Identity>;
  readonly listeners: Reading<readonly Listener[]>;
  readonly unseen: Unseen;
  readonly processes: Reading<readonly Process[]>;
  /** The reader's own namespace first, then those in which a server listens. */
  readonly networks: readonly Network[];
  readonly units: Reading<readonly Unit[]>;
  readonly environmentFiles: readonly EnvironmentFile[];
  /** Absent where no engine is installed. */
  readonly containers: Reading<Containers>;
  readonly firewall: Reading<FirewallPresence>;
  /** Left out where an older version recorded the host. */
  readonly managers?: FirewallManagers;
  /** Left out where no rules are that could stop anybody, and where an older version recorded the host. */
  readonly sessions?: Reading<Sessions>;
  /** Left out where an older version recorded the host. */
  readonly proxies?: Reading<readonly Proxy[]>;
  /** Left out where there was no proxy to ask, and where an older version recorded the host. */
  readonly proxyAnswers?: readonly ProxyAnswer[];
  /** Left out where an older version recorded the host. */
  readonly tunnels?: Reading<readonly Tunnel[]>;
  readonly answers: readonly Answer[];
  /** Listeners that were not asked because there were too many. */
  readonly unasked: number;
  readonly files: readonly ServerFile[];
}
