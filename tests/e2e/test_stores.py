"""`retention stores` as it is started, over a server, with the credential of the surveyor alone."""

import json
import os
import subprocess
import sys

import pytest

from tests.support.policies import contract

COMMAND = [sys.executable, "-m", "retention", "stores"]


@pytest.fixture(scope="module")
def here(moto, tmp_path_factory):
    """A working folder with the contract's agreement, of whose buckets one is missing."""
    folder = tmp_path_factory.mktemp("stores")
    for name, text in contract().items():
        path = folder / "policies" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    settings = f'[s3]\nendpoint_url = "{moto.endpoint_url}"\nregion = "us-east-1"\n'
    (folder / "retention.toml").write_text(settings, encoding="utf-8")
    names = [each["store"] for each in json.loads(ask(folder, "--json").stdout)]
    for name in names[1:]:
        moto.owner.create_bucket(Bucket=name)
    return folder, names


def ask(folder, *arguments):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RETENTION_")}
    roles = {"RETENTION_S3_SURVEYOR_ACCESS_KEY": "any", "RETENTION_S3_SURVEYOR_SECRET_KEY": "any"}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**kept, **roles, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_store_of_the_agreements_is_asked_and_one_that_is_missing_is_a_finding(here):
    folder, names = here
    said = json.loads(ask(folder, "--json").stdout)
    assert [each["store"] for each in said] == names
    assert len(names) > 1
    missing, *there = said
    assert missing["says"] is None
    assert [each["kind"] for each in missing["findings"]] == ["store-failed"]
    for each in there:
        assert each["says"]["versioning"] == "off"
        kinds = {finding["kind"] for finding in each["findings"]}
        # The look-alike knows no roles, and lies in a region that the agreement does not name.
        assert kinds == {
            "not-versioned",
            "not-encrypted",
            "out-of-region",
            "surveyor-could-destroy",
        }


def test_the_exit_code_is_what_was_asked_for(here):
    folder, names = here
    done = ask(folder, names[1])
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{names[1]}  s3://{names[1]}/  for NACEL" in done.stdout
    assert "! versions          not kept" in done.stdout
    failing = ask(folder, names[1], "--fail-on", "severe")
    assert failing.returncode == 20
    assert failing.stdout == done.stdout
    assert "findings as bad as severe" in failing.stderr
    assert ask(folder, "no-such-store").returncode == 10
