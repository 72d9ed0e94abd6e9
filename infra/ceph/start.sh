#!/bin/bash
# Starts a single-node Ceph object gateway (monitor, one OSD, gateway) on loopback, from Debian's
# packages ceph-mon, ceph-osd, radosgw and ceph-common.  A real S3 server for tests and for the
# demonstration; nothing here is fit for records, for the cluster asks nobody who they are.
#
#   start.sh DIR        DIR is best a short path on /dev/shm: sockets allow about 100 characters
#
# Run again on the same DIR it starts what is not running, on the same ports, with the data that
# is there.  Read at the first start: CEPH_PORT (the gateway, 7480), CEPH_MON_PORT (this and the
# next, 16789), CEPH_SIZE_BYTES (the sparse block file, 8 GiB), CEPH_SECRET_OWNER, …_SURVEYOR,
# …_DESTROYER, …_VERIFIER, …_CUSTODIAN.  DIR/users.json says who may log in; only the owner can
# make buckets.
set -euo pipefail

dir=$(realpath -m "${1:?usage: start.sh DIR}")
port=${CEPH_PORT:-7480}
mon_port=${CEPH_MON_PORT:-16789}
size_bytes=${CEPH_SIZE_BYTES:-8589934592}
conf=$dir/ceph.conf
if [ -f "$dir/made" ]; then # what was made stays where it was
    port=$(sed -n 's/^rgw_frontends = .*:\([0-9]*\)$/\1/p' "$conf")
fi

for program in ceph-mon ceph-osd radosgw radosgw-admin monmaptool ceph curl; do
    command -v "$program" >/dev/null || {
        echo "start.sh: $program is missing:" \
            "apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common curl" >&2
        exit 1
    }
done

running() { # NAME: its pid file names a live process that was started on our configuration
    local pid
    pid=$(cat "$dir/run/$1.pid" 2>/dev/null) || return 1
    tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "-c $conf "
}

await() { # SECONDS WHAT COMMAND...
    local seconds=$1 what=$2 tries
    shift 2
    for ((tries = seconds * 20; tries > 0; tries--)); do
        "$@" >/dev/null 2>&1 && return 0
        sleep 0.05
    done
    echo "start.sh: $what did not come up in $seconds s; see $dir/log" >&2
    exit 1
}

write_configuration() {
    cat >"$conf" <<C
[global]
fsid = $1
mon_host = [v2:127.0.0.1:$mon_port,v1:127.0.0.1:$((mon_port + 1))]
public_network = 127.0.0.0/8
ms_bind_ipv6 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
run_dir = $dir/run
admin_socket = $dir/run/\$name.asok
log_file = $dir/log/\$name.log
pid_file = $dir/run/\$name.pid
setuser_match_path =
# one copy on one disk
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
# a lone monitor need not wait for others to agree: the first start takes a third of the time
paxos_propose_interval = 0.02
paxos_min_wait = 0.01

[mon.a]
mon_data = $dir/mon
mon_data_avail_crit = 1
mon_data_avail_warn = 2

[osd.0]
osd_data = $dir/osd
osd_objectstore = bluestore
osd_memory_target = 1073741824
osd_class_update_on_start = false
bluestore_block_create = true
bluestore_block_size = $size_bytes
bluestore_block_db_create = false
bluestore_block_wal_create = false
bluestore_fsck_on_mount = false

[client.rgw.a]
rgw_frontends = beast endpoint=127.0.0.1:$port
rgw_data = $dir/rgw
# the gateway asks for secure connections and keys of its own, which do not go with auth none
ms_mon_client_mode = crc
auth_client_required = none
rgw_thread_pool_size = 32
rgw_enable_usage_log = false
rgw_enable_ops_log = false
# keys of the "testing" backend, for encryption without a key server
rgw_crypt_require_ssl = false
rgw_crypt_s3_kms_backend = testing
rgw_crypt_s3_kms_encryption_keys = testkey-1=$(key 1) testkey-2=$(key 2)
C
}

key() { printf 'retention-test-key-%013d' "$1" | base64 -w0; } # 32 bytes, known to everybody

gateway_answers() { running client.rgw.a && curl -fsS -o /dev/null "http://127.0.0.1:$port/"; }
osd_is_up() { ceph -c "$conf" osd stat | grep -q ' 1 up'; }

secret_of() { # NAME: as the environment gives it, or one that everybody knows
    local given=CEPH_SECRET_${1^^} secret
    secret=${!given:-$1-test-secret}
    [[ $secret =~ ^[A-Za-z0-9+/=_-]{8,}$ ]] || {
        echo "start.sh: $given wants 8 or more of A-Z a-z 0-9 + / = _ -" >&2
        exit 1
    }
    echo "$secret"
}

make_user() { # NAME SECRET: only the owner may make buckets
    local buckets=-1
    [ "$1" = owner ] && buckets=1000
    radosgw-admin -c "$conf" user create --uid="$1" --display-name="$1" --max-buckets="$buckets" \
        --access-key="$1" --secret-key="$2" >"$dir/log/user-$1.log" 2>&1 || {
        echo "start.sh: user $1 could not be made; see $dir/log/user-$1.log" >&2
        exit 1
    }
}

make_users() {
    local user secret comma="" said
    said="{\"endpoint_url\":\"http://127.0.0.1:$port\",\"users\":{"
    for user in owner surveyor destroyer verifier custodian; do
        secret=$(secret_of "$user")
        make_user "$user" "$secret"
        said+="$comma\"$user\":{\"access_key\":\"$user\",\"secret\":\"$secret\"}"
        comma=,
    done
    (umask 077 && echo "$said}}" >"$dir/users.json.new")
    mv "$dir/users.json.new" "$dir/users.json"
}

if [ ! -f "$dir/made" ]; then
    if [ -f "$conf" ]; then # a first start that never finished: begin again
        "$(dirname "$0")/stop.sh" "$dir"
        rm -rf "$dir"/{mon,osd,rgw,run,log,ceph.conf}
    elif [ -n "$(ls -A "$dir" 2>/dev/null)" ]; then
        echo "start.sh: $dir holds something else; name an empty directory" >&2
        exit 1
    fi
    mkdir -p "$dir"/{mon,osd,rgw,run,log}
    fsid=$(cat /proc/sys/kernel/random/uuid)
    write_configuration "$fsid"
    monmaptool --create --clobber --fsid "$fsid" \
        --addv a "[v2:127.0.0.1:$mon_port,v1:127.0.0.1:$((mon_port + 1))]" "$dir/monmap" >/dev/null
    ceph-mon -c "$conf" --mkfs -i a --monmap "$dir/monmap"
fi

running mon.a || ceph-mon -c "$conf" -i a
await 60 "the monitor" timeout 5 ceph -c "$conf" osd dump
if [ ! -f "$dir/made" ]; then
    uuid=$(cat /proc/sys/kernel/random/uuid)
    ceph -c "$conf" osd new "$uuid" 0 >/dev/null
    ceph-osd -c "$conf" -i 0 --mkfs --osd-uuid "$uuid" >"$dir/log/mkfs.log" 2>&1
fi
running osd.0 || ceph-osd -c "$conf" -i 0 >"$dir/log/osd-start.log" 2>&1
await 120 "the OSD" osd_is_up
running client.rgw.a || radosgw -c "$conf" -n client.rgw.a
await 120 "the gateway" gateway_answers
if [ ! -f "$dir/made" ]; then
    make_users
    touch "$dir/made"
fi
echo "the gateway answers on http://127.0.0.1:$port; its users are in $dir/users.json"
