/**
 * The one implementation of undo, a POSIX shell script that is laid into the folder of each change: it is what
 * `portlock undo` runs, a change that failed, the timed revert and the watch over a Portlock that dies, so that all of
 * them work without Node.js and without Portlock. Written so that dash, bash and busybox run it.
 */
export const UNDO_SCRIPT: string = `#!/bin/sh
# Takes back one change that Portlock made to this host. It lies in the folder of that change, with all it needs.
#   sh undo.sh undo           takes the change back; may be run again, also where it was cut off
#   sh undo.sh watch          takes it back when whoever makes it is gone, or nobody confirms it in time
#   sh undo.sh keep 001       keeps what step 1 is about to change
#   sh undo.sh set-modes 001  gives files and folders the permissions of step 1
# Exit codes: 0 done, 1 something could not be done (the journal says what), 75 somebody else is at work.
# It runs in every POSIX shell. What it reads is data and never becomes code: paths and commands come from files that
# lie beside it, where only root can write, and no text is ever put through a shell.
set -u
umask 077
unset CDPATH
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/snap/bin
LC_ALL=C
export PATH LC_ALL

change=$(cd -P -- "\${0%/*}" && pwd -P) || exit 1
script=$change/\${0##*/}
lock=\${change%/*}/lock
journal=$change/journal.jsonl
output=$change/output
command_seconds=150
lock_seconds=120

has_timeout=
if timeout -k 1 5 true 2>/dev/null; then has_timeout=yes; fi

# Runs a command for at most so many seconds, without the lock; where there is no timeout(1), for as long as it takes.
bounded() {
  seconds=$1
  shift
  if [ -n "$has_timeout" ]; then
    timeout -k 5 "$seconds" "$@" 9<&-
  else
    "$@" 9<&-
  fi
}

read_state() {
  cat "$change/state" 2>/dev/null
}

# Links and renames need no room, so that this works on a full disk too.
set_state() {
  rm -f "$change/state.new"
  ln "$change/state.$1" "$change/state.new" && mv -f "$change/state.new" "$change/state"
  bounded 30 sync "$change"
}

# A line for the journal: what happened, in which step (or null), and what was said about it.
note() {
  detail=null
  if [ -n "\${3-}" ]; then
    detail="\\"$(printf '%s' "$3" | tr '\\n\\t' '  ' | tr -cd ' -~' | cut -c 1-400 | sed 's/[\\\\"]/\\\\&/g')\\""
  fi
  # A line that a power cut left without its end must not swallow this one.
  if [ -n "$(tail -c 1 "$journal" 2>/dev/null)" ]; then printf '\\n' >>"$journal"; fi
  printf '{"at":"%s","what":"%s","step":%s,"detail":%s}\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2" "$detail" \\
    >>"$journal"
}

# Takes the lock as file 9. It is free again when this shell lets go or ends.
try_lock() {
  exec 9<"$lock"
  if flock -n 9; then return 0; fi
  exec 9<&-
  return 1
}

take_lock() {
  tries=0
  until try_lock; do
    tries=$((tries + 1))
    if [ "$tries" -gt "$lock_seconds" ]; then return 1; fi
    sleep 1
  done
}

# Prints the folder of a path as it is without links, also where it is not there yet.
locate() {
  folder=\${1%/*}
  rest=
  until cd -P -- "\${folder:-/}" 2>/dev/null; do
    rest=/\${folder##*/}$rest
    folder=\${folder%/*}
  done
  here=$(pwd -P)
  printf '%s%s' "\${here%/}" "$rest"
}

# Sets $path to the path of an item, and $name to what it is called in its folder. The x keeps ends of lines in it.
read_path() {
  path=$(cat "$1.path" && printf x) || return 1
  path=\${path%x}
  name=./\${path##*/}
}

# Goes to the folder in which an item was kept. What is done to $name from there stays in that folder, even if its
# owner puts a link to another folder in its place.
enter() {
  read_path "$1" && folder=$(cat "$1.folder") || return 1
  cd -P -- "\${folder:-/}" 2>/dev/null || return 1
  here=$(pwd -P)
  [ "\${here%/}" = "$folder" ]
}

exists() {
  [ -e "$1" ] || [ -L "$1" ]
}

# What is done to one item runs in a shell of its own, because it goes elsewhere.
apart() {
  ("$@")
}

keep_place() {
  read_path "$1" && (locate "$path") >"$1.folder" || return 1
  if (enter "$1" && exists "$name"); then return 0; fi
  true >"$1.absent"
}

keep_file() {
  keep_place "$1" || return 1
  if [ -e "$1.absent" ]; then return 0; fi
  enter "$1" || return 1
  if [ ! -f "$name" ] && [ ! -L "$name" ]; then return 1; fi
  stat -c '%d %i %z' "$name" >"$1.status" && cp -a "$name" "$1.before"
}

keep_mode() {
  keep_place "$1" && enter "$1" || return 1
  if [ -L "$name" ]; then return 1; fi
  stat -c '%d %i' "$name" >"$1.inode" && [ "$(stat -c %a "$name")" = "$(cat "$1.from")" ]
}

# Sets permissions on the very file or folder that was kept: it is opened, looked at, and changed as it was opened.
set_mode() {
  enter "$1" || return 1
  if [ ! -f "$name" ] && [ ! -d "$name" ]; then return 1; fi
  exec 3<"$name"
  [ "$(stat -L -c '%d %i' /proc/self/fd/3)" = "$(cat "$1.inode")" ] && chmod "$(cat "$1.$2")" /proc/self/fd/3
}

# In a process of its own: whoever puts a pipe in the way holds up who opens it, but not for long.
set_mode_bounded() {
  bounded 10 /bin/sh "$script" set-mode "$1" "$2"
}

restore_file() {
  # What was never kept was never changed.
  if [ ! -e "$1.absent" ] && ! exists "$1.before"; then return 0; fi
  if ! enter "$1"; then
    # Where its folder is gone, a file is as absent as it was.
    [ -e "$1.absent" ] && ! exists "$folder"
    return
  fi
  marker=./.\${name#./}.portlock-undo
  # Halves that a power cut has left, of ours and of who writes files.
  rm -f "$marker" "./.\${name#./}.portlock-new"
  if [ -e "$1.status" ] && [ "$(stat -c '%d %i %z' "$name" 2>/dev/null)" = "$(cat "$1.status")" ]; then return 0; fi
  if [ -d "$name" ] && [ ! -L "$name" ]; then return 1; fi
  # What somebody else may have written there since is kept as well.
  if exists "$name" && ! exists "$1.found"; then cp -a "$name" "$1.found"; fi
  if [ -e "$1.absent" ]; then
    rm -f "$name" || return 1
  else
    put_back "$1.before" || return 1
  fi
  bounded 30 sync .
}

put_back() {
  if ! cp -a "$1" "$marker"; then
    rm -f "$marker"
    return 1
  fi
  if [ ! -L "$marker" ]; then bounded 30 sync "$marker"; fi
  # To a link that leads to a folder the file would be moved into that folder.
  if [ -L "$name" ]; then rm -f "$name"; fi
  mv -f "$marker" "$name"
}

remove_folder() {
  if [ ! -e "$1.absent" ] || ! enter "$1"; then return 0; fi
  # What others have put there stays, and so does the folder.
  if [ -d "$name" ] && [ ! -L "$name" ]; then rmdir "$name" 2>/dev/null; fi
  return 0
}

# A command lies one word a line, with backslashes and ends of lines escaped.
print_words() {
  while IFS= read -r word; do printf '%b\\0' "$word"; done <"$1"
}

run_command() {
  if [ -n "$has_timeout" ]; then
    print_words "$1.argv" | xargs -0 timeout -k 5 "$command_seconds" env 9<&-
  else
    print_words "$1.argv" | xargs -0 env 9<&-
  fi
}

# Does something to every item of a kind in a step, one after the other; back: the last one first. $faults gets the
# path or the name of each for which it failed, and the last words of the tool.
to_each() {
  order=$1
  step=$2
  kind=$3
  shift 3
  names=
  for item in "$step"/*; do
    item=\${item##*/}
    case $item in
      "$kind"-*.path | "$kind"-*.argv) if [ "$order" = back ]; then names="$item $names"; else names="$names $item"; fi ;;
    esac
  done
  # On a full disk a command must not fail for what it says.
  (printf '%s\\n' - >"$output") 2>/dev/null || output=/dev/null
  for item in $names; do
    item=$step/\${item%.*}
    if apart "$1" "$item" "\${2-}" >"$output" 2>&1; then continue; fi
    about=\${item##*/}
    if [ -e "$item.path" ]; then about=$(cat "$item.path"); fi
    faults="$faults$about: $(tail -c 300 "$output" 2>/dev/null); "
  done
}

keep() {
  to_each forth "$1" file keep_file
  to_each forth "$1" folder keep_place
  to_each forth "$1" mode keep_mode
  if [ -n "$faults" ]; then return 1; fi
  find "$1" \\( -type f -o -type d \\) -exec sync {} + && true >"$1/begun" && sync "$1/begun" "$1"
}

undo_step() {
  faults=
  # Where no command was begun there is nothing to take back by commands, and nothing to restart.
  if [ -e "$1/ran" ]; then to_each forth "$1" undo-before run_command; fi
  to_each forth "$1" file restore_file
  to_each back "$1" mode set_mode_bounded from
  to_each back "$1" folder remove_folder
  if [ -e "$1/ran" ]; then to_each forth "$1" undo-after run_command; fi
  [ -z "$faults" ]
}

# Whoever calls it has the lock.
undo() {
  case $(read_state) in
    applying | waiting | applied | undoing | undo-failed) ;;
    *) return 0 ;;
  esac
  set_state undoing
  note undo-begun null
  numbers=
  for each in "$change"/steps/*; do numbers="\${each##*/} $numbers"; done
  failed=
  for number in $numbers; do
    if [ ! -e "$change/steps/$number/begun" ]; then continue; fi
    counted=$((1$number - 1000))
    if undo_step "$change/steps/$number"; then
      note step-undone "$counted"
    else
      note undo-step-failed "$counted" "$faults"
      failed=yes
    fi
  done
  end=undone
  if [ -n "$failed" ]; then end=undo-failed; fi
  note "$end" null
  set_state "$end"
  [ -z "$failed" ]
}

# Prints the process group of a process; its name, which stands in brackets before, may be anything.
read_group() {
  status=$(cat "/proc/$1/stat") || return 1
  status=\${status##*) }
  status=\${status#* * }
  printf '%s' "\${status%% *}"
}

# Ends the groups of all processes that have the lock open. Only numbers are compared: no name is believed.
end_holder() {
  wanted=$(stat -c '%d %i' "$lock") && own=$(read_group "$$") || return 1
  for process in /proc/[0-9]*; do
    process=\${process#/proc/}
    if bounded 5 stat -L -c '%d %i' "/proc/$process"/fd/* 2>/dev/null | grep -qxF -e "$wanted"; then
      group=$(read_group "$process") || continue
      if [ "$group" -gt 1 ] && [ "$group" != "$own" ]; then kill -KILL "-$group"; fi
    fi
  done
}

# What has been noted and done so far, as a number that grows.
measure_progress() {
  cat "$journal" "$change/progress" 2>/dev/null | wc -c
}

undo_if() {
  take_lock || return 1
  # It may have been confirmed, or taken back, in between.
  case $(read_state) in "$1" | "\${2-$1}") undo ;; esac
  exec 9<&-
}

watch() {
  ending=
  trap 'ending=yes' TERM
  note armed null
  idle=0
  progress=
  patience=$(cat "$change/patience") || patience=600
  while :; do
    case $(read_state) in
      applying | undoing)
        # A lock that is free while there is work to do: whoever did it is gone.
        if try_lock; then
          exec 9<&-
          undo_if applying undoing
        fi
        now=$(measure_progress)
        if [ "$now" = "$progress" ]; then idle=$((idle + 1)); else idle=0; fi
        progress=$now
        if [ "$idle" -ge "$patience" ] || [ -n "$ending" ]; then end_holder; fi
        ;;
      waiting)
        deadline=$(cat "$change/deadline") || deadline=0
        # A host that is going down must not come up with what nobody has confirmed.
        if [ "$(date +%s)" -ge "$deadline" ] || [ -n "$ending" ]; then undo_if waiting; fi
        ;;
      *) return 0 ;;
    esac
    sleep 1
  done
}

faults=
trap '' HUP PIPE
case \${1-} in
  undo)
    take_lock || exit 75
    undo 2>/dev/null
    ;;
  watch)
    exec </dev/null >/dev/null 2>&1
    watch
    ;;
  keep)
    keep "$change/steps/$2" && exit 0
    printf '%s\\n' "$faults" >&2
    exit 1
    ;;
  set-modes)
    to_each forth "$change/steps/$2" mode set_mode_bounded to
    if [ -z "$faults" ]; then exit 0; fi
    printf '%s\\n' "$faults" >&2
    exit 1
    ;;
  set-mode)
    set_mode "$2" "$3"
    ;;
  *)
    exit 64
    ;;
esac
`;
