import type { Evidence } from "../facts/evidence.ts";
import type { ListenAddress, ListenAddressRemark } from "../servers/ollama/listen-address.ts";
import type { ProxyFindingData } from "./proxy-finding.ts";
import type { VantageName } from "./route.ts";
import type { DeclarationReason } from "./server.ts";

export type Severity = "critical" | "high" | "medium" | "low" | "info";

/** Severities from worst to mildest. */
export const SEVERITIES: readonly Severity[] = ["critical", "high", "medium", "low", "info"];

/**
 * What each rule hands to the reporter: the rule's id and typed data. The reporter's catalogues are records
 * over these keys, so a rule without words in both languages does not compile.
 */
export interface FindingData extends ProxyFindingData {
  /** Others than this host can call the server without a credential. */
  "open-bind": {
    readonly setting: string;
    readonly value: string | null;
    readonly entries: readonly string[];
    readonly unit: string | null;
  };
  /** A container's port is published to others. */
  "published-port-open": {
    readonly container: string;
    readonly engine: string;
    readonly published: string;
    readonly containerPort: number;
    /** What ufw was told that would close the port, as a command of ufw's; null where nothing would, or it is off. */
    readonly passesBy: string | null;
  };
  /** Other machines reach a container at its own address, without any port being published. */
  "container-address-open": {
    readonly container: string;
    readonly network: string;
    /** Bridge of that network on the host; null where it has none. */
    readonly bridge: string | null;
    readonly addresses: readonly string[];
  };
  /** The containers of its network reach a container at its own address. */
  "open-to-containers": {
    readonly container: string;
    readonly network: string;
    readonly addresses: readonly string[];
  };
  /** A rule of the packet filter sends another port on to the server. */
  "forwarded-port-open": { readonly entries: readonly string[]; readonly by: string; readonly to: string };
  /** Bound to one LAN address, but answered on every interface (weak host model). */
  "reached-from-other-interface": { readonly address: string; readonly interfaces: readonly string[] };
  /** route_localnet hands loopback to neighbours. */
  "loopback-routed-in": { readonly interfaces: readonly string[]; readonly entry: string };
  /** A web page open on this host can call the server. */
  "browser-page-can-call": { readonly by: "host-check-off" | "no-host-check" | "any-origin" };
  /** OLLAMA_ORIGINS admits every web page. */
  "any-origin-allowed": { readonly value: string };
  /** A declared setting never reaches the server. */
  "setting-without-effect": {
    readonly setting: string;
    readonly value: string;
    readonly file: string;
    readonly line: number | null;
    readonly reason: DeclarationReason;
  };
  /** Words after a value were applied as settings although they look like a comment. */
  "comment-applied-as-setting": {
    readonly file: string;
    readonly line: number;
    readonly setting: string;
    readonly value: string;
  };
  /** The setting stands in the unit that the installer writes anew at every upgrade. */
  "setting-in-overwritten-unit": { readonly setting: string; readonly file: string; readonly unit: string };
  "daemon-reload-missing": { readonly unit: string };
  "restart-missing": {
    readonly unit: string;
    readonly setting: string;
    readonly running: string | null;
    readonly loaded: string | null;
  };
  /** A second server of the same kind was started by hand beside the service. */
  "second-server": { readonly servers: readonly string[] };
  /** The value of the listen address does not mean what it seems to mean. */
  "misleading-listen-address": {
    readonly value: string;
    readonly reason: MisleadingReason;
    readonly listensOn: string | null;
  };
  /** One finding for all advisories that the version has: one upgrade mends them together. Worst first, never empty. */
  "known-vulnerability": {
    readonly version: string;
    readonly advisories: readonly AdvisoryFinding[];
    /** The oldest version without any of them that has a fix; null where none has one. */
    readonly updateTo: string | null;
  };
  "version-unknown": { readonly advisories: number };
  "runs-as-root": { readonly pid: number };
  "key-file-readable": { readonly path: string; readonly mode: string };
  "model-folder-writable": { readonly path: string; readonly mode: string };
  "request-logging-on": { readonly setting: string };
  "planted-models": { readonly models: readonly string[] };
  "cloud-on-exposed-server": { readonly models: readonly string[] };
  /** ufw has rules, and is off. `command`: the one about the server's port, as it was given. */
  "ufw-inactive": { readonly rules: number; readonly command: string | null };
  /** firewalld runs with something else than its files say, in the words of firewall-cmd. */
  "firewalld-unsaved": {
    readonly zone: string;
    readonly onlyNow: readonly string[];
    readonly onlySaved: readonly string[];
  };
  /** One manager of rules takes away those of others. */
  "rule-managers-fight": {
    readonly by: "nftables.service" | "netfilter-persistent.service" | "ufw";
    readonly of: readonly ManagerName[];
    /** True where it takes away everything, not only what stands in its own tables. */
    readonly flushes: boolean;
  };
  /** A rule by hand that has no effect any more after the next start or reload of a manager. */
  "rule-lost-on-reload": {
    readonly manager: "docker" | "firewalld";
    readonly chain: string;
    /** `put-behind`: it stays, and the manager's own rules come to stand before it. */
    readonly how: "removed" | "put-behind";
    readonly rules: readonly string[];
  };
  /**
   * A rule about the server's port that no new connection meets, because of another before it. Both as their
   * administrator knows them: see decider-label.ts.
   */
  "rule-never-reached": { readonly ruleText: string; readonly behind: string; readonly stops: boolean };
  /** Rules keep somebody from the port by one address family, and none is about it in the other. */
  "rule-for-one-family": { readonly family: 4 | 6; readonly by: string; readonly entries: readonly string[] };
  /** There are rules, none is about the server's port, and what none is about is let in. */
  "default-policy-accept": { readonly policies: readonly string[]; readonly entries: readonly string[] };
  /** Connections go on from where the rules stop every new one. */
  "session-outlives-rule": {
    readonly sources: readonly string[];
    readonly by: string;
    /** False where rules may stop what belongs to these connections too. */
    readonly goesOn: boolean;
  };
  /** A setting of the IP filter is loaded, and nothing has shown that it blocks. */
  "ip-filter-unproven": { readonly unit: string; readonly unifiedCgroups: boolean | null };
}

