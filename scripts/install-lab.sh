#!/bin/sh
# Installs the Debian packages that the lab boots its hosts with: only as root, and only where apt is. The lab
# starts its own Docker and sshd in its own hosts; on this machine none is to start, neither now nor at boot.
set -eu
packages="acl apache2 apache2-utils attr busybox-static caddy curl dbus docker-compose docker.io firewalld fish haproxy iproute2 ipset iptables libpam-systemd nftables nginx openssh-client openssh-server openssl podman postgresql procps redis-server shellcheck strace systemd systemd-container systemd-sysv tcsh ufw util-linux wrk zsh"

command -v dpkg-query >/dev/null 2>&1 || exit 0
missing=""
for package in $packages; do
  dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed ||
    missing="$missing $package"
done
if [ -z "$missing" ]; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Not root: tests on real hosts are skipped by name. As root, these would be installed for them:$missing"
  exit 0
fi

echo "Installing Debian packages for the tests on real hosts (none of their services is started):$missing"
said=$(mktemp)
policy=/usr/sbin/policy-rc.d
made=""
trap 'rm -f "$said" $made' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
if [ ! -e "$policy" ]; then
  made=$policy
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
# The list is words on purpose: each is a package.
if ! { apt-get update && apt-get install --yes --no-install-recommends --option DPkg::Lock::Timeout=300 $missing; } \
  >"$said" 2>&1; then
  tail -n 10 "$said" | sed 's/^/  /'
  echo "apt could not install them (its words are above): tests that need them are skipped by name"
fi
for package in $missing; do
  case $package in
  docker.io) systemctl disable docker.service docker.socket containerd.service ;;
  openssh-server) systemctl disable ssh.service ;;
  podman) systemctl disable podman.service podman.socket podman-restart.service podman-auto-update.timer ;;
  apache2 | caddy | firewalld | haproxy | nftables | nginx | postgresql | redis-server | ufw)
    systemctl disable "$package.service"
    ;;
  esac >/dev/null 2>&1 || true
done
