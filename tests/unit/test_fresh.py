"""A process that lives for long knows who left, and never takes half a file for granted."""

from pathlib import Path
from shutil import copytree

import pytest

from retention.errors import AgreementError
from retention.wiring.fresh import FreshLibrary

DEMO = Path(__file__).parents[2] / "policies" / "demo"


@pytest.fixture
def folder(tmp_path):
    return copytree(DEMO, tmp_path / "policies")


def ids(library):
    return [person.id for person in library.people()]


def without(folder, person):
    file = folder / "people.toml"
    tables = file.read_text().split("[[person]]")
    file.write_text("[[person]]".join(each for each in tables if f'"{person}"' not in each))


def test_somebody_who_leaves_counts_no_more(folder):
    library = FreshLibrary(folder, look_every_s=0)
    assert "siro-01" in ids(library)
    without(folder, "siro-01")
    assert "siro-01" not in ids(library)
    assert "rm-01" in ids(library)


def test_while_a_file_has_a_fault_every_question_is_refused(folder):
    library = FreshLibrary(folder, look_every_s=0)
    whole = (folder / "people.toml").read_text()
    (folder / "people.toml").write_text(whole[: len(whole) // 2])
    for _ in range(2):
        with pytest.raises(AgreementError):
            library.people()
    with pytest.raises(AgreementError):
        library.terms(None)
    (folder / "people.toml").write_text(whole)
    assert "rm-01" in ids(library)


def test_what_did_not_change_is_not_read_again(folder, monkeypatch):
    library = FreshLibrary(folder, look_every_s=0)
    monkeypatch.setattr("retention.wiring.fresh.read", lambda files: pytest.fail("read again"))
    assert "rm-01" in ids(library)


def test_it_is_looked_at_once_in_a_while(folder):
    library = FreshLibrary(folder, look_every_s=3600)
    without(folder, "siro-01")
    assert "siro-01" in ids(library)
