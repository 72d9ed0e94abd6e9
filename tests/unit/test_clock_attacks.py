"""Attempts to have data destroyed early, and to have them kept in silence: each must fail.

A row says what stands in agreement and registers, as in the tables of worked examples.  *Early*
means eligible before the day that an honest reading gives; *silent* means neither eligible nor
raised, with no day set on which that ends.
"""

from datetime import date, timedelta

import pytest

from retention.domain.dataset import DatasetId
from retention.domain.eligibility import Assessor, assess
from tests.support.examples import assessment, ground

HONEST = {
    "recorded": ["published 2020-06-30"],
    "cut_off": "financial-year-end",
    "keep_at_least": "P5Y",
    "destroy_by": "P6Y",
}
DUE = date(2026, 4, 1)
BEFORE = date(2025, 12, 31)  # the day before the review opens
AGREED = ["2018-04-01 to 2027-03-31"]


def row(on, **changes):
    return HONEST | {"on": on} | changes


def recorded(*more):
    return {"recorded": [*HONEST["recorded"], *more]}


LICENCE = {"trigger": "dsa-ended", "destroy_by": "P0D", "keep_at_least": None, "recorded": []}
TO_THE_END = {"agreement": AGREED, "after_end": "dispose", "keep_at_least": "P0D", "recorded": []}

EARLY = {
    "the date is given to the year, and the year began long before": row(
        date(2025, 12, 31), recorded=["published 2020"], cut_off="none", destroy_by=None, lead="P0D"
    ),
    "the event is recorded for another round": row(DUE, recorded=["published@2018 2019-01-01"]),
    "the event is recorded for a day ahead, so that the review is over by then": row(
        DUE, recorded=["published 2026-06-01"], cut_off="none", keep_at_least="P0D"
    ),
    "a duty's event is recorded for a day ahead": row(
        DUE,
        **recorded("report-issued 2026-06-01"),
        also=[{"owner": "funder", "trigger": "report-issued", "keep_at_least": "P0D"}],
    ),
    "a duty's event is never recorded": row(
        DUE, also=[{"owner": "funder", "trigger": "report-issued", "keep_at_least": "P1D"}]
    ),
    "an extension until a day that is past": row(
        BEFORE, extensions=["hqip until 2021-01-01 signed 2020-12-01 moving the maximum"]
    ),
    "a second use that ceased before the data were made": row(
        BEFORE, **recorded("returned-to-use 2015-01-01", "use-ceased 2015-01-02")
    ),
    "a use that ceased before it began": row(
        DUE, **recorded("returned-to-use 2026-01-01", "use-ceased 2025-01-01")
    ),
    "the return to use is retracted, and its end forgotten": row(
        DUE,
        **recorded("returned-to-use 2024-01-01", "use-ceased 2025-01-01", "retract returned-to-use"),
    ),
    "the end of the agreement is recorded though its renewal is signed": row(
        date(2026, 10, 2),
        **TO_THE_END | {"agreement": [*AGREED, "2027-04-01 to 2029-03-31"]}
        | {"recorded": ["ended-not-renewed 2026-10-01"]},
    ),
    "the end of the old version is brought up under the new one": row(
        date(2027, 4, 1),
        **TO_THE_END | {"agreement": [*AGREED, "2027-04-01 to 2029-03-31"]}
        | {"recorded": ["ended-not-renewed 2027-03-31"]},
    ),
    "the date of the end has passed, and nobody says that it is not renewed": row(
        date(2027, 4, 1), **TO_THE_END
    ),
    "another agreement's end counts for a licence": row(
        DUE, **LICENCE | {"recorded": ["report-issued 2020-01-01", "support-ended 2020-01-01"]}
    ),
    "a further duty lends a licence without an end its minimum": row(
        DUE,
        **LICENCE | {"recorded": ["published 2020-06-30"]},
        also=[{"owner": "funder", "trigger": "published", "keep_at_least": "P1Y"}],
    ),
    "a minimum shorter than the Code's is confirmed for another class": row(
        DUE, shorter_than="the schedule's eight years", instructions=["hqip confirm-shorter others"]
    ),
    "the support of another nation ended": row(
        DUE,
        trigger="support-ended",
        recorded=["support-ended 2020-01-01"],
        support=[{"nations": ["england"], "until": date(2020, 1, 1)}],
    ),
    "a birth is known to the year and the treatment ended at 17 or 18": row(
        date(2026, 5, 15),
        trigger="born",
        recorded=["born 2001-05-14", "discharged 2019"],
        keep_at_least={"age": 25, "one_more_if_17_at": "discharged"},
        destroy_by="P99Y",
        cut_off="none",
        lead="P0D",
    ),
    "a hold is only our own precaution": row(DUE, holds=["precaution"]),
    "the maximum has passed, and the minimum is not known": row(
        date(2030, 1, 1), recorded=["published 2020-06-30", "returned-to-use 2021-01-01"]
    ),
    "the maximum has passed, and the minimum has not": row(
        date(2026, 1, 2), destroy_by="P5Y6M"
    ),
}  # fmt: skip


