"""A folder with nothing in it becomes one to work in, step by step, by what the command says."""

import os
import subprocess
import sys

import pytest

BESIDE = ("engine.toml", "parties.toml", "people.toml")


@pytest.fixture
def retention(tmp_path):
    """Run the command in an empty folder."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RETENTION_")}

    def run(*arguments, exit_code=0):
        done = subprocess.run(
            [sys.executable, "-m", "retention", *arguments],
            cwd=tmp_path,
            env=environment | {"RETENTION_PASSWORD_NEW": "several words of mine"},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=60,
        )
        said = done.stdout + done.stderr
        assert done.returncode == exit_code, said
        assert "Traceback" not in said
        return said

    return run


def test_an_empty_folder_is_begun_filled_in_and_worked_in(retention, tmp_path):
    assert "`retention init` begins one" in retention("check", exit_code=10)
    said = retention("init")
    assert all(name in said for name in BESIDE)
    assert "fingerprint" not in said, "no key is made before it is known whose it is"
    assert not (tmp_path / "var" / "keys").exists()
    refused = retention("init", exit_code=10)
    assert all(name in refused for name in BESIDE), "what stands empty is named, and not taken"
    for name in BESIDE:
        path = tmp_path / "policies" / name
        path.write_text(path.read_text().replace('""', '"ours"'))
    assert "fingerprint" in retention("init")
    assert "no fault" in retention("check")
    assert "rm-01 may log in" in retention("people", "add", "--first", "rm-01")
    assert retention("init").count("ours") == 0


def test_what_is_there_stays(retention, tmp_path):
    (tmp_path / "policies").mkdir()
    mine = tmp_path / "policies" / "people.toml"
    mine.write_text("# mine\n")
    said = retention("init")
    assert mine.read_text() == "# mine\n"
    assert "people.toml" not in said
