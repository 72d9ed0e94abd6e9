"""`retention check` as people and programs read it; it needs no ledger and makes nothing."""

import json
import os
import re
import subprocess
import sys

import pytest

from retention.adapters.ledger import SqlLedger, migrate
from retention.adapters.ledger.recorded import recorded_versions
from retention.domain.canonical import sha256
from retention.domain.entry import Draft, Entry
from retention.errors import AgreementError, StoreError
from retention.settings import policy_files
from tests.support.policies import CONTRACT, POLICIES, contract
from tests.support.signer import CheckpointKey

COMMAND = [sys.executable, "-m", "retention", "check"]


@pytest.fixture
def folder(tmp_path):
    """A working folder with the contract's agreements and nothing else."""
    write(tmp_path / "policies", contract())
    return tmp_path


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def check(folder, *arguments, exit_code=0, **environment):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RETENTION_")}
    done = subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exit_code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout + done.stderr


def everything(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def break_it(folder):
    path = folder / "policies" / CONTRACT
    text = path.read_text("utf-8").replace("trigger          = ", "triger = ", 1)
    path.write_text(text.replace("{box:", "{patient:"), encoding="utf-8")
    people = folder / "policies" / "people.toml"
    people.write_text(people.read_text("utf-8").replace("roles", "rolls", 1), encoding="utf-8")


def test_what_stands_ends_with_a_line_that_says_so_and_makes_nothing(folder):
    before = everything(folder)
    said = check(folder)
    assert said.splitlines()[-1] == "1 agreement with 5 classes, and no fault."
    assert "policies/NACEL/v3.toml:56:1\n    class patient-level is never eligible" in said
    assert everything(folder) == before


def test_faults_come_by_file_with_a_place_that_a_terminal_can_open(folder):
    break_it(folder)
    said = check(folder, exit_code=10)
    lines = said.splitlines()
    assert lines[0] == "policies/NACEL/v3.toml: 2 faults"
    assert lines[1] == "  policies/NACEL/v3.toml:66:1"
    assert lines[2:5] == [
        "    found     the unknown key `triger`",
        "    expected  a key of this table",
        "    Did you mean `trigger`?",
    ]
    assert "policies/people.toml: 1 fault" in lines
    # What is only doubtful stands apart, after all faults.
    assert lines.index("policies/people.toml: 1 fault") < lines.index("1 warning")
    assert lines[-1] == "3 faults in 2 files: nothing is read until every file stands."


def test_programs_get_the_same_in_fields(folder):
    break_it(folder)
    found = json.loads(check(folder, "--json", exit_code=10))
    assert set(found) == {"as_at", "agreements", "classes", "ledger", "faults", "warnings", "new"}
    said = (POLICIES / "README.md").read_text("utf-8").split("## For programs")[1].split("\n## ")[0]
    rows = "".join(line.split("|")[1] for line in said.splitlines() if line.startswith("| `"))
    assert set(re.findall("`([a-z_]+)`", rows)) == set(found)
    assert [set(each) for each in found["faults"]] == [
        {"file", "line", "column", "found", "expected", "hint"}
    ] * 3
    assert [set(each) for each in found["warnings"]] == [{"file", "line", "column", "says"}]
    assert (found["agreements"], found["classes"], found["ledger"]) == (None, None, "none")
    first = found["faults"][0]
    assert (first["file"], first["line"], first["column"]) == (CONTRACT, 66, 1)


@pytest.mark.parametrize(
    "arguments",
    [("elsewhere",), ("--policies", "elsewhere"), ("elsewhere/NACEL/v3.toml",), ("elsewhere/engine.toml",)],
    ids=str,
)  # fmt: skip
def test_a_folder_or_a_file_of_it_can_be_named(tmp_path, arguments):
    write(tmp_path / "elsewhere", contract())
    before = everything(tmp_path)
    assert "no fault" in check(tmp_path, *arguments)
    found = json.loads(check(tmp_path, *arguments, "--json"))
    assert (found["agreements"], found["classes"], found["faults"]) == (1, 5, [])
    assert everything(tmp_path) == before


def test_two_folders_are_one_too_many(folder):
    assert "not both" in check(folder, "policies", "--policies", "policies", exit_code=2)


def next_version(folder):
    text = contract()[CONTRACT].replace("version      = 3", "version      = 4")
    text = text.replace("from = 2024-04-01, until = 2027", "from = 2027-04-01, until = 2030")
    write(folder / "policies", {"NACEL/v4.toml": text})


NEW = "new: NACEL v4, in force from 1 April 2027: `retention diff NACEL/v3 NACEL/v4` shows what it changes."  # fmt: skip


def test_a_new_version_is_told_until_it_is_in_force(folder):
    next_version(folder)
    assert NEW in check(folder, "--as-at", "2027-03-31").splitlines()
    (new,) = json.loads(check(folder, "--as-at", "2027-03-31", "--json"))["new"]
    assert new == {
        "agreement": "NACEL",
        "version": 4,
        "in_force_from": "2027-04-01",
        "replaces": 3,
    }
    assert "new:" not in check(folder, "--as-at", "2027-04-01")
    first = check(folder, "--as-at", "2024-03-31")
    assert "new: NACEL v3, in force from 1 April 2024: the first version." in first


def test_what_is_doubtful_of_a_version_that_is_over_is_not_said_for_ever(folder):
    next_version(folder)
    for day, files in (
        ("2027-03-31", {"NACEL/v3.toml", "NACEL/v4.toml"}),
        ("2027-04-01", {"NACEL/v4.toml"}),
    ):
        found = json.loads(check(folder, "--json", "--as-at", day))
        assert {each["file"] for each in found["warnings"]} == files, day


class Clock:
    def now(self):
        from datetime import UTC, datetime

        return datetime(2026, 1, 1, tzinfo=UTC)


def ledger(path, digest):
    """A ledger that says with which digest version 3 came into force."""
    url = f"sqlite:///{path}"
    migrate(url)
    with SqlLedger(url, clock=Clock(), signer=CheckpointKey()) as opened:
        for each in (digest, "sha256:" + "0" * 64):  # the first that was written counts
            facts = {"agreement": "NACEL", "version": 3, "digest": each}
            opened.append(Draft("agreement:NACEL", Entry.AGREEMENT, facts))
    return url


def test_a_version_that_was_edited_since_it_came_into_force_is_a_fault(folder):
    url = ledger(folder / "ledger.db", sha256(contract()[CONTRACT].encode()))
    assert recorded_versions(url) == {("NACEL", 3): sha256(contract()[CONTRACT].encode())}
    found = json.loads(check(folder, "--json", RETENTION_LEDGER_URL=url))
    assert (found["ledger"], found["faults"]) == ("compared", [])
    path = folder / "policies" / CONTRACT
    path.write_text(path.read_text("utf-8") + "\n# one line more\n", encoding="utf-8")
    said = check(folder, RETENTION_LEDGER_URL=url, exit_code=10)
    assert "policies/NACEL/v3.toml:8:16" in said
    assert "another text than when it came into force" in said
    # Faults of other kinds are told in the same breath.
    break_it(folder)
    found = json.loads(check(folder, "--json", RETENTION_LEDGER_URL=url, exit_code=10))
    assert len(found["faults"]) == 4


def test_a_ledger_that_cannot_be_read_is_said_and_not_passed_over(folder):
    (folder / "empty.db").touch()
    url = f"sqlite:///{folder}/empty.db"
    with pytest.raises(StoreError):
        recorded_versions(url)
    said = check(folder, RETENTION_LEDGER_URL=url)
    assert "whether a version was edited since it came into force was not checked" in said
    found = json.loads(check(folder, "--json", RETENTION_LEDGER_URL=url))
    assert found["ledger"] == "unreachable"


def test_a_file_of_other_bytes_is_a_fault_with_its_place(folder):
    path = folder / "policies" / "people.toml"
    path.write_bytes(path.read_bytes().replace(b"Robin", b"R\xf6bin"))
    said = check(folder, exit_code=10)
    assert "policies/people.toml:3:28\n    found     bytes that are no text" in said


def test_a_file_that_cannot_be_opened_is_told(folder):
    (folder / "policies" / "lost.toml").symlink_to(folder / "nowhere.toml")
    assert "cannot be read" in check(folder, exit_code=10)
    with pytest.raises(AgreementError):
        policy_files(folder / "policies")


def test_a_folder_named_like_a_file_is_none(folder):
    (folder / "policies" / "folder.toml").mkdir()
    assert policy_files(folder / "policies") == contract()
