#!/bin/sh
# usage: janitor.sh DIRECTORY CGROUP
# Takes away everything one host leaves: its processes, its cgroup, nspawn's own directories, its files. It starts when
# its standard input closes: the process that owns the host let go, or died, and it does not matter how (SIGKILL too).
set -u
directory=$1 cgroup=$2 name=${1##*/}
trap '' HUP INT TERM
cat >/dev/null

if [ -d "$cgroup" ]; then
  echo 1 >"$cgroup/cgroup.kill"
  while grep -q 'populated 1' "$cgroup/cgroup.events"; do sleep 0.05; done
fi
# nspawn also makes the same directory in the old systemd hierarchy, where a machine has one.
find /sys/fs/cgroup -depth -type d \( -path "*/$name" -o -path "*/$name/*" \) -exec rmdir {} \;
rm -rf /run/systemd/nspawn/*/"$name"
rm -rf --one-file-system "$directory"
