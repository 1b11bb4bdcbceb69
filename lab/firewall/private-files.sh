#!/bin/sh
# Becomes COMMAND with files of its own where firewall managers keep theirs: /etc/ufw, /etc/default,
# /etc/firewalld and /run. Runs in a mount namespace of its own, so nothing of it is left.
#
# usage: unshare --mount --propagation private sh private-files.sh COMMAND…
set -eu
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/pristine /mnt/used /mnt/netns
mount --rbind /run/netns /mnt/netns
for name in ufw default firewalld; do
  [ -d "/etc/$name" ] || continue
  cp -a "/etc/$name" /mnt/pristine/
  cp -a "/etc/$name" /mnt/used/
  mount --bind "/mnt/used/$name" "/etc/$name"
done
mount -t tmpfs -o mode=755 tmpfs /run
mkdir /run/netns /run/lock
mount --rbind /mnt/netns /run/netns
exec "$@"
