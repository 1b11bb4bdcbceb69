import type { ChangeCommand } from "../host/change-command.ts";
import type { RuleId } from "../judge/finding.ts";
import type { Route } from "../judge/route.ts";
import type { HostVerdict, Missing, Reader } from "../report/report.ts";
import type { ProxyKind } from "../proxy/site.ts";
import type { SiteRefusal } from "../proxy/refuse-site.ts";
import type { Choices } from "./choices.ts";
import type { FileEdit } from "./file-edit.ts";
import type { GatewayChoices } from "./gateway/gateway-choices.ts";
import type { PeopleChoices } from "./proxy/plan-people.ts";
import type { ProxyChoices } from "./proxy/proxy-choices.ts";

/** The plan document, `portlock.plan/1`: all that will be changed on one host, and how each change is taken back. */
export interface Plan {
  readonly schema: "portlock.plan/1";
  readonly tool: { readonly name: "portlock"; readonly version: string };
  readonly host: { readonly name: string };
  /** ISO 8601, UTC: when the facts were read that it was made from. */
  readonly madeAt: string;
  readonly choices: Choices | ProxyChoices | PeopleChoices | GatewayChoices;
  /** What the host came to when it was made. */
  readonly verdict: HostVerdict;
  /** In the order in which they are done. */
  readonly steps: readonly Step[];
  /** Routes that are open now and will be closed. */
  readonly claims: readonly Claim[];
  readonly interruptions: readonly Interruption[];
  /** What stays as it is, and why. */
  readonly leaves: readonly Leave[];
  /** Who read the host. */
  readonly reader: Reader;
  /** Facts that could not be read: with them the plan might close more. */
  readonly missing: readonly Missing[];
}

/** What making a plan comes to. */
export type Planned =
  | { readonly kind: "plan"; readonly plan: Plan }
  /** Files must be read first; plan again with them in `PlanInput.texts`. */
  | { readonly kind: "needs-files"; readonly paths: readonly string[] }
  /** Containers must be asked about first; plan again with them in `PlanInput.inspected`. */
  | { readonly kind: "needs-inspection"; readonly containers: readonly ContainerName[] }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** By what an engine finds a container. */
export interface ContainerName {
  readonly engine: "docker" | "podman";
  readonly id: string;
}

/** Why no plan is made although it was asked for. */
export type Refusal =
  | { readonly code: "no-such-server"; readonly server: string }
  | { readonly code: "method-does-not-fit"; readonly server: string; readonly method: string; readonly runBy: string }
  | { readonly code: "facts-missing"; readonly fact: string }
  | { readonly code: "would-cut-session"; readonly source: string }
  | { readonly code: "would-change-others"; readonly ports: readonly number[] }
  | { readonly code: "manager-not-in-charge"; readonly manager: string; readonly inCharge: string | null }
  | { readonly code: "prediction-unsure"; readonly why: string }
  | { readonly code: "file-not-text"; readonly path: string }
  | { readonly code: "file-not-understood"; readonly path: string; readonly why: string }
  | ProxyRefusal
  | GatewayRefusal;

/** Why no service is made of the gateway. */
export type GatewayRefusal =
  /** It would be read as something else in a unit. */
  | { readonly code: "word-not-plain"; readonly text: string }
  | { readonly code: "gateway-port-held"; readonly port: number; readonly by: string };

/** Why no site is made for a proxy, or nobody let in there. */
export type ProxyRefusal =
  | { readonly code: "proxy-missing"; readonly proxy: ProxyKind }
  | { readonly code: "proxy-stopped"; readonly proxy: ProxyKind }
  /** None, or several: which one is meant must be said. */
  | { readonly code: "which-server"; readonly servers: readonly string[] }
  | { readonly code: "port-held"; readonly port: number; readonly by: string }
  | { readonly code: "name-held"; readonly name: string; readonly by: string }
  | { readonly code: "site-refused"; readonly why: SiteRefusal }
  | { readonly code: "person-not-plain"; readonly name: string }
  | { readonly code: "person-there"; readonly name: string }
  | { readonly code: "no-such-person"; readonly name: string; readonly people: readonly string[] }
  /** Where it is not said which one, or there is none. */
  | { readonly code: "which-site"; readonly sites: readonly string[] };

export type StepKind =
  | "set-unit"
  | "restart-process"
  | "edit-compose-file"
  | "recreate-container"
  | "add-firewall-rule"
  | "set-mode"
  | "remove-leftover"
  | "check-proxy"
  | "set-proxy-site"
  | "set-proxy-people"
  | "install-gateway";

/**
 * One change that an administrator would call one: plain data, done and undone by apply without any decision.
 * Done: folders, files, modes, then commands. Taken back: `undo.before`, files (those kept too) and modes as they
 * were, `undo.after`.
 * Each may be done when only a part of it was, and more than once.
 */
export interface Step {
  readonly kind: StepKind;
  /** The unit, file, container or manager it is about. */
  readonly target: string;
  /** Id of the server it is about; null where it is about the host. */
  readonly server: string | null;
  readonly mends: readonly RuleId[];
  /** Made where they are not there, mode 0755; removed by the undo where they were made. Parents first. */
  readonly folders: readonly string[];
  readonly files: readonly FileChange[];
  readonly modes: readonly ModeChange[];
  /**
   * Files that a command of the step rewrites by itself: they are kept before it, and put back, byte for byte or by
   * their absence, after `undo.before`. Left out: none.
   */
  readonly keeps?: readonly string[];
  readonly commands: readonly ChangeCommand[];
  readonly undo: { readonly before: readonly ChangeCommand[]; readonly after: readonly ChangeCommand[] };
  /** What must be so before the next step begins. */
  readonly expect: readonly Expectation[];
  readonly remarks: readonly Remark[];
}

