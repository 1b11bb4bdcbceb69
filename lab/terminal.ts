import { PORTLOCK_ENVIRONMENT } from "./audit.ts";
import type { Output } from "./command.ts";
import type { Host } from "./host.ts";

/** What is typed, as printf(1) takes it, once a text stands on the screen. */
export type Keys = readonly [text: string, keys: string];

/** Where the state of a host is not compared. */
const SCREEN = "/tmp/screen";
/** 30 seconds at most for each text. */
const SCRIPT = `screen=$1 command=$2; shift 2
rm -f "$screen"
press() {
  while [ "$#" -gt 0 ]; do
    tries=0
    until grep -qsF -e "$1" "$screen" || [ "$tries" -gt 1500 ]; do sleep 0.02; tries=$((tries + 1)); done
    printf "$2"
    shift 2
  done
}
press "$@" | script --quiet --return --flush --command "$command" "$screen"`;

/** Runs a command line at a terminal of the host, where somebody types; what is on the screen is its output. */
export function atTerminal(host: Host, command: string, keys: readonly Keys[]): Promise<Output> {
  const env = { ...PORTLOCK_ENVIRONMENT, TERM: "xterm" };
  return host.attempt(["sh", "-c", SCRIPT, "sh", SCREEN, command, ...keys.flat()], { env, timeoutMs: 120_000 });
}