export type ManagerName = "ufw" | "firewalld" | "docker";

/** Why a listen address does not mean what it seems to mean, or why a server with it does not start. */
export type MisleadingReason = ListenAddressRemark | Extract<ListenAddress, { kind: "fails" }>["because"];

/** One published flaw that this version has. */
export interface AdvisoryFinding {
  readonly id: string;
  readonly aliases: readonly string[];
  readonly severity: Severity;
  /** False where the records do not settle whether this very version has it. */
  readonly certain: boolean;
  readonly summary: { readonly en: string; readonly "zh-CN": string };
  /** First version without it; null where no version is, because it is by design or unmended. */
  readonly fixed: string | null;
  /**
   * From where it can be used on this host: vantages whose route is open, or unknown and so not ruled out;
   * `registry` is a hostile registry the server is made to pull from. Empty: nobody unauthenticated can.
   */
  readonly usableFrom: readonly (VantageName | "registry")[];
  readonly source: string;
}

export type RuleId = keyof FindingData;

/** What a rule found, without words. */
export type Finding = { readonly [Id in RuleId]: FindingOf<Id> }[RuleId];

export interface FindingOf<Id extends RuleId> {
  readonly rule: Id;
  readonly severity: Severity;
  /** Id of the server it is about; null where it is about the host. */
  readonly server: string | null;
  /** Indexes into that server's routes. */
  readonly routes: readonly number[];
  readonly data: FindingData[Id];
  readonly evidence: readonly Evidence[];
}
