#!/bin/sh
# `npm test`: brings what the tests need (packages of the checkout, a Node.js that is new enough, as root the
# Debian packages of the lab), then runs all checks and tests.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
case ${1:-all} in
all | lab*) sh scripts/install-lab.sh ;;
esac
sh scripts/install.sh "$root" "the packages of this checkout"
exec sh scripts/node.sh scripts/test.ts "$@"
