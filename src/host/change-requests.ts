import { LOCK_FUNCTIONS } from "./lock-requests.ts";
import { startRequest } from "./shell-requests.ts";
import type { ShellRequest } from "./shell-requests.ts";
import { quoteForShell } from "./shell-quote.ts";

/** Largest output of a changing command that is kept; what comes after is read and thrown away. */
const OUTPUT_BYTES = 1024 * 1024;

/**
 * What a shell needs to change its host, on top of the functions of shell-requests.ts, with the same replies.
 *
 * A command never notices that whoever asked for it is gone: its output is then read to the end by a `cat` of this
 * shell. What a command leaves running must not hold its output open.
 *
 * Attributes are set through descriptors, never by name, so that nobody who owns the folder can put another file in
 * between. `cp` of GNU keeps access lists and extended attributes; that of BusyBox cannot, so that there only mode
 * and owner are kept.
 */
const FUNCTIONS = `pl_change() {
  pl_nonce=$1 pl_seconds=$2 pl_input=$3; shift 3
  if ! command -v "$1" >/dev/null; then pl_reply "$pl_nonce" missing ''; return; fi
  if [ "$pl_has_timeout" ] && [ "$1" != kill ]; then set -- timeout -k 5 "$pl_seconds" "$@"; fi
  pl_left=$({
    {
      if [ "$pl_input" ]; then printf %s "$pl_input" 3>&- 4>&- 9>&- | "$@" 2>&4 3>&- 4>&- 9>&-
      else "$@" </dev/null 2>&4 3>&- 4>&- 9>&-; fi
      echo "/$?" >&4
    } |
      { head -c ${OUTPUT_BYTES} >&3; cat >/dev/null; } 4>&- 9>&-
  } 4>&1)
  pl_reply "$pl_nonce" "\${pl_left##*/}" "\${pl_left%/*}"
}
pl_check() {
  ls -ld "\${1%/*}/" >/dev/null || return 1
  if [ -L "$1" ]; then echo "a symbolic link is in the way" >&2; return 1; fi
  if [ -e "$1" ] && ! [ -f "$1" ]; then echo "not a regular file" >&2; return 1; fi
}
pl_keep() {
  if [ "$pl_has_attributes" ]; then
    cp --attributes-only --preserve=all --preserve=xattr --no-preserve=timestamps -- /proc/self/fd/5 /proc/self/fd/4
  else
    chown "$(stat -L -c %u:%g /proc/self/fd/5)" /proc/self/fd/4 &&
      chmod "$(stat -L -c %a /proc/self/fd/5)" /proc/self/fd/4
  fi || return 1
  [ "$(stat -L -c '%a %u %g' /proc/self/fd/4)" = "$(stat -L -c '%a %u %g' /proc/self/fd/5)" ] && return
  echo "mode and owner cannot be kept: Operation not permitted" >&2
  return 1
}
pl_write() (
  pl_path=$1 pl_new=$2 pl_mode=$3 pl_bytes=$4
  pl_check "$pl_path" && rm -f -- "$pl_new" || exit 1
  umask 077
  set -C
  exec 4>"$pl_new" || exit 1
  trap 'rm -f -- "$pl_new"' EXIT
  printf %s "$5" | cat >&4 || exit 1
  if [ "$(stat -L -c %s /proc/self/fd/4)" != "$pl_bytes" ]; then echo "not all of it was written" >&2; exit 1; fi
  if [ -e "$pl_path" ]; then
    exec 5<"$pl_path"
    pl_keep || exit 1
  else
    chmod "$pl_mode" /proc/self/fd/4 || exit 1
  fi
  sync -- /proc/self/fd/4 && mv -f -T -- "$pl_new" "$pl_path" && sync -- "\${pl_path%/*}/"
)
pl_append() (
  pl_check "$1" || exit 1
  umask 077
  pl_size=
  if [ -e "$1" ]; then pl_size=$(stat -c %s "$1"); fi
  if printf %s "$2" | cat >>"$1" && sync -- "$1"; then
    if [ -z "$pl_size" ]; then sync -- "\${1%/*}/"; fi
  else
    if [ "$pl_size" ]; then truncate -s "$pl_size" -- "$1"; else rm -f -- "$1"; fi
    exit 1
  fi
)
pl_has_timeout=$(timeout -k 1 9 echo yes </dev/null 2>/dev/null)
case $(cp --help </dev/null 2>&1) in
  *--attributes-only*) pl_has_attributes=yes ;;
  *) pl_has_attributes= ;;
esac
`;

/** The first request of a shell that changes its host. */
export const startChangeRequest: ShellRequest = (nonce) => FUNCTIONS + LOCK_FUNCTIONS + startRequest(null)(nonce);

/** Runs a command that the host itself ends after so many seconds; what it is to read may be empty. */
export function changeRequest(words: readonly string[], seconds: number, input: string): ShellRequest {
  return (nonce) => `pl_change ${[nonce, seconds, ...[input, ...words].map(quoteForShell)].join(" ")}\n`;
}

/** Replaces a file's text; `mode` is for one that was not there. */
export function writeRequest(path: string, text: string, mode: number): ShellRequest {
  const words = [path, temporaryBeside(path), mode.toString(8), String(Buffer.byteLength(text)), text];
  return (nonce) => `pl_tool ${nonce} pl_write ${words.map(quoteForShell).join(" ")}\n`;
}

export function appendRequest(path: string, text: string): ShellRequest {
  return (nonce) => `pl_tool ${nonce} pl_append ${quoteForShell(path)} ${quoteForShell(text)}\n`;
}

/**
 * Where a file's new text stands until it is complete. After a power cut it may be there still: the name is always
 * the same, so that it can be looked for, and no program takes it for configuration.
 */
export function temporaryBeside(path: string): string {
  const at = path.lastIndexOf("/") + 1;
  return `${path.slice(0, at)}.${path.slice(at)}.portlock-new`;
}
