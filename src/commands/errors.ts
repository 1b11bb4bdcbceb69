import { ChangeError, type ChangeTroubles } from "../apply/change-error.ts";
import { Fault } from "../apply/fault.ts";
import { KeyError, type KeyTroubles } from "../gateway/keys/key-error.ts";
import { StartRefused, type StartTroubles } from "../gateway/serve/start-refused.ts";
import { StoreError } from "../gateway/store/store-error.ts";
import { HostError } from "../host/host-error.ts";
import { toOwnCommand, type OwnCommand } from "../report/own-command.ts";
import type { ProxyKind } from "../proxy/site.ts";
import { toPrintable } from "../report/printable.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import type { GatewayTroubles } from "./words/gateway-words.ts";
import type { KeysTroubles } from "./words/keys-words.ts";
import type { CommandWords, ErrorWords } from "./words/words.ts";

/** The command whose `--plan` writes such a plan, as it is typed after `portlock`. */
export type PlanMaker = readonly ["harden"] | readonly ["proxy", ProxyKind];

/** Troubles a user can do something about, with what the sentence needs. Codes are stable. */
export interface Troubles extends ChangeTroubles, KeysTroubles, GatewayTroubles {
  "recording-unreadable": { readonly file: string; readonly detail: string };
  "recording-damaged": { readonly file: string; readonly detail: string };
  "recording-newer": { readonly file: string; readonly schema: string };
  "recording-too-large": { readonly file: string; readonly limitMiB: number };
  "file-exists": { readonly file: string };
  "file-unwritable": { readonly file: string; readonly detail: string };
  "rule-unknown": { readonly rule: string; readonly nearest: string | null };
  "not-an-address": { readonly flag: string; readonly text: string };
  /** In the words of the trace. */
  "trace-impossible": ErrorWords;
  "shell-unknown": { readonly shell: string };
  "file-unread": { readonly file: string; readonly detail: string };
  "flags-contradict": { readonly flags: readonly [string, string] };
  /** It goes only together with another one. */
  "plan-damaged": { readonly file: string; readonly detail: string; readonly madeBy: PlanMaker };
  /** The host is not as it was when the plan was made. */
  "moved-on": { readonly file: string; readonly madeBy: PlanMaker };
  /** In the words of the plan. */
  "plan-refused": ErrorWords;
  "confirmation-missing": null;
  /** The host failed, or went, where nothing was left to be taken back. */
  "host-fault": { readonly detail: string };
}

export type TroubleCode = keyof Troubles;

export type Trouble = {
  readonly [Code in TroubleCode]: { readonly code: Code; readonly data: Troubles[Code] };
}[TroubleCode];

/** Thrown by a command where the user can mend it. */
export class CommandError extends Error {
  override readonly name: string = "CommandError";
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.code);
    this.trouble = trouble;
  }
}

/** A trouble in words: a stable code, a sentence, what to do, and the last words of a tool that failed. */
export interface ErrorText extends ErrorWords {
  readonly code: string;
  readonly detail: string;
  readonly exitCode: ExitCode;
}

const USAGE_CODES: readonly string[] = [
  "file-exists",
  "rule-unknown",
  "shell-unknown",
  "not-an-address",
  "bad-target",
  "bad-url",
  "flags-contradict",
  "flag-missing",
  "redis-password",
  "data-not-of-service",
  "pepper-elsewhere",
  "path-not-absolute",
  "confirmation-missing",
  "no-such-change",
  "data-refused",
  "expiry-past",
  "file-without-users",
  "key-name-taken",
  "credential-taken",
  "no-such-key",
  "key-revoked",
];

/**
 * What to say about an error the user can mend; null for every other error, which is a bug of ours.
 *
 * @param target the host it is about, as `--host` takes it
 */
export function toErrorText(error: unknown, words: CommandWords, target: string = "localhost"): ErrorText | null {
  if (error instanceof HostError) {
    return {
      code: error.code,
      ...words.hostError(error),
      detail: toPrintable(error.detail.trim(), 400),
      exitCode: toCode(error.code),
    };
  }
  if (error instanceof Fault) {
    return toErrorText(new CommandError({ code: "host-fault", data: { detail: error.message } }), words, target);
  }
  if (error instanceof StoreError) {
    const detail = toPrintable(error.detail.trim(), 400);
    return {
      code: `store-${error.code}`,
      ...words.keys.storeTroubles[error.code](error.place),
      detail,
      exitCode: EXIT.unknown,
    };
  }
  if (error instanceof StartRefused) {
    return { code: error.trouble.code, ...toStartWords(error.trouble, words), detail: "", exitCode: EXIT.unknown };
  }
  if (error instanceof KeyError) {
    const { code } = error.trouble;
    return { code, ...toKeyWords(error.trouble, words), detail: "", exitCode: toCode(code) };
  }
  if (!(error instanceof CommandError || error instanceof ChangeError)) return null;
  const { code } = error.trouble;
  return { code, ...toWords(error.trouble, words, toOwnCommand(target)), detail: "", exitCode: toCode(code) };
}

/** The lines to print for an error. */
export function formatError({ code, sentence, hint, detail }: ErrorText, words: CommandWords): string {
  const lines = [
    `portlock: ${words.error} ${code}: ${sentence}`,
    ...(detail === "" ? [] : [`  ${detail}`]),
    `  ${words.whatToDo}: ${hint}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Our bug: a plea to report it, and the stack. */
export function toBugText(error: unknown, words: CommandWords, version: string, target: string = "localhost"): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${words.bug(version, toOwnCommand(target))}\n${stack}`;
}

/** An error as a document, for where a report was asked for as JSON. */
export function toErrorDocument(target: string, { code, sentence, hint, detail }: ErrorText): object {
  return { schema: "portlock.error/1", target, error: { code, sentence, hint, detail } };
}

function toCode(code: string): ExitCode {
  return USAGE_CODES.includes(code) ? EXIT.usage : EXIT.unknown;
}

function toWords<Code extends TroubleCode>(
  trouble: { readonly code: Code; readonly data: Troubles[Code] },
  words: CommandWords,
  own: OwnCommand,
): ErrorWords {
  return words.troubles[trouble.code](trouble.data, own);
}

function toKeyWords<Code extends keyof KeyTroubles>(
  trouble: { readonly code: Code; readonly data: KeyTroubles[Code] },
  words: CommandWords,
): ErrorWords {
  return words.keys.keyTroubles[trouble.code](trouble.data);
}

function toStartWords<Code extends keyof StartTroubles>(
  trouble: { readonly code: Code; readonly data: StartTroubles[Code] },
  words: CommandWords,
): ErrorWords {
  return words.gateway.startTroubles[trouble.code](trouble.data);
}
