import type { KeyTroubles } from "../../gateway/keys/key-error.ts";
import type { StoreErrorCode } from "../../gateway/store/store-error.ts";
import type { KeyState } from "../keys-page.ts";
import type { CommandHelp, ErrorWords } from "./words.ts";

export type KeysCommandName = "create" | "list" | "show" | "rotate" | "revoke" | "import" | "usage";
export type LogCommandName = "list" | "verify";

/** Troubles of the commands about keys, beside those of the store and of keys themselves. */
export interface KeysTroubles {
  "data-refused": { readonly why: "password-in-url" | "not-understood" };
  "expiry-past": { readonly text: string };
  "file-without-users": { readonly file: string };
}

/** What `portlock keys` and `portlock gateway log` can say, in one language. */
export interface KeysWords {
  readonly about: CommandHelp;
  readonly aboutLog: Pick<CommandHelp, "brief" | "description">;
  readonly commands: Readonly<Record<KeysCommandName, CommandHelp>>;
  readonly logCommands: Readonly<Record<LogCommandName, CommandHelp>>;
  readonly flags: Readonly<
    Record<
      | "scope"
      | "models"
      | "expires"
      | "rpm"
      | "tokensPerDay"
      | "concurrent"
      | "maxBody"
      | "maxContext"
      | "maxKeepAlive"
      | "from"
      | "grant"
      | "ollamaKey"
      | "data"
      | "createJson"
      | "all"
      | "grace"
      | "endStreams"
      | "since"
      | "json"
      | "last"
      | "expect",
      string
    >
  >;
  readonly arguments: Readonly<Record<"newName" | "key" | "usageKey" | "htpasswd", string>>;
  readonly placeholders: Readonly<
    Record<
      | "name"
      | "key"
      | "patterns"
      | "duration"
      | "number"
      | "size"
      | "networks"
      | "publicKey"
      | "place"
      | "file"
      | "entry",
      string
    >
  >;
  readonly usage: Readonly<
    Record<
      | "badName"
      | "badPatterns"
      | "badExpiry"
      | "badDuration"
      | "badCount"
      | "badSize"
      | "badNetworks"
      | "badPublicKey"
      | "badEntry",
      string
    > & { readonly badList: (values: readonly string[]) => string }
  >;
  readonly keyTroubles: { readonly [Code in keyof KeyTroubles]: (data: KeyTroubles[Code]) => ErrorWords };
  readonly storeTroubles: Readonly<Record<StoreErrorCode, (place: string) => ErrorWords>>;
  readonly troubles: { readonly [Code in keyof KeysTroubles]: (data: KeysTroubles[Code]) => ErrorWords };

  readonly headings: Readonly<
    Record<
      | "name"
      | "id"
      | "state"
      | "scopes"
      | "grants"
      | "models"
      | "from"
      | "limits"
      | "createdAt"
      | "expiresAt"
      | "revokedAt"
      | "secrets"
      | "requests"
      | "promptTokens"
      | "answerTokens"
      | "failed"
      | "model"
      | "number"
      | "at"
      | "by"
      | "act"
      | "key"
      | "detail",
      string
    >
  >;
  readonly states: Readonly<Record<KeyState, string>>;
  readonly every: string;
  readonly none: string;
  readonly never: string;
  readonly limits: Readonly<
    Record<
      "requestsPerMinute" | "tokensPerDay" | "concurrent" | "maxBodyBytes" | "maxContextTokens" | "maxKeepAliveSeconds",
      (value: string) => string
    >
  >;
  secret(kind: "secret" | "signature" | "bcrypt", prefix: string, until: string | null): string;

  created(name: string, id: string): string;
  /** Behind the text of a key. */
  readonly shownOnce: string;
  /** The gateway that runs as a service knows nothing of this key; `command` makes one that it knows. */
  notOfService(command: string): string;
  createdForSignature(name: string): string;
  rotated(name: string, until: string): string;
  revoked(name: string, endsStreams: boolean): string;
  revokedBefore(name: string, at: string): string;
  readonly noKeys: string;
  moreRevoked(count: number): string;
  imported(name: string, line: number): string;
  notImported(line: number, why: "no-bcrypt" | "no-user" | "too-slow" | "key-name-taken"): string;
  readonly noUsage: string;
  usageOf(since: string): string;
  chart(unit: "hour" | "day", most: string): string;
  logSound(entries: number, number: number, hash: string): string;
  logBroken(number: number, why: "changed" | "missing" | "cut-off" | "not-expected" | "key-differs"): string;
  readonly logEmpty: string;
}
