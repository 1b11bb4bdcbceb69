#!/bin/sh
# install.sh FOLDER WHAT: makes FOLDER/node_modules what FOLDER/package-lock.json says; npm checks every hash.
# It says what it does, does nothing where that is done, and waits where another command is at it. The copy of
# the lock file inside node_modules is written last, so that half an installation never looks like a whole one.
set -eu
folder=$1
what=$2
done_mark=$folder/node_modules/.installed-from

is_installed() { cmp -s "$folder/package-lock.json" "$done_mark"; }

fail() {
  echo "portlock: $1" >&2
  exit 69
}

# A link is somebody's own arrangement, and what it points to not ours to replace.
if is_installed || [ -L "$folder/node_modules" ]; then exit 0; fi
[ -w "$folder" ] || fail "$what must be installed into $folder once, by a user who may write there"
command -v npm >/dev/null 2>&1 || fail "npm is missing, and $what come from its registry (Debian: apt-get install npm)"

# npm inherits the lock: it is held until the last of both has ended, however that comes.
exec 9<"$folder/package-lock.json"
if command -v flock >/dev/null 2>&1 && ! flock --nonblock 9; then
  echo "portlock: another command is installing $what; waiting for it" >&2
  flock 9
  if is_installed; then exit 0; fi
fi

echo "portlock: installing $what, once" >&2
said=$(mktemp)
trap 'rm -f "$said"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
cd "$folder"
# A user's own settings (production, omit, engine-strict) must not leave half of it out.
if ! npm ci --include=dev --include=optional --engine-strict=false --ignore-scripts --no-audit --no-fund \
  --fetch-retries=1 --loglevel=error --no-progress >"$said" 2>&1; then
  sed -e '/complete log of this run/d' -e 's/^/  /' "$said" | tail -n 15 >&2
  fail "npm could not install $what (its words are above). It needs the npm registry this once; run the command again when it can be reached"
fi
cp package-lock.json "$done_mark"
