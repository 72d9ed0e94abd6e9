# Shared by the scripts beside it; read with `.`, and run from the root of the project.
# shellcheck shell=sh

say() { printf '%s\n' "$*"; }

stop() {
    printf '%s\n' "$*" >&2
    exit 1
}

# Run a command without its chatter; if it fails, show the end of what it said, and stop.
quietly() {
    log=$(mktemp)
    if "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
    else
        tail -n 30 "$log" >&2
        rm -f "$log"
        stop "This failed: $1 ${2-} ${3-} ... (its last lines are above)."
    fi
}

# Install Debian packages without a question; the lists are fetched once for each run of a script.
apt_install() {
    if [ -z "${apt_lists_are_fresh-}" ]; then
        quietly apt-get -qq -o DPkg::Lock::Timeout=120 update
        apt_lists_are_fresh=yes
    fi
    quietly env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=120 install --yes --no-install-recommends "$@"
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# A version manager may put a command on the PATH that runs nothing, so each is asked, not looked up.
is_suitable() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 15))' >/dev/null 2>&1
}

# Print a Python from 3.11 to 3.14: the one in PYTHON, or the first that is found.
find_python() {
    if [ -n "${PYTHON-}" ]; then
        is_suitable "$PYTHON" || stop "PYTHON=$PYTHON is not a Python from 3.11 to 3.14."
        say "$PYTHON"
        return
    fi
    for each in python3 python3.11 python3.12 python3.13 python3.14; do
        if is_suitable "$each"; then
            say "$each"
            return
        fi
    done
    stop "No Python from 3.11 to 3.14 was found: install one, or name it: make setup PYTHON=..."
}

# Debian ships Python without what `python3 -m venv` needs; see that it is there.
need_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1 && return
    package=$("$1" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    command -v apt-get >/dev/null 2>&1 ||
        stop "$1 cannot make environments: install its modules venv and ensurepip, and try again."
    is_root || stop "$package is missing: run 'sudo apt-get install $package', and try again."
    say "Installing $package."
    apt_install "$package"
}
