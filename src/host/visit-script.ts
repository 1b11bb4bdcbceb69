/**
 * Calls a host from a place of its own beside it: a network namespace without a name, joined to the host by a pair of
 * virtual interfaces. It lives as long as this one command: whatever ends it, the kernel takes the namespace and the
 * pair away. Only an interface that it makes is ever touched. Needs root, iproute2, util-linux, and bash or curl.
 */

/** Keeps the way back to the host as descriptor 9, and becomes the script in a namespace of its own. */
export const ENTER_NAMESPACE = 'exec 9</proc/self/ns/net && exec unshare --net -- /bin/sh -c "$@"';

/**
 * Operands: name of the host's interface; for IPv4 and then for IPv6 the host's address with its prefix, the caller's
 * with the same, and the source of a stranger with the network it stands for (both empty for a neighbour; all four
 * empty without that family); the paths that are asked for, with blanks between; then address and port of each visit; a port that
 * is spoken to by TLS ends with `/tls`, for which curl or openssl is needed: without them it is called in the clear.
 *
 * Prints lines of a number, a dot, a number, a letter and bytes in hexadecimal, so that nothing that comes back can
 * pose as a line: VISIT.PATH `a` an answer, `e` what the tool said, `x` the exit code; `- n` the kernel's neighbour table,
 * which tells whether the host was there at all.
 */
export const VISIT_SCRIPT = `set -f
exec 7>&1
link=$1 host4=$2 own4=$3 source4=$4 range4=$5 host6=$6 own6=$7 source6=$8 range6=$9
shift 9
paths=$1
shift
outside() { nsenter --net=/proc/self/fd/9 -- "$@"; }
show() { od -An -v -tx1 | while read -r bytes; do echo "$1 $2 $bytes"; done; }
if command -v bash; then tool=bash; elif command -v curl; then tool=curl; else exit 41; fi >/dev/null
for needed in timeout od head ip nsenter; do command -v "$needed" >/dev/null || exit 41; done
outside ip link add name "$link" type veth peer name pl0 netns $$ || exit 42
trap 'outside ip link delete dev "$link"' EXIT
trap 'exit 43' HUP INT TERM PIPE
outside ip link set dev "$link" addrgenmode none
ip link set dev pl0 addrgenmode none
if [ "$host6" ]; then
  outside sh -c 'echo 0 >"/proc/sys/net/ipv6/conf/$1/disable_ipv6"' sh "$link"
  echo 0 >/proc/sys/net/ipv6/conf/pl0/disable_ipv6
fi 2>/dev/null
# A router asks for the host by its own address, whoever it passes on.
echo 2 >/proc/sys/net/ipv4/conf/pl0/arp_announce
ip link set dev lo up && outside ip link set dev "$link" up && ip link set dev pl0 up || exit 42
card=$(ip -o link show dev pl0)
card=\${card##*link/ether }
card=\${card%% *}
wire() {
  family=$1 host=$2 own=$3 source=$4 range=$5 nodad=$6
  outside ip "$family" address add "$host" dev "$link" $nodad || return
  # The host need not look for the caller; that the caller finds the host is what shows that the host is there.
  outside ip "$family" neighbour add "\${own%/*}" lladdr "$card" dev "$link" nud permanent || return
  gateway=\${host%/*}
  if [ "$source" ]; then
    ip "$family" address add "$own" dev pl0 noprefixroute $nodad &&
      ip "$family" address add "$source" dev pl0 noprefixroute $nodad &&
      ip "$family" route add "$gateway" dev pl0 src "$source" &&
      ip "$family" route add default via "$gateway" dev pl0 src "$source" &&
      outside ip "$family" route add "$range" via "\${own%/*}" dev "$link"
  else
    ip "$family" address add "$own" dev pl0 $nodad && ip "$family" route add default via "$gateway" dev pl0
  fi
}
if [ "$host4" ]; then wire -4 "$host4" "$own4" "$source4" "$range4" '' || exit 42; fi
if [ "$host6" ]; then wire -6 "$host6" "$own6" "$source6" "$range6" nodad || exit 44; fi
by_bash='exec 3<>"/dev/tcp/$1/$2" || exit 7
echo connected >&2
printf "GET %s HTTP/1.0\\r\\nHost: %s\\r\\n\\r\\n" "$3" "$4" >&3
exec cat <&3'
ask() {
  case $1 in *:*) authority="[$1]:\${2%/tls}" ;; *) authority="$1:\${2%/tls}" ;; esac
  case $2 in
  */tls)
    # Certificates are looked at by others, and trusted by nobody here.
    if command -v curl >/dev/null; then
      timeout -s KILL 3 curl -q -sSvik --http1.0 --no-alpn --noproxy '*' --max-time 2 "https://$authority$3"
      return
    elif command -v openssl >/dev/null; then
      printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$authority" |
        timeout -s KILL 3 openssl s_client -quiet -connect "$authority"
      return
    fi
    set -- "$1" "\${2%/tls}" "$3"
    ;;
  esac
  if [ "$tool" = bash ]; then timeout -s KILL 2 bash -c "$by_bash" bash "$1" "$2" "$3" "$authority"
  else timeout -s KILL 3 curl -q -sSvi --http1.0 --noproxy '*' --max-time 2 "http://$authority$3"; fi
}
meet() {
  [ "$1" ] || return
  ask "\${1%/*}" "$2" / >/dev/null 2>&1 &
  for moment in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    case $(ip neighbour show "\${1%/*}" dev pl0) in *REACHABLE* | *STALE* | *DELAY* | *PROBE*) return ;; esac
    sleep 0.1
  done
}
visit() {
  number=$1 address=$2 port=$3 path_number=0
  for path in $paths; do
    at=$number.$path_number
    code=$({ { { ask "$address" "$port" "$path"; echo "$?" >&6; } 2>&1 >&5 5>&- |
      head -c 4096 | show "$at" e >&7; } 5>&1 | head -c 8192 | show "$at" a >&7; } 6>&1 </dev/null)
    echo "$at x $code"
    # 23, 141: there was more to come than is kept.
    case $code in 0 | 23 | 141) ;; *) break ;; esac
    path_number=$((path_number + 1))
  done
}
[ $# -lt 2 ] || { meet "$host4" "$2"; meet "$host6" "$2"; } </dev/null
count=0
while [ $# -ge 2 ]; do
  visit "$count" "$1" "$2" &
  count=$((count + 1))
  shift 2
  [ $((count % 24)) -ne 0 ] || wait
done
wait
ip neigh show dev pl0 | show - n
`;

/** One trip: made by verify from addresses it chose itself and numbers. */
export type VisitCommand = readonly [
  "/bin/sh",
  "-c",
  typeof ENTER_NAMESPACE,
  "portlock",
  typeof VISIT_SCRIPT,
  "portlock",
  ...string[],
];
