#!/bin/sh
# `npm test`: brings what the tests need (a Node.js that is new enough, the packages of the checkout, as root the
# Debian packages of the lab), then runs all checks and tests.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"
# What is installed and built here is as readable as elsewhere, whatever the umask.
umask 022
. "$root/scripts/find-node.sh"
sh scripts/install.sh "$root" "the packages of this checkout"
case " ${*:-all} " in
*" all "* | *" lab"*) sh scripts/install-lab.sh ;;
esac
exec "$node" scripts/test.ts "$@"
