#!/bin/sh
# Make .venv from the locked requirements, with the project itself in it.
# Safe to run again: what is there and right is kept.
set -eu
cd "$(dirname "$0")/../.."
. infra/setup/common.sh

venv=.venv
rm -f "$venv/.stamp"
if ! "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
    python=$(find_python)
    need_venv "$python"
    say "Making $venv with $("$python" --version 2>&1)."
    quietly "$python" -m venv --clear "$venv"
fi
say "Installing the locked packages; the first time this takes a few minutes."
# The lock is whole, so pip need not look further; pip 23.0 would trip over sqlalchemy[asyncio].
quietly "$venv/bin/python" -m pip install --disable-pip-version-check \
    --require-hashes --no-deps --requirement requirements/dev.txt
say "Installing the project."
quietly "$venv/bin/python" -m pip install --disable-pip-version-check \
    --no-deps --no-build-isolation --editable .
quietly "$venv/bin/python" -m pip --disable-pip-version-check check
# Every flow run is a process of its own: without compiled files each would compile Prefect anew.
quietly "$venv/bin/python" -m compileall -q "$venv"/lib/python3*/site-packages
touch "$venv/.stamp"
say "Ready: $venv/bin/retention"
