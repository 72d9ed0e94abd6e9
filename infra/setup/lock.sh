#!/bin/sh
# Write requirements/*.txt anew from pyproject.toml; arguments go to uv, such as --upgrade.
# What is pinned already stays as it is, unless the arguments say otherwise.
set -eu
cd "$(dirname "$0")/../.."
. infra/setup/common.sh

python=$(find_python)
need_venv "$python"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT TERM
quietly "$python" -m venv "$scratch"
quietly "$scratch/bin/python" -m pip install --disable-pip-version-check uv

# uv does not read pip's configuration: hand on the index, and leave it out of what is written.
index=${PIP_INDEX_URL:-$("$scratch/bin/python" -m pip config get global.index-url 2>/dev/null || :)}
[ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"

lock() {
    file=$1
    shift
    say "Locking $file."
    quietly "$scratch/bin/uv" pip compile --universal --generate-hashes --no-header \
        --no-emit-index-url --no-emit-find-links --output-file "$file" "$@" pyproject.toml
}

lock requirements/runtime.txt "$@"
lock requirements/dev.txt --all-extras "$@"
