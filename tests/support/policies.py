"""The agreement files of this repository, as texts."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
POLICIES = ROOT / "policies"
DEMO = POLICIES / "demo"
GOLDEN = ROOT / "tests" / "golden" / "agreements"
CONTRACT = "NACEL/v3.toml"


def texts(folder):
    """Return every TOML file in *folder* by its relative name."""
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.toml"))
    }


def contract(text=None, **others):
    """Return the files of the contract; *text* in place of the agreement, *others* by stem."""
    files = texts(GOLDEN)
    agreement = files.pop("agreement-format.toml")
    files |= {f"{stem}.toml": said for stem, said in others.items()}
    return {**files, CONTRACT: agreement if text is None else text}


def changed(old, new, *, files=None, file=CONTRACT):
    """Return the contract's files with the one place that says *old* saying *new*."""
    files = dict(files or contract())
    assert files[file].count(old) == 1, f"{old!r} stands there {files[file].count(old)} times"
    files[file] = files[file].replace(old, new)
    return files


def spot(text, marker):
    """Return line and column of the first *marker* in *text*, counted from 1."""
    before = text[: text.index(marker)]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
