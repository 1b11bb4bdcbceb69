import type { ChangeTroubles } from "../../apply/change-error.ts";
import type { HostError } from "../../host/host-error.ts";
import type { NoAnswer } from "../../host/host.ts";
import type { OwnCommand } from "../../report/own-command.ts";
import type { TroubleCode, Troubles } from "../errors.ts";
import type { HardenWords } from "./harden-words.ts";
import type { ProxyWords } from "./proxy-words.ts";
import type { GatewayWords } from "./gateway-words.ts";
import type { KeysWords } from "./keys-words.ts";

export type CommandName =
  | "audit"
  | "harden"
  | "verify"
  | ChangeCommandName
  | "record"
  | "probe"
  | "trace"
  | "explain"
  | "demo"
  | "completion";

/** What can stand first on a command line; some hold commands of their own. */
export type RouteName = CommandName | "keys" | "gateway" | "proxy";

/** What is done about changes that were made. */
export type ChangeCommandName = "undo" | "history" | "confirm";

/** Help of one command. */
export interface CommandHelp {
  /** One line, for the list of commands. */
  readonly brief: string;
  readonly description: string;
  /** Command lines after `portlock NAME`, and what each does. */
  readonly examples: readonly (readonly [command: string, what: string])[];
}

export interface ErrorWords {
  readonly sentence: string;
  /** What to do next. */
  readonly hint: string;
}

export type ChangeTroubleWords = {
  readonly [Code in keyof ChangeTroubles]: (data: ChangeTroubles[Code], own: OwnCommand) => ErrorWords;
};

/** What the command line can say, in one language. */
export interface CommandWords {
  readonly about: string;
  readonly commands: Readonly<Record<CommandName, CommandHelp>>;
  readonly flags: Readonly<
    Record<
      | "host"
      | "from"
      | "json"
      | "lang"
      | "failOn"
      | "color"
      | "plain"
      | "output"
      | "force"
      | "recordHost"
      | "fast"
      | "source"
      | "destination"
      | "door"
      | "recording"
      | "traceJson"
      | "hardenHost"
      | "server"
      | "method"
      | "sandbox"
      | "ipFilter"
      | "restartProcess"
      | "recreate"
      | "firewall"
      | "allow"
      | "mend"
      | "mayChange"
      | "dryRun"
      | "plan"
      | "apply"
      | "yes"
      | "confirmWithin"
      | "hardenJson"
      | "vantage"
      | "rehearse"
      | "cutSessions"
      | "credentialFile"
      | "askModel"
      | "tryUpload"
      | "evidence"
      | "changeHost",
      string
    >
  >;
  readonly arguments: Readonly<Record<"url" | "rule" | "shell" | "undoId" | "confirmId", string>>;
  readonly placeholders: Readonly<
    Record<
      | "address"
      | "network"
      | "port"
      | "seconds"
      | "server"
      | "socket"
      | "interface"
      | "target"
      | "vantage"
      | "file"
      | "model"
      | "size"
      | "url"
      | "rule"
      | "shell"
      | "change",
      string
    >
  >;
  readonly help: Readonly<
    Record<
      | "usage"
      | "aliases"
      | "commands"
      | "flags"
      | "arguments"
      | "examples"
      | "exitCodes"
      | "default"
      | "separator"
      | "helpFlag"
      | "versionFlag"
      | "escape",
      string
    >
  >;
  /** The exit codes, one line each. */
  readonly exitCodes: readonly (readonly [code: string, meaning: string])[];

  /** Faults of a command line; all have the code `usage`. */
  readonly usage: {
    noSuchCommand(input: string, corrections: readonly string[]): string;
    noSuchFlag(input: string, corrections: readonly string[]): string;
    badValue(flag: string, input: string, why: string): string;
    notOneOf(flag: string, input: string, values: readonly string[]): string;
    valueMissing(flag: string): string;
    argumentMissing(name: string): string;
    tooManyArguments(input: string): string;
    givenTwice(flag: string): string;
    takesNoValue(flag: string): string;
    takes(values: readonly string[]): string;
    readonly badLanguage: string;
    readonly badPort: string;
    readonly badSeconds: string;
    readonly badUpload: string;
    readonly badNetwork: string;
    hint(command: string): string;
  };
  readonly error: string;
  readonly whatToDo: string;
  readonly troubles: { readonly [Code in TroubleCode]: (data: Troubles[Code], own: OwnCommand) => ErrorWords };
  hostError(error: HostError): ErrorWords;
  bug(version: string, own: OwnCommand): string;

  /** Faults of --vantage. */
  readonly badVantage: string;
  /** Said on the terminal while connections are tried. */
  readonly trying: string;
  evidenceWritten(file: string): string;

  /** Said on the terminal while a host is read. */
  connecting(target: string): string;
  reading(target: string, fact: string): string;
  asking(places: string): string;
  readingMany(done: number, all: number): string;
  hostHeading(target: string): string;

  recorded(facts: RecordedFacts): string;

  readonly harden: HardenWords;
  readonly proxy: ProxyWords;
  readonly keys: KeysWords;
  readonly gateway: GatewayWords;
  readonly probe: ProbeWords;
  readonly explainMore: string;
  /** `explain route`: how a verdict about a route comes about, paragraph by paragraph. */
  readonly explainRoute: readonly string[];
}

/** What a recording holds, for the sentence that says so. */
export interface RecordedFacts {
  readonly host: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly listeners: number | null;
  readonly processes: number | null;
  readonly missing: number;
}

/** What `probe` says about one place that was asked. */
export interface ProbeWords {
  readonly verdicts: Readonly<Record<"open" | "guarded" | "closed" | "none" | "unknown", string>>;
  open(place: string, server: string): string;
  guarded(place: string, server: string | null): string;
  closed(place: string): string;
  none(place: string): string;
  unknown(place: string, why: string): string;
  readonly whys: Readonly<Record<Exclude<NoAnswer, "refused"> | "access" | "redirects", string>>;
  /** Where it sends whoever asks. */
  redirectsTo(place: string): string;
  readonly hostCheck: Readonly<Record<"accepts" | "refuses" | "unmeasured", string>>;
  readonly originCheck: Readonly<Record<"accepts" | "refuses" | "unmeasured", string>>;
  readonly strangersCan: string;
  /** The same, where nobody but the host itself was seen to get in. */
  readonly whoeverCan: string;
  readonly strangers: Readonly<Record<"ollama" | "other", readonly string[]>>;
  /** What to do about an open server. */
  readonly next: string;
  /** What an answer to the host itself does not tell, and what does. */
  readonly askedByItself: string;
}
