import { quoteForShell } from "./shell-quote.ts";
import type { ShellRequest } from "./shell-requests.ts";

/**
 * The lock is descriptor 9 of the shell that makes the changes, and of no command it runs: it is free when that shell
 * has ended, which it does once its input has ended and the command at work has, too. The file holds the number of
 * the shell's process group.
 *
 * A cut network ends no input: `sshd` learns of it after hours. So whoever holds a lock through a network is heard
 * from every few seconds, and `pl_guard` ends a shell that waited too long in vain, but never one with a command at
 * work. The first signal makes the shell end before it does anything more; only then the second one ends its wait.
 */
export const LOCK_FUNCTIONS: string = `pl_touch() (pl_check "$1" && umask 077 && : >>"$1")
pl_guard() {
  trap 'pl_idle=0' USR1
  pl_idle=0
  while sleep 1 && kill -0 "$1"; do
    pl_work= pl_self=
    read -r pl_self pl_work <"/proc/$1/task/$1/children"
    if [ -z "$pl_self" ] || [ "$pl_work" ]; then pl_idle=0; else pl_idle=$((pl_idle + 1)); fi
    if [ "$pl_idle" -gt $(($2 + 1)) ]; then kill -s KILL "$1"
    elif [ "$pl_idle" -gt "$2" ]; then kill -s TERM "$1"; fi
  done
}
pl_hold() {
  if ! command -v flock >/dev/null; then pl_reply "$1" missing ''; return; fi
  if ! pl_left=$(pl_touch "$2" 2>&1); then pl_reply "$1" failed "$pl_left"; return; fi
  exec 9>>"$2"
  pl_left=$(flock -n 9 2>&1)
  case $? in
    0)
      echo "$$" >"$2"
      trap 'exit 1' TERM
      pl_guarded=
      if [ "$3" -gt 0 ]; then pl_guard "$$" "$3" </dev/null >/dev/null 3>&- 9>&- & pl_guarded=$!; fi
      pl_reply "$1" 0 ''
      return
      ;;
    1) pl_left=held ;;
  esac
  exec 9>&-
  pl_reply "$1" failed "$pl_left"
}
pl_beat() { kill -s USR1 "$pl_guarded"; pl_reply "$1" 0 ''; }
pl_release() {
  if [ "$pl_guarded" ]; then kill -s KILL "$pl_guarded"; fi
  trap - TERM
  exec 9>&-
  pl_reply "$1" 0 ''
}
`;

/**
 * Takes the lock of that path; its errors are the one word `held` where somebody has it. `idleSeconds`: after how long
 * without a `beatRequest` the holder counts as gone, 0 for never.
 */
export function holdRequest(path: string, idleSeconds: number): ShellRequest {
  return (nonce) => `pl_hold ${nonce} ${quoteForShell(path)} ${idleSeconds}\n`;
}

/** Says that the holder of a guarded lock is there. */
export function beatRequest(nonce: string): string {
  return `pl_beat ${nonce}\n`;
}

export function releaseRequest(nonce: string): string {
  return `pl_release ${nonce}\n`;
}
