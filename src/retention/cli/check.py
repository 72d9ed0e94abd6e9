"""Check the agreements, before anybody relies on them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import click

from retention import agreements, wiring
from retention.agreements import Fault, FaultyAgreementsError, ReadLibrary, Remark
from retention.agreements.faults import counted
from retention.cli.common import as_at, as_json, asked_on, lines, policies_option
from retention.domain.agreement import Agreement
from retention.domain.words import long_day
from retention.errors import AgreementError, StoreError
from retention.settings import policy_files

COMPARED, NO_LEDGER, UNREACHABLE = "compared", "none", "unreachable"
_SQLITE = "sqlite:///"


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found in one folder on one day; *library* is None if there are faults."""

    folder: Path
    on: date
    ledger: str  # whether versions were compared with those that came into force
    library: ReadLibrary | None
    faults: Sequence[Fault]
    remarks: Sequence[Remark]

    @property
    def coming(self) -> list[tuple[Agreement | None, Agreement]]:
        """The versions that are not in force yet, each with the one before it."""
        every = () if self.library is None else self.library.every
        return [
            (earlier if earlier and earlier.reference == each.reference else None, each)
            for earlier, each in zip((None, *every), every, strict=False)
            if each.in_force_from is not None and each.in_force_from > self.on
        ]


@click.command()
@click.argument("path", required=False, type=click.Path(exists=True, path_type=Path))
@policies_option
@as_at
@as_json
def check(
    *, path: Path | None, policies: Path | None, as_at: datetime | None, as_json: bool
) -> None:
    """Check every agreement in PATH (policies/), and list every fault at once.

    Each fault names file, line and column, what was found, what was expected and what to do.
    Exit 10 if there is any.  PATH may be one file: the folder that it belongs to is checked.
    """
    if path is not None and policies is not None:
        raise click.UsageError("name PATH or --policies, not both")
    work = wiring.compose()
    found = _checked(_folder(path or policies or work.settings.policies), work, as_at)
    if as_json:
        click.echo(json.dumps(_record(found), ensure_ascii=False, indent=1))
    else:
        lines(_page(found))
    if found.faults:
        raise SystemExit(FaultyAgreementsError.exit_code)


def _folder(path: Path) -> Path:
    """Return the folder of a library: of a file, the one above it that says who we are."""
    if path.is_dir():
        return path
    if not path.exists():
        raise AgreementError(
            "there is no folder with agreements here",
            hint="`retention init` begins one; PATH or --policies names another",
        )
    above = [folder for folder in path.absolute().parents if (folder / "engine.toml").is_file()]
    return above[0] if above else path.absolute().parent


def _checked(folder: Path, work: wiring.Composition, as_at: datetime | None) -> Checked:
    ledger, recorded = _recorded(work.settings.databases["ledger"])
    on = asked_on(work, as_at)
    try:
        library = agreements.read(policy_files(folder), recorded)
    except FaultyAgreementsError as error:
        return Checked(folder, on, ledger, None, error.faults, error.remarks)
    over = {
        f"{each.reference}/v{each.version}.toml"
        for each in library.every
        for governing in library.agreements(on)
        if each.reference == governing.reference and each.version < governing.version
    }
    told = [each for each in library.remarks if each.file not in over]  # those are past mending
    return Checked(folder, on, ledger, library, (), told)


def _recorded(url: str) -> tuple[str, Mapping[tuple[str, int], str]]:
    """Return what came into force, if a ledger is there: nothing is made by looking."""
    if url.startswith(_SQLITE) and not Path(url.removeprefix(_SQLITE)).is_file():
        return NO_LEDGER, {}
    from retention.adapters.ledger.recorded import recorded_versions  # noqa: PLC0415  # slow

    try:
        return COMPARED, recorded_versions(url)
    except StoreError:
        return UNREACHABLE, {}


def _record(found: Checked) -> dict[str, Any]:
    library = found.library
    return {
        "as_at": found.on.isoformat(),
        "agreements": None if library is None else len(library.agreements(date.max)),
        "classes": None if library is None else _classes(library),
        "ledger": found.ledger,
        "faults": [asdict(each) for each in found.faults],
        "warnings": [asdict(each) for each in found.remarks],
        "new": [
            {
                "agreement": each.reference,
                "version": each.version,
                "in_force_from": None if each.in_force_from is None else f"{each.in_force_from}",
                "replaces": None if earlier is None else earlier.version,
            }
            for earlier, each in found.coming
        ],
    }


def _classes(library: ReadLibrary) -> int:
    return sum(len(each.classes) for each in library.agreements(date.max))


def _page(found: Checked) -> Iterator[str]:
    root = _shown(found.folder)
    for file, faults in groupby(found.faults, key=lambda each: each.file):
        several = list(faults)
        yield click.style(f"{root}{file}: {counted(len(several), 'fault')}", bold=True)
        for each in several:
            yield f"  {root}{file}:{each.line}:{each.column}"
            yield f"    found     {click.style(each.found, fg='red')}"
            yield f"    expected  {each.expected}"
            yield f"    {each.hint}"
        yield ""
    if found.remarks:
        yield click.style(counted(len(found.remarks), "warning"), fg="yellow", bold=True)
        for remark in found.remarks:
            yield f"  {root}{remark.file}:{remark.line}:{remark.column}"
            yield f"    {remark.says}"
        yield ""
    if coming := list(_coming(found.coming)):
        yield from (*coming, "")
    if found.ledger == UNREACHABLE:
        yield click.style("The ledger cannot be read: ", fg="yellow", bold=True) + (
            "whether a version was edited since it came into force was not checked."
        )
    yield _verdict(found)


def _shown(folder: Path) -> str:
    """Return what stands before the names of files, so that a terminal can open them."""
    try:
        below = folder.absolute().relative_to(Path.cwd())
    except ValueError:
        below = folder
    return "" if below == Path() else f"{below.as_posix()}/"


def _coming(versions: Iterable[tuple[Agreement | None, Agreement]]) -> Iterator[str]:
    for earlier, each in versions:
        assert each.in_force_from is not None
        name = f"{each.reference} v{each.version}"
        head = f"new: {name}, in force from {long_day(each.in_force_from)}"
        if earlier is None:
            yield f"{head}: the first version."
            continue
        old, new = (f"{a.reference}/v{a.version}" for a in (earlier, each))
        yield f"{head}: `retention diff {old} {new}` shows what it changes."


def _verdict(found: Checked) -> str:
    """Return the last line, which says whether the agreements stand."""
    if found.library is None:
        files = len({each.file for each in found.faults})
        said = f"{counted(len(found.faults), 'fault')} in {counted(files, 'file')}"
        return click.style(f"{said}: nothing is read until every file stands.", fg="red", bold=True)
    several = counted(len(found.library.agreements(date.max)), "agreement")
    classes = counted(_classes(found.library), "class")
    return click.style(f"{several} with {classes}, and no fault.", fg="green", bold=True)
