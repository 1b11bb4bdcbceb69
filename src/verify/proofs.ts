import type { NoAnswer } from "../host/host.ts";
import type { RouteVerdict } from "../judge/route.ts";

/** What was tried, `portlock.proofs/1`: each entry is one new connection, and nothing here was concluded. */
export interface Proofs {
  readonly schema: "portlock.proofs/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  readonly host: { readonly name: string };
  readonly proofs: readonly TriedConnection[];
  readonly oldSessions: readonly OldSession[];
  readonly survival: readonly Survival[];
  /** What sites of proxies let through. */
  readonly sites: readonly TriedSite[];
  /** What was not tried, and why not. */
  readonly untried: readonly Untried[];
}

/** One site of a proxy that is to demand a credential, called by the host itself with requests that read. */
export interface TriedSite {
  /** The program: `nginx`. */
  readonly proxy: string;
  /** Of a site that Portlock made; null: somebody else's, which is asked without a credential alone. */
  readonly file: string | null;
  readonly to: { readonly address: string; readonly port: number };
  readonly tries: readonly SiteProof[];
  /**
   * Milliseconds, medians: how long a wrong password was looked at for a name that nobody has, and for one that
   * somebody has. A difference tells whoever guesses which names there are. Null where there are no names, or none
   * was shown.
   */
  readonly refusedAfter: { readonly unknownName: number; readonly knownName: number } | null;
  /** A generation that the owner had asked for; null where he had not, or of somebody else's site. */
  readonly asked: AskedSite | null;
  /** An upload that the owner had asked for; null as above. */
  readonly uploaded: UploadedSite | null;
  /** True where the site had enough of the requests (429), so that the rest was not tried. */
  readonly isCut: boolean;
}

/** One request to a site. */
export interface SiteProof {
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly shown: "nothing" | "wrong-credential" | "credential";
  readonly method: "GET" | "HEAD";
  readonly path: string;
  readonly expected: "refused-as-stranger" | "refused" | "let-through";
  readonly outcome: Outcome;
  readonly agrees: boolean;
}

/** What a model's answer is like through a site, beside the same one straight from its server. */
export interface AskedSite {
  readonly model: string;
  /** Milliseconds from the request to the first bytes, medians of three; null where one of them did not answer. */
  readonly firstAfter: BothWays | null;
  /** At how many moments bytes came; null as above. */
  readonly moments: BothWays | null;
  /** The stream passes as it comes, and is not held back. */
  readonly passesAtOnce: Learned;
  /** The server is left by the proxy, and so stops, soon after the client has left. */
  readonly stopsWithClient: Learned;
}

/** What became of an upload through a site that was broken off before its last byte. */
export interface UploadedSite {
  /** Length of the upload. */
  readonly bytes: number;
  /** How many of them arrived at the server before it was broken off. */
  readonly arrived: number;
  /** Until all of them had arrived; null where they did not. */
  readonly seconds: number | null;
  /** MiB that the programs at the site's port held at the most, above what they held before; null where not seen. */
  readonly grownMiB: number | null;
  /** All of it arrives, and while the rest is still being sent. */
  readonly passes: Learned;
  readonly inConstantMemory: Learned;
}

export interface BothWays {
  readonly direct: number;
  readonly site: number;
}

export type Learned =
  | { readonly holds: boolean }
  /** `detail` is a status, or what a tool said; hostile. */
  | { readonly holds: null; readonly why: UnlearnedReason; readonly detail: string | null };

export type UnlearnedReason =
  /** The host has no curl, no ss, or none that is new enough. */
  | "no-tool"
  /** The credential is of another kind than the site's. */
  | "no-credential"
  /** The site lets nobody generate. */
  | "no-inference"
  /** The site lets nobody upload. */
  | "no-manage"
  /** No Ollama was found behind the site that the host itself can call. */
  | "no-server"
  | "server-not-answering"
  | "site-not-answering"
  /** The model answered in so few pieces, or so soon, that nothing can be told by it. */
  | "too-short"
  /** Neither as the server sent it nor at the end. */
  | "between"
  /** Which of the connections to the server was the one that it came by could not be seen. */
  | "connection-not-seen"
  /** The disk that the server writes uploads to has too little room. */
  | "no-room"
  /** How much room there is could not be seen, and so no more was sent. */
  | "room-not-seen"
  | "not-in-time"
  /** Not all of it came through. */
  | "not-passed"
  /** The programs that listen at the site's port could not be seen. */
  | "holders-not-seen";

/** Where a connection was made from. */
export type Place =
  /** The host itself: says what its own programs get, and nothing about a firewall. */
  | { readonly kind: "host" }
  /** A network namespace made for it, joined to the host by a pair of virtual interfaces, and gone again. */
  | { readonly kind: "namespace"; readonly as: "neighbour" | "stranger"; readonly source: string }
  | { readonly kind: "ssh"; readonly target: string };

export interface TriedConnection {
  /** ISO 8601, UTC. */
  readonly at: string;
  /** Server of the report that it is about. */
  readonly server: string;
  readonly place: Place;
  readonly to: { readonly address: string; readonly port: number };
  readonly outcome: Outcome;
  /** What the outcome comes to: `open` is a model server's answer without a credential. */
  readonly verdict: RouteVerdict;
  /** What was said before: what the judge says of that route, or `open` for the host's own client. */
  readonly expected: RouteVerdict;
  /** False: they part, and that is a finding of its own. */
  readonly agrees: boolean;
}

export type Outcome =
  | { readonly kind: "answered"; readonly status: number; readonly isModelServer: boolean }
  | { readonly kind: NoAnswer; readonly detail: string | null };

/** A connection to the server's port that is older than the change. */
export interface OldSession {
  readonly server: string;
  readonly local: string;
  readonly remote: string;
  /** True where it was cut, and seen to be gone. */
  readonly cut: boolean;
}

/** Whether what is closed now will be closed after something that happens to every host. */
export interface Survival {
  readonly server: string;
  readonly event:
    | "service-restart"
    | "daemon-reload"
    | "reboot"
    | "firewall-reload"
    | "docker-restart"
    | "vendor-upgrade";
  readonly holds: boolean | null;
  readonly because: SurvivalReason;
  /** True where it was really done, not concluded from files. */
  readonly rehearsed: boolean;
}

export type SurvivalReason =
  | "declared-and-effective-agree"
  | "rehearsed"
  | "runtime-only"
  | "daemon-reload-missing"
  | "restart-missing"
  | "in-overwritten-unit"
  | "drop-in-stays"
  | "engine-writes-it-again"
  | "own-service-loads-it"
  | "own-file-differs"
  | "rule-not-saved"
  | "managers-fight"
  | "started-by-hand"
  | "not-enabled"
  | "facts-missing";

export interface Untried {
  readonly place: Place | null;
  readonly why: UntriedReason;
  /** An address, an interface, or what a tool said; hostile. */
  readonly detail: string | null;
}

export type UntriedReason =
  | "no-tool"
  | "not-root"
  | "no-namespace"
  | "not-asked"
  /** Nobody's credential was handed in, so that nothing was asked with one. */
  | "no-credential"
  | "no-address-of-that-family"
  /** Whoever is there came in by an interface made for it: rules that name another one were not tried. */
  | "own-interface"
  /** Nobody called from inside a container. */
  | "from-containers"
  /** An address that only its own link can call. */
  | "link-local"
  /** The vantage is the host itself. */
  | "same-host"
  /** Every range that is kept for such tests has its use on this host. */
  | "no-free-range"
  /** What the vantage said could not be read. */
  | "vantage-failed";
