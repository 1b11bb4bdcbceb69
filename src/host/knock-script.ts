/**
 * Requests that announce a body and never send it, one new connection each: what awaits its body does nothing, even where
 * a proxy lets it through, and whoever decides by the head of a request has decided. Only the statuses come back. Needs
 * curl.
 *
 * Operands: the site's URL without a path, its place as `curl --connect-to` takes it, the seconds that it may take to
 * answer; then, of each request, its method and its path in one. Standard input: one line of curl's configuration with
 * what is shown, or an empty one.
 *
 * Prints, of each request and in any order, its number, its status (000 without an answer), and curl's exit code. Where
 * the site has enough of requests for the moment (429), it is asked again a second later.
 */
export const KNOCK_SCRIPT = `set -f
site=$1 there=$2 seconds=$3
shift 3
command -v curl >/dev/null || exit 41
IFS= read -r shown
knock() {
  for round in 0 1 2 3 4 5; do
    [ "$round" = 0 ] || sleep 1
    status=$(printf '%s\\n' "$shown" | curl -q -gsNk -K - --http1.1 --noproxy '*' --path-as-is \\
      --connect-timeout 5 --max-time "$seconds" --connect-to "$there" -X "\${2%% *}" \\
      -H 'Content-Type: application/json' -H 'Content-Length: 2' -H 'Connection: close' \\
      -o /dev/null -w '%{http_code}' "$site\${2#* }" 2>/dev/null)
    code=$?
    [ "$status" = 429 ] || break
  done
  echo "$1 $status $code"
}
count=0
for request; do
  knock "$count" "$request" &
  count=$((count + 1))
  [ $((count % 24)) -ne 0 ] || wait
done
wait
`;

/**
 * Methods that are knocked by. GET and HEAD, which read without a body, are not among them; no route of Ollama has one of
 * the last three.
 */
export type KnockMethod = "POST" | "DELETE" | "PUT" | "OPTIONS" | "PORTLOCK";

/** The script with operands that verify makes itself, from a list of its own. */
export type KnockCommand = readonly [
  "/bin/sh",
  "-c",
  typeof KNOCK_SCRIPT,
  "portlock",
  site: string,
  there: string,
  seconds: `${number}`,
  ...requests: readonly `${KnockMethod} /${string}`[],
];
