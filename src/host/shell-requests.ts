import { formatGlob } from "./link-pattern.ts";
import type { LinkPattern } from "./link-pattern.ts";
import type { NameStyle } from "./long-listing.ts";
import { SYSTEM_PATH } from "./run-command.ts";
import { quoteForShell } from "./shell-quote.ts";

/** Shell text that asks for one thing; its reply is framed with the nonce. */
export type ShellRequest = (nonce: string) => string;

/**
 * What the user's login shell is asked to become: a POSIX shell with a clean environment that reads requests
 * from its input. Holds nothing that a login shell of another kind (csh, fish) would read differently.
 */
export const SHELL_COMMAND: string = `exec env -i PATH=${SYSTEM_PATH} LC_ALL=C /bin/sh`;

/**
 * The functions behind the requests. Each reply is: the bytes asked for, a line feed, the nonce, a blank, a
 * status, a line feed, the error text, a line feed, the nonce, a line feed. The nonce is new for every request
 * and lives only in the memory of the shell: never in an argument or a variable that a file of /proc shows
 * (`echo` and `printf` are part of the shell), so nothing that is read can hold it.
 *
 * The output of a command goes straight to descriptor 3, the session; its errors are kept until it ends.
 * `pl_run` keeps the line feeds at their end too; `pl_tool` does not, and saves the shell a fork.
 */
const FUNCTIONS = `exec 3>&1 2>/dev/null
pl_reply() { echo; echo "$1 $2"; printf '%s' "$3"; echo; echo "$1"; }
pl_run() {
  pl_nonce=$1; shift
  pl_left=$({ "$@" </dev/null 3>&-; } 2>&1 >&3; echo "/$?")
  pl_reply "$pl_nonce" "\${pl_left##*/}" "\${pl_left%/*}"
}
pl_command() {
  if command -v "$2" >/dev/null; then pl_run "$@"; else pl_reply "$1" missing ''; fi
}
pl_tool() {
  pl_nonce=$1; shift
  pl_left=$("$@" 2>&1 >&3 3>&- </dev/null)
  pl_reply "$pl_nonce" "$?" "$pl_left"
}
pl_explain() { pl_reply "$1" failed "$(ls -L "$2" "$3" 2>&1 >/dev/null </dev/null 3>&-)"; }
pl_read() {
  if [ -f "$3" ]; then
    if [ "$pl_has_head" ]; then pl_tool "$1" head -c "$2" "$3"; else pl_tool "$1" dd bs=1 count="$2" if="$3"; fi
  elif [ -e "$3" ]; then pl_reply "$1" special ''
  else pl_explain "$1" -d "$3"; fi
}
pl_names() {
  cd "$1" || return
  for pl_glob in '*' '.[!.]*' '..?*'; do
    set -- $pl_glob
    if [ -e "$1" ] || [ -L "$1" ]; then printf '%s\\000' "$@"; fi
  done
}
pl_list() {
  if [ -d "$2" ] && [ -r "$2" ] && [ -x "$2" ]; then (pl_names "$2"); pl_reply "$1" 0 ''
  else pl_explain "$1" -1 "$2/"; fi
}
pl_stat() {
  if [ "$pl_has_stat" ]; then pl_tool "$1" stat -L -c '%f %u %g %s %Y' "$2"
  else pl_tool "$1" env TZ=UTC0 ls -ldnL "$2"; fi
}
pl_links() {
  if [ -d "$4" ] && [ "$3" "$4" ]; then
    pl_nonce=$1 pl_kind=$2; shift 4
    pl_tool "$pl_nonce" ls "$pl_kind$pl_style" /dev/null "$@"
  else pl_explain "$1" -1 "$4/"; fi
}
case $(ls --help 2>&1 </dev/null) in
  *BusyBox*) pl_style= ;;
  *--escape*) pl_style=b ;;
  *) pl_style=q ;;
esac
pl_has_head=$(head -c 1 /proc/version </dev/null) pl_has_stat=$(stat -c %f / </dev/null)
`;

/** The first request of a shell; ends the process group of an earlier shell of ours that no longer answers. */
export function startRequest(stuckGroup: number | null): ShellRequest {
  const end = stuckGroup === null ? "" : `kill -s KILL -- -${stuckGroup}\n`;
  return (nonce) => `${FUNCTIONS}${end}pl_reply ${nonce} 0 "$$ s\${pl_style} f\${pl_has_stat}"\n`;
}

/** What the first reply says about the host's tools. */
export interface ShellTools {
  /** Process group of the shell. */
  readonly group: number;
  readonly names: NameStyle;
  /** Whether `stat` takes a format. */
  readonly stat: boolean;
}

/** Reads the error text of the first reply; null where it is none of ours. */
export function parseShellTools(text: string): ShellTools | null {
  const [, group, style, stat] = /^(\d+) s([bq]?) f([0-9a-f]*)$/.exec(text) ?? [];
  if (group === undefined || Number(group) < 2) return null;
  return { group: Number(group), names: style === "b" ? "escape" : "mask", stat: stat !== "" };
}

export function fileRequest(path: string, maxBytes: number): ShellRequest {
  return (nonce) => `pl_read ${nonce} ${maxBytes} ${quoteForShell(path)}\n`;
}

export function namesRequest(path: string): ShellRequest {
  return (nonce) => `pl_list ${nonce} ${quoteForShell(path)}\n`;
}

export function statusRequest(path: string): ShellRequest {
  return (nonce) => `pl_stat ${nonce} ${quoteForShell(path)}\n`;
}

export function commandRequest(words: readonly string[]): ShellRequest {
  return (nonce) => `pl_command ${nonce} ${words.map(quoteForShell).join(" ")}\n`;
}

/** Lists the directories that hold the links where the last level is `*`, else the links themselves. */
export function linksRequest(pattern: LinkPattern): ShellRequest {
  const inDirectories = pattern.levels.at(-1) === "*";
  const kind = inDirectories ? "-ln" : "-ldn";
  // The shell leaves a star as it is where it may not read the directory: that must not look like "no link".
  const condition = pattern.levels[0] === "*" ? "-r" : "-d";
  const glob = formatGlob(pattern, inDirectories ? "directories" : "links");
  // /dev/null is no link; beside it `ls` names every directory it lists, even a single one.
  return (nonce) => `pl_links ${nonce} ${kind} ${condition} ${quoteForShell(pattern.base)} ${glob}\n`;
}
