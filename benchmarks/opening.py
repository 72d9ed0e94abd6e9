"""How long somebody waits for the full list of a million rows, and how much memory it takes.

    python benchmarks/opening.py                # 1,000,000 rows
    python benchmarks/opening.py --rows 100000

A real evidence folder, sealed with age; one dataset; the search is for what is in no key.
"""

import argparse
import resource
import tempfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from retention.adapters.evidence import FolderEvidence, KeyFolder
from retention.domain.dataset import Kind, ObjectVersion
from retention.domain.manifest import Freezer, Manifest, Place, Row, salts_from
from retention.domain.proposal import Item, Proposal
from retention.steps.full_list import Query, check, csv_lines, find

WORDS = (
    *("class_name", "clause", "describes", "identifiability", "trigger", "trigger_on"),
    *("trigger_by", "trigger_evidence"),
)


def rows_made(number: int) -> Iterator[Row]:
    for place in range(number):
        key = f"patient/2019/{place:08d}/invented case notes of nobody.parquet"
        version = ObjectVersion(key, Kind.DATA, f"{place:032x}", 4096, f"{place:032x}", "")
        yield Row("primary-1", version)


def proposal_made(evidence: FolderEvidence, number: int) -> Proposal:
    freezer = Freezer(salts_from(b"only for measuring"))
    pack = evidence.keep_lines(freezer.lines(rows_made(number)), sealed=True)
    places = (Place("primary-1", "primary", "s3://records/patient/2019/"),)
    manifest = Manifest(
        "INV/patient/2019", freezer.root, pack, places, freezer.versions, freezer.size_bytes, 0, 0
    )
    days = dict.fromkeys(("due_on", "destroy_by", "destroy_by_covers"))
    item = Item(
        manifest=manifest, special_category=True, controllers=("north",), working=(),
        residuals=(), **dict.fromkeys(WORDS, "x"), **days,
    )  # fmt: skip
    return Proposal(
        agreement="INV", version=1, agreement_digest="x", title="Invented", our_role="processor",
        mandate="x", action="destroy", controllers=("north",), approved_by=("records-manager",),
        notice="x", frozen_at="2026-11-02T09:00:00.000Z", items=(item,),
    )  # fmt: skip


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(what: str, work, before_mb: float) -> None:
    start = perf_counter()
    said = work()
    took = perf_counter() - start
    print(f"{what:<44} {took:7.2f} s   {peak_mb() - before_mb:6.1f} MB more   {said}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    number = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        keys = KeyFolder(Path(folder) / "keys")
        evidence = FolderEvidence(Path(folder) / "evidence", keys=keys)
        proposal = proposal_made(evidence, number)
        before = peak_mb()
        last = -(-number // 200)
        measured(
            "checked against its root, once a process",
            lambda: check(proposal, evidence, lambda _: None),
            before,
        )
        measured("page 1", lambda: len(find(proposal, Query(), evidence).shown), before)
        measured("last page", lambda: len(find(proposal, Query(page=last), evidence).shown), before)
        measured(
            "search for what is nowhere",
            lambda: find(proposal, Query("zzz"), evidence).matches,
            before,
        )
        measured(
            "search for what is in one in ten",
            lambda: find(proposal, Query("5/inv"), evidence).matches,
            before,
        )
        measured(
            "whole as CSV, checked as it passes",
            lambda: sum(map(len, csv_lines(proposal, evidence))),
            before,
        )


if __name__ == "__main__":
    main()
