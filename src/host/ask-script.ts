/**
 * Has a model generate, straight from its server and through a site in front of it, and notes when each piece came.
 * What was generated is thrown away on the host: nothing of it comes back. Needs curl and iproute2.
 *
 * Operands: URL of the server, URL of the site, the site's place as `curl --connect-to` takes it; bodies of requests that
 * generate one token, some, and many; the server's port. Standard input: one line of curl's configuration with what the
 * site is to be shown, which so comes into no list of processes.
 *
 * Prints lines of a call and what was seen of it by the host's clock: `s` the request was sent, `d` some bytes came, and
 * how many, `w` the status. Then, of the call that leaves, lines of `l`, a number, the second and what ss says of the
 * connections to the server's port in hexadecimal: 0 and 1 before it has left, the others after.
 */
export const ASK_SCRIPT = `set -f
direct=$1 site=$2 there=$3 one=$4 some=$5 many=$6 port=$7
for needed in curl ss sed od tr head date; do command -v "$needed" >/dev/null || exit 41; done
IFS= read -r shown
ask() {
  seconds=$1 body=$2
  shift 2
  curl -q -gsfNk --http1.1 --noproxy '*' --connect-timeout 5 --max-time "$seconds" \\
    -H 'Content-Type: application/json' -H 'Expect:' --data-raw "$body" "$@" 2>/dev/null
}
watch() {
  name=$1
  shift
  ask "$@" --trace - --trace-time -o /dev/null -w '\\nw %{http_code}\\n' |
    sed -n -e "s/^\\([0-9:.]*\\) => Send data.*/$name s \\1/p" \\
      -e "s/^\\([0-9:.]*\\) <= Recv data, \\([0-9]*\\) bytes.*/$name d \\1 \\2/p" -e "s/^w \\([0-9]*\\)$/$name w \\1/p" |
    head -c 65536
}
look() {
  bytes=$(ss -Htni state established dport = ":$port" | head -c 16384 | od -An -v -tx1 | tr -d ' \\n')
  echo "l $1 $(date +%s) $bytes"
}
said=$(watch warm 120 "$one" "$direct" </dev/null)
echo "$said"
case $said in *"warm w 200"*) ;; *) exit 0 ;; esac
# The first time a proxy may look at a credential for seconds, and then keep what it has found.
for round in 0 1 2; do
  watch "direct$round" 10 "$one" "$direct" </dev/null
  said=$(printf '%s\\n' "$shown" | watch "site$round" 10 "$one" -K - --connect-to "$there" "$site")
  echo "$said"
  case $said in *"site$round w 200"*) ;; *) exit 0 ;; esac
done
watch direct 30 "$some" "$direct" </dev/null
printf '%s\\n' "$shown" | watch site 30 "$some" -K - --connect-to "$there" "$site"
watch long 6 "$many" "$direct" </dev/null
# Whoever reads is gone after the second look: curl ends with the next bytes that it cannot hand on.
printf '%s\\n' "$shown" | ask 30 "$many" -K - --connect-to "$there" "$site" | {
  [ "$(head -c 1 | od -An -tx1)" ] || exit 0
  look 0
  sleep 1
  look 1
}
for number in 2 3 4 5 6 7 8 9 10 11; do
  sleep 0.2
  look "$number"
done
for number in 12 13; do
  sleep 1
  look "$number"
done
`;

/** The script with operands that verify makes itself; the model's name stands in JSON. */
export type AskCommand = readonly [
  "/bin/sh",
  "-c",
  typeof ASK_SCRIPT,
  "portlock",
  direct: string,
  site: string,
  there: string,
  one: string,
  some: string,
  many: string,
  port: `${number}`,
];
