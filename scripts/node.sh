#!/bin/sh
# Runs its arguments with a Node.js that is new enough.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$root/scripts/find-node.sh"
exec "$node" "$@"
