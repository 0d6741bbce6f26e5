#!/bin/bash
# usage: bare.sh BARE WORK COMMAND…
# Runs a command on a machine of its own file system: BARE, and what is written over it in WORK. It has this machine's
# network, kernel and cgroups, and no process, mount or directory of it; all that it started ends with it.
set -eu
bare=$1 work=$2
shift 2
mkdir -p "$work/upper" "$work/over" "$work/root" "$work/tmp"
chmod 1777 "$work/tmp"
exec setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --propagation=private /bin/bash -euc '
bare=$1 work=$2
shift 2
root=$work/root
mount -t overlay -o "lowerdir=$bare,upperdir=$work/upper,workdir=$work/over" overlay "$root"
mount --bind "$work/tmp" "$root/var/tmp" # for overlays of its own, which cannot lie on an overlay
mount -t tmpfs tmpfs "$root/run"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount --rbind /dev "$root/dev"
cat /etc/resolv.conf >"$root/etc/resolv.conf"
mkdir -p "$root/.outside"
cd "$root"
pivot_root . .outside
umount -l /.outside
rmdir /.outside
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"
' bash "$bare" "$work" "$@"
