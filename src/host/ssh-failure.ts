import type { NoAnswer } from "./host.ts";
import { HostError } from "./host-error.ts";
import type { HostErrorCode } from "./host-error.ts";

interface LoginFault {
  readonly code: HostErrorCode;
  /** Found in the words of the OpenSSH client, in the C locale. */
  readonly pattern: RegExp;
  readonly sentence: string;
  readonly hint: string;
}

/** Tried in this order: a changed key is also reported as one that could not be verified. */
const LOGIN_FAULTS: readonly LoginFault[] = [
  {
    code: "ssh-missing",
    pattern: /^spawn ssh ENOENT/m,
    sentence: "There is no OpenSSH client on this machine",
    hint: "Install it (Debian and Ubuntu: openssh-client).",
  },
  {
    code: "ssh-host-key-changed",
    pattern: /HOST IDENTIFICATION HAS CHANGED|^Offending .* key in /m,
    sentence: "The host shows another key than the one that is known",
    hint: "Find out why before you connect again: somebody may stand in between, or the host was installed anew.",
  },
  {
    code: "ssh-host-key-unknown",
    pattern: /Host key verification failed|host key is known for/,
    sentence: "The host's key is not known yet",
    hint: "Connect once with ssh, compare the fingerprint with the host's own, and accept it.",
  },
  {
    code: "ssh-denied",
    pattern: /Permission denied \(|Too many authentication failures|No supported authentication methods/,
    sentence: "The host does not accept the login",
    hint: "Make `ssh -o BatchMode=yes` to that host work: a key in the agent or in the SSH configuration. Portlock never asks for a password.",
  },
  {
    code: "ssh-name-unknown",
    pattern: /Could not resolve hostname/,
    sentence: "The host's name is not known",
    hint: "Check the spelling, or name the host in your SSH configuration.",
  },
  {
    code: "ssh-unreachable",
    pattern:
      /Connection (?:refused|timed out|reset|closed)|No route to host|Network is unreachable|kex_exchange_identification|banner exchange/,
    sentence: "No SSH server answers there",
    hint: "Check address and port, and that the host is up and lets you in from here.",
  },
];

/** The error for a login that came to nothing. `words`: what the client said last; hostile. */
export function toLoginError(target: string, words: string, timedOut: boolean): HostError {
  const fault = LOGIN_FAULTS.find(({ pattern }) => pattern.test(words));
  const detail = /^Offending .* key in .*$/m.exec(words)?.[0].trim() ?? toLastLine(words);
  if (fault) return new HostError(fault.code, target, `${fault.sentence}: ${target}`, fault.hint, detail);
  const hint = "Try `ssh` to that host by hand and see what it says.";
  if (timedOut) return new HostError("ssh-timeout", target, `The login takes too long: ${target}`, hint, detail);
  return new HostError("ssh-failed", target, `The SSH client failed: ${target}`, hint, detail);
}

/**
 * The error for a login that worked but led to no POSIX shell, as with a forced command or a switch. `said`: what
 * came instead, on each stream; hostile.
 */
export function toNoShellError(target: string, said: readonly string[]): HostError {
  const hint = "Use an account whose login runs /bin/sh commands, without a forced command.";
  const detail = said.flatMap((words) => toLastLine(words) || []).join("; ");
  return new HostError("ssh-no-shell", target, `The login leads to no POSIX shell: ${target}`, hint, detail);
}

function toLastLine(words: string): string {
  return words.trim().split(/\r?\n/).at(-1) ?? "";
}

const REFUSALS: readonly (readonly [RegExp, NoAnswer])[] = [
  [/Connection refused/, "refused"],
  [/timed out/, "timeout"],
  [/No route to host|unreachable|Cannot assign requested address|Invalid argument/, "unroutable"],
];

/** What a stream that the other host did not open says about the address it was to lead to. */
export function toNoAnswerOverSsh(refusal: string): { readonly kind: NoAnswer; readonly detail: string } {
  const known = refusal.startsWith("connect failed")
    ? REFUSALS.find(([pattern]) => pattern.test(refusal))?.[1]
    : undefined;
  return { kind: known ?? "not-possible", detail: refusal };
}
