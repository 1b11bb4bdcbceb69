/**
 * What must be done to a container on its host itself, as POSIX shell scripts that take everything as operands: no
 * text from a host ever becomes code in them. The words that call the engine come last. The first line of each is what
 * `ChangeCommand` lets through, and what a plan shows of it.
 */

/**
 * Writes a container's environment and its labels to two files that only root reads, one `NAME=VALUE` a line, so that
 * neither passes through Portlock, a plan or a list of processes.
 *
 * Operands: id of the container, path for the environment, path for the labels, names of variables that are left out
 * with blanks between, words of the engine.
 */
export const KEEP_SETTINGS_SCRIPT = `# Writes the settings of a container to files that only root reads.
set -fu
umask 077
id=$1 environment=$2 labels=$3 without=$4
shift 4
rm -f -- "$environment" "$labels"
write() {
  printf '%s\\n' "$1" | while IFS= read -r line; do
    case " $without " in *" \${line%%=*} "*) continue ;; esac
    if [ "$line" ]; then printf '%s\\n' "$line"; fi
  done
}
variables=$("$@" inspect --format '{{range .Config.Env}}{{println .}}{{end}}' -- "$id") || exit 1
write "$variables" >"$environment" || exit 1
each='{{range $name, $value := .Config.Labels}}{{println (printf "%s=%s" $name $value)}}{{end}}'
named=$("$@" inspect --format "$each" -- "$id") || exit 1
without=
write "$named" >"$labels"`;

/**
 * Puts a container back in the place of the one that was made instead of it, however much of that was done. Only one
 * that has the name of a container which was put aside is removed; its volumes stay.
 *
 * Operands: id of the container that was put aside, its name, the name it was given meanwhile, its restart policy or
 * nothing, paths of the two files of its settings, words of the engine.
 */
export const PUT_BACK_SCRIPT = `# Puts a container back in the place of the one that was made instead of it.
set -fu
id=$1 name=$2 aside=$3 policy=$4
rm -f -- "$5" "$6"
shift 6
now=$("$@" inspect --type container --format '{{.Name}}' -- "$id") || exit 1
if [ "\${now#/}" = "$aside" ]; then
  made=$("$@" inspect --type container --format '{{.Id}}' -- "$name" 2>/dev/null) || made=
  if [ "$made" ]; then
    "$@" stop -- "$made"
    "$@" rm -f -- "$made" || exit 1
  fi
  "$@" rename -- "$id" "$name" || exit 1
fi
if [ "$policy" ]; then "$@" update "--restart=$policy" -- "$id" || exit 1; fi
"$@" start -- "$id"`;
