/**
 * Sends a site as many zeros as a model is large, and breaks off before the last byte that it has announced: the server
 * behind it so never has the whole of it, and throws away what it has. Even where the script itself is killed nothing
 * else can come of it. Needs curl and iproute2.
 *
 * Operands: URL of the upload, the site's place as `curl --connect-to` takes it, bytes, the server's port, the site's,
 * and the server's process. Standard input: one line of curl's configuration with what the site is to be shown, which so
 * comes into no list of processes.
 *
 * A piece is sent only where the disk that the server is writing to, told by the file that it holds open, has room for it
 * and a GiB more. Prints lines of `l`, the second, the bytes that have arrived at the server by a connection that was not
 * there before, and KiB that the programs at the site's port hold, or `-`: the first line from before; `r` and why no more
 * was sent: bytes that are free, `none` where the server neither got anything nor opened a file, `unseen` where only the
 * bytes were not seen, `unread` where only the file was not; `w` and the status that the site answered by itself.
 */
export const UPLOAD_SCRIPT = `url=$1 there=$2 bytes=$3 port=$4 door=$5 server=$6
for needed in curl ss sed stat ls tr sort head date sleep; do command -v "$needed" >/dev/null || exit 41; done
IFS= read -r shown
first=1048576 piece=67108864 spare=1073741824
list() {
  ss -Htni state established dport = ":$port" | head -c 65536 |
    sed -n 'N;s/^ *[0-9]* *[0-9]* *\\([^[:space:]]*\\) *\\([^[:space:]]*\\).*bytes_acked:\\([0-9]\\{7,\\}\\).*/\\1>\\2 \\3/p'
}
arrived() {
  list | {
    most=0
    while read -r ends acked; do
      case $before in *"$ends "*) continue ;; esac
      [ "$acked" -le "$most" ] || most=$acked
    done
    echo "$most"
  }
}
weigh() {
  all=0
  for pid in $holders; do
    held=$(sed -n 's/^VmRSS:[^0-9]*\\([0-9]*\\) kB$/\\1/p' "/proc/$pid/status" 2>/dev/null)
    [ "$held" ] || { all=-; break; }
    all=$((all + held))
  done
  [ "$holders" ] && echo "$all" || echo -
}
room() {
  ls "/proc/$server/fd" >/dev/null 2>&1 || { echo hidden; return 1; }
  open=$(ls -l "/proc/$server/fd" 2>/dev/null | sed -n 's/^.* \\([0-9]*\\) -> .*\\/blobs\\/sha256-[^/]*$/\\1/p' | head -n 1)
  [ "$open" ] || { echo none; return 1; }
  set -- $(stat -L -f -c '%a %S' "/proc/$server/fd/$open" 2>/dev/null)
  [ $# = 2 ] && echo "$(($1 * $2))" || { echo hidden; return 1; }
}
feed() {
  head -c "$first" /dev/zero || return
  left=$((bytes - first)) waited=0
  until free=$(room) && [ "$(arrived)" -ge "$first" ]; do
    waited=$((waited + 1))
    [ "$waited" -lt 25 ] || { echo "r $(blame)" >&5; return; }
    sleep 0.2
  done
  while [ "$left" -gt 0 ]; do
    [ "$left" -ge "$piece" ] || piece=$left
    free=$(room) || { echo "r unread" >&5; return; }
    [ "$free" -ge "$((piece + spare))" ] || { echo "r $free" >&5; return; }
    head -c "$piece" /dev/zero || return
    left=$((left - piece))
  done
  exec 3<&- 5>&-
  exec sleep 60
}
blame() {
  [ "$(arrived)" -lt "$first" ] || { echo unread; return; }
  [ "$free" = none ] && echo none || echo unseen
}
before=$(list)
holders=$(ss -Htlnp "sport = :$door" | head -c 65536 | tr , '\\n' | sed -n 's/^pid=\\([0-9]*\\)$/\\1/p' | sort -u)
echo "l $(date +%s) 0 $(weigh)"
printf '%s\\n' "$shown" | {
  exec 3<&0 5>&1
  feed 2>/dev/null | curl -q -gsNk --http1.1 --noproxy '*' --connect-timeout 5 --max-time 240 -X POST -T - \\
    -H "Content-Length: $((bytes + 1))" -H 'Transfer-Encoding:' -H 'Expect:' -K /dev/fd/3 --connect-to "$there" \\
    -o /dev/null -w '\\nw %{http_code}\\n' "$url" 2>/dev/null >&5 &
  sender=$!
  trap 'kill "$sender" 2>/dev/null' EXIT
  trap 'exit 1' HUP INT TERM
  most=0 quiet=0
  while kill -0 "$sender" 2>/dev/null && [ "$most" -lt "$bytes" ] && [ "$quiet" -lt 40 ]; do
    sleep 0.2
    now=$(arrived)
    echo "l $(date +%s) $now $(weigh)"
    [ "$now" -gt "$most" ] && most=$now quiet=0 || quiet=$((quiet + 1))
  done
}
`;

/** The script with operands that verify makes itself. */
export type UploadCommand = readonly [
  "/bin/sh",
  "-c",
  typeof UPLOAD_SCRIPT,
  "portlock",
  url: string,
  there: string,
  bytes: `${number}`,
  port: `${number}`,
  door: `${number}`,
  server: `${number}`,
];
