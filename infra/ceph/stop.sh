#!/bin/bash
# Stops what start.sh started in DIR, each process by its pid; the data stay.  Safe to run again.
#
#   stop.sh DIR
set -euo pipefail

dir=$(realpath -m "${1:?usage: stop.sh DIR}")

ours() { # PID: a pid file may outlive its process and name somebody else's
    tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -- "-c $dir/ceph.conf "
}

ended() { # PID: gone, or only waiting to be counted, with no thread left that holds a file
    local threads
    threads=$(ls "/proc/$1/task" 2>/dev/null | wc -l)
    [ "$threads" = 0 ] || { [ "$threads" = 1 ] && grep -qs '^State:.*zombie' "/proc/$1/status"; }
}

for name in client.rgw.a osd.0 mon.a; do
    pid=$(cat "$dir/run/$name.pid" 2>/dev/null) || continue
    ours "$pid" || continue
    kill "$pid"
    for ((tries = 300; tries > 0; tries--)); do
        ended "$pid" && break
        sleep 0.05
    done
    if ours "$pid"; then
        echo "stop.sh: $name does not end by itself, and is killed" >&2
        kill -KILL "$pid"
    fi
done