export interface FileChange {
  readonly path: string;
  readonly edit: FileEdit;
}

/** Permission bits of a file or folder, from what they are to what they become. */
export interface ModeChange {
  readonly path: string;
  readonly from: number;
  readonly to: number;
}

/** What is looked at after a step, for as long as such a thing may take. */
export type Expectation =
  | {
      readonly kind: "unit-active";
      readonly unit: string;
      readonly scope: "system" | "user";
      readonly uid: number | null;
    }
  /** Nobody listens on that port but on loopback. */
  | { readonly kind: "listens-on-loopback-only"; readonly port: number }
  /** It answers a GET of `/` on that address. */
  | { readonly kind: "answers"; readonly address: string; readonly port: number }
  /** Whoever shows no credential there is answered 401. `name` is the host name it is called by; null: none. */
  | {
      readonly kind: "refuses-strangers";
      readonly address: string;
      readonly port: number;
      readonly tls: boolean;
      readonly name: string | null;
    };

/** What a step does not do, and whom else it touches; the reporter has the words. */
export type Remark =
  | { readonly code: "lasts-until-reboot" }
  | { readonly code: "others-read-this-file"; readonly path: string }
  /** The service is given every variable of that file, not only the one that is set there. */
  | { readonly code: "service-reads-whole-file"; readonly path: string }
  /** A service of one user's is changed where it counts for the service of that name of every user. */
  | { readonly code: "for-every-user"; readonly path: string }
  /** The files of the unit said so before: to restart it is all that was done, and no undo makes it forget that. */
  | { readonly code: "stays-closed-after-undo" }
  | { readonly code: "blocks-downloads" }
  | { readonly code: "ip-filter-may-be-inert" }
  | { readonly code: "sandbox-score" }
  | { readonly code: "old-sessions-survive" }
  | { readonly code: "cloud-models-off" }
  | { readonly code: "keeps-old-container"; readonly container: string }
  /** Whatever else was changed in its files since it was started comes into effect too. */
  | { readonly code: "applies-whole-file"; readonly paths: readonly string[] }
  | { readonly code: "run-in-its-terminal"; readonly command: readonly string[] }
  | ProxyRemark
  | GatewayRemark;

export type GatewayRemark =
  | { readonly code: "no-key-yet" }
  /** Clients warn of it, and must be told to trust it. */
  | { readonly code: "makes-own-certificate" }
  /** systemd hands it over when the service starts. */
  | { readonly code: "certificate-at-restart" }
  | { readonly code: "firewall-untouched"; readonly port: number }
  | { readonly code: "keys-stay-after-undo"; readonly folder: string };

export type ProxyRemark =
  /** Clients warn of it, and must be told to trust it. */
  | { readonly code: "self-signed"; readonly certificate: string }
  /** Connections of its other sites break off. */
  | { readonly code: "restarts-proxy"; readonly proxy: ProxyKind }
  /** The proxy cannot compare hashes. */
  | { readonly code: "keys-as-they-are"; readonly path: string }
  | { readonly code: "no-rate-limit" }
  | { readonly code: "opens-port-80" }
  /** The proxy cannot ask the gateway: it hands on to it. */
  | { readonly code: "gateway-serves" }
  | { readonly code: "replaces-file"; readonly path: string }
  | { readonly code: "open-beside"; readonly server: string };

/** A route that a plan says it closes. */
export interface Claim {
  readonly server: string;
  readonly from: Route["from"];
  readonly entry: Route["entry"];
}

/** What breaks off while the plan is applied. */
export interface Interruption {
  readonly server: string;
  /** Models loaded now, each of which may be answering somebody; null where the server did not tell. */
  readonly loadedModels: number | null;
  readonly because: "restart" | "recreate";
}

/** An exposure or a finding that the plan does not touch. */
export interface Leave {
  readonly server: string | null;
  readonly rule: RuleId | null;
  readonly why: LeaveReason;
}

export type LeaveReason =
  | { readonly code: "not-asked"; readonly flag: string }
  | { readonly code: "no-safe-change" }
  /** What is open is not the server but what hands on to it: `by` at `place`, a file and line where that is known. */
  | { readonly code: "opened-by"; readonly by: string; readonly place: string | null }
  /** The command of the unit sets its own value, which no drop-in beats. */
  | { readonly code: "set-by-command"; readonly unit: string }
  /** Somebody else listens on that port of loopback already. */
  | { readonly code: "port-taken"; readonly port: number }
  | { readonly code: "started-by-hand"; readonly command: readonly string[] }
  /** `environment`: variables that the file in the command is to hold; empty where it needs none. */
  | { readonly code: "needs-recreate"; readonly command: readonly string[]; readonly environment: readonly string[] }
  /** It was made with settings that could not be given to a new one. */
  | { readonly code: "settings-not-understood"; readonly settings: readonly string[] }
  /** Its engine did not tell how it was made. */
  | { readonly code: "not-inspected"; readonly container: string }
  /** What was written in the container itself, and in no volume, would not be in a new one. */
  | { readonly code: "data-in-container"; readonly paths: readonly string[] }
  /** No client of Compose is there that is as old or as new as the one that made it. */
  | { readonly code: "no-compose-client"; readonly version: string }
  /** Values came from the environment of whoever started it, and would not come again. */
  | { readonly code: "unknown-variables"; readonly names: readonly string[] }
  | { readonly code: "user-service" }
  | { readonly code: "owner-decides" }
  | { readonly code: "unknown-runner" };
