#!/bin/sh
# Install the Debian packages that the tests need: real servers and a real browser.
# Starts no service and leaves none that would start at boot: each test starts its own.
set -eu
cd "$(dirname "$0")/../.."
. infra/setup/common.sh

wanted='ceph-mon ceph-osd radosgw ceph-common chromium postfix poppler-utils postgresql openssl curl systemd'

command -v dpkg-query >/dev/null 2>&1 ||
    stop "The tests need Debian's packages, or the like of them: $wanted."
# shellcheck disable=SC2016,SC2086
installed=$(dpkg-query --show --showformat '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null || :)
missing=
for each in $wanted; do
    printf '%s\n' "$installed" | grep -qx "installed $each" || missing="$missing $each"
done
[ -n "$missing" ] || exit 0
is_root || stop "The tests need packages: run 'sudo apt-get install --no-install-recommends$missing'."

policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d/retention-tests.conf
made=
trap 'for each in $made; do rm -f "$each"; done' EXIT
trap 'exit 130' INT TERM

if [ ! -e "$policy" ]; then
    made="$made $policy"
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi
case $missing in
*postgresql*)
    made="$made $clusters"
    mkdir -p "$(dirname "$clusters")"
    echo 'create_main_cluster = false' >"$clusters"
    ;;
esac
case $missing in
*postfix*) # unconfigured, it does not start
    echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    ;;
esac

say "Installing what the tests need:$missing."
# shellcheck disable=SC2086
apt_install $missing
