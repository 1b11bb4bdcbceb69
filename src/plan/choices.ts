/** How a server is put on loopback. `auto`: by who runs it; `none`: it stays where it listens. */
export const METHODS = ["auto", "none", "systemd", "environment", "session", "container"] as const;
export type Method = (typeof METHODS)[number];

/** In which manager of rules a port is closed. `none`: in none; `auto`: in the one that is in charge. */
export const FIREWALL_CHOICES = ["none", "auto", "ufw", "firewalld", "nftables", "docker-user"] as const;
export type FirewallChoice = (typeof FIREWALL_CHOICES)[number];

/** What is mended around a server besides its listen address, only where asked. */
export const MENDS = ["permissions", "origins", "leftovers", "cloud"] as const;
export type Mend = (typeof MENDS)[number];

/** What somebody who hardens a host wants. The same facts and the same choices give the same plan. */
export interface Choices {
  /** Ids of the servers that are meant, as a report has them; null: all. */
  readonly servers: readonly string[] | null;
  readonly method: Method;
  /** Adds the unit's hardening directives. */
  readonly sandbox: boolean;
  /** Adds IPAddressDeny= and IPAddressAllow= to the unit. */
  readonly ipFilter: boolean;
  /** Restarts a server that was started by hand, instead of printing how. */
  readonly restartProcess: boolean;
  /** Makes a container anew where its ports cannot be changed otherwise. */
  readonly recreate: boolean;
  readonly firewall: FirewallChoice;
  /** Sources that are to get through a firewall step all the same, CIDR. */
  readonly allow: readonly string[];
  readonly mends: readonly Mend[];
  /** Ports of other services whose sources a firewall step may change. */
  readonly mayChange: readonly number[];
}

export const DEFAULT_CHOICES: Choices = {
  servers: null,
  method: "auto",
  sandbox: false,
  ipFilter: false,
  restartProcess: false,
  recreate: false,
  firewall: "none",
  allow: [],
  mends: [],
  mayChange: [],
};