@pytest.mark.parametrize("attempt", EARLY)
def test_data_cannot_be_destroyed_early_because(attempt):
    asked = {name: value for name, value in EARLY[attempt].items() if value is not None}
    found = assessment(asked)
    assert not found.eligible
    assert not found.due
    assert found.reasons


SILENT = {
    "nobody ever records the event": row(DUE, recorded=[]),
    "nobody records the event, and it was never expected": row(
        DUE, recorded=[], review_at_latest="P7Y"
    ),
    "the event was recorded and retracted": row(DUE, **recorded("retract published")),
    "the day of the event cannot be read": row(DUE, recorded=["published soon"]),
    "the data are in use again, and the use never ceases": row(
        DUE, **recorded("returned-to-use 2021-01-01"), destroy_by=None
    ),
    "the same with a maximum far ahead": row(
        DUE, **recorded("returned-to-use 2021-01-01"), destroy_by="P99Y"
    ),
    "they go in and out of use for ever": row(
        DUE,
        **recorded("returned-to-use 2021-01-01", "use-ceased 2022-01-01", "returned-to-use 2026-01-01"),
    ),
    "a further duty waits for what never comes": row(
        DUE, also=[{"owner": "funder", "trigger": "never", "keep_at_least": "P1D"}]
    ),
    "the latest of two events, and the other never comes": row(
        DUE, trigger={"latest": ["published", "never"]}
    ),
    "the latest of an event and of a support that there is not": row(
        DUE, trigger={"latest": ["published", "support-ended"]}
    ),
    "an end of support that is dated far ahead and confirmed by nobody": row(
        DUE,
        trigger="support-ended",
        recorded=[],
        support=[{"until": date(2099, 1, 1)}],
    ),
    "the agreement ended, and nobody confirms it": row(
        date(2027, 6, 1), agreement=AGREED, keep_at_least="P1Y", destroy_by=None
    ),
    "the agreement never ends": row(DUE, **TO_THE_END | {"agreement": ["2018-04-01 onwards"]}),
    "an extension without an end to the minimum, and none to the maximum": row(
        DUE, extensions=["hqip until 2199-12-31 signed 2026-01-01"]
    ),
    "an extension by somebody else, who moves the maximum": row(
        DUE, extensions=["nhs-england until 2199-12-31 signed 2026-01-01 moving the maximum"]
    ),
    "a precaution of ours, for as long as we like": row(date(2026, 7, 1), holds=["precaution"]),
    "a longer minimum than the maximum": row(BEFORE, keep_at_least="P99Y"),
    "a licence prolonged after it had ended": row(
        date(2026, 10, 1),
        **LICENCE | {"recorded": ["dsa-ended 2026-03-31"]},
        extensions=["hqip until 2026-08-01 signed 2026-09-30 moving the maximum"],
    ),
    "a maximum that only warns, beside one that is certain and past": row(
        date(2031, 1, 1),
        **recorded("dsa-ended 2029-01-01"),
        keep_at_least=None,
        destroy_by="P10Y",
        also=[{"owner": "nhs-england", "trigger": {"latest": ["dsa-ended", "never"]},
               "destroy_by": "P0D"}],
    ),
    "backups that cannot age out in time": row(
        BEFORE, destroy_by_covers="all-copies", backups=["P5Y"]
    ),
    "a confirmation that a shorter period asks for and nobody gives": row(
        DUE, shorter_than="the schedule's eight years"
    ),
    "an instruction to return the data that nobody carries out": row(
        DUE, instructions=["hqip return records"]
    ),
    "a class of no name that the agreement knows": row(DUE, dataset="TEST/attic/wales/2019"),
    "an agreement that is none of ours": row(DUE, dataset="ATTIC/records/wales/2019"),
}  # fmt: skip


@pytest.mark.parametrize("attempt", SILENT)
def test_data_cannot_be_kept_in_silence_because(attempt):
    asked = {name: value for name, value in SILENT[attempt].items() if value is not None}
    for later in (0, 1, 400, 4000):
        found = assessment(asked | {"on": asked["on"] + timedelta(days=later)})
        assert found.raised, later
        assert found.overdue or found.reasons


@pytest.mark.parametrize("reference", ["TEST", "OTHER"])
def test_no_dataset_answers_for_another(reference):
    """What is recorded of one dataset moves it alone, also where many are asked about at once."""
    said = row(DUE, **recorded("published@2018 2020-06-30", "returned-to-use 2026-01-01"))
    seen = ground(said)
    assessor = Assessor(seen, DUE)
    used = DatasetId("TEST", "records", (("nation", "wales"), ("round", "2019")))
    others = [
        DatasetId(reference, "records", (("nation", nation), ("round", each)))
        for nation, each in (("england", "2019"), ("wales", "2018"), ("wales", "2017"))
    ]
    assert not assessor.assess(used).eligible
    for each in others:
        assert assessor.assess(each) == assess(each, seen, on=DUE)
    eligible = [assessor.assess(each).eligible for each in others]
    assert eligible == ([True, True, False] if reference == "TEST" else [False] * 3)


def test_an_honest_dataset_is_eligible_when_its_time_has_come_and_not_before():
    """All the attempts above are tried on this one."""
    assert not assessment(row(BEFORE)).eligible
    assert assessment(row(BEFORE + timedelta(days=1))).eligible
    assert assessment(row(DUE)).due
