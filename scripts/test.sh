#!/bin/sh
# Everything `npm test` needs and does: packages of the checkout, a Node.js that is new enough, the Debian
# packages the lab boots its hosts with (only as root, only where apt is), then all checks and tests.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
cd "$root"

if [ ! -f node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  echo "Installing the packages of this checkout from package-lock.json"
  npm ci --silent --no-audit --no-fund --ignore-scripts
  touch node_modules/.package-lock.json
fi

# Word splitting of this list is wanted.
lab_packages="dbus docker.io firewalld iproute2 ipset iptables nftables openssh-client openssh-server podman systemd systemd-container systemd-sysv ufw util-linux busybox-static"
missing=""
if command -v dpkg-query >/dev/null 2>&1; then
  for package in $lab_packages; do
    dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing="$missing $package"
  done
fi
if [ -n "$missing" ]; then
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the lab:$missing"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
  else
    echo "Not root: lab tests that need these packages are skipped by name:$missing"
  fi
fi

exec sh scripts/node.sh scripts/test.ts "$@"
