"""The working of the clock as sentences: each step in its order, to be checked with a pencil."""

from datetime import date

import pytest

from tests.support.examples import assessment

ON = date(2026, 4, 1)
STARTS = ["Published 2019 on 30 June 2020"]
KEPT = [
    "the financial year ends 31 March 2021",
    "kept five years (clause 9.2): through 31 March 2026",
    "at most six years from 30 June 2020 (clause 9.2): through 30 June 2026",
]
OURS = {
    "recorded": ["published 2020-06-30"],
    "cut_off": "financial-year-end",
    "keep_at_least": "P5Y",
    "destroy_by": "P6Y",
    "on": ON,
}

WORKINGS = {
    "a further duty, with its owner": (
        OURS | {
            "recorded": ["published 2020-06-30", "report-issued 2020-09-01"],
            "also": [{"owner": "funder", "trigger": "report-issued",
                      "cut_off": "calendar-year-end", "keep_at_least": "P5Y"}],
            "destroy_by": "P7Y",
        },
        [
            *STARTS,
            *KEPT[:2],
            "at most seven years from 30 June 2020 (clause 9.2): through 30 June 2027",
            "also, for funder:",
            "Report issued on 1 September 2020",
            "the calendar year ends 31 December 2020",
            "kept five years (clause 4.1): through 31 December 2025",
            "disposal may begin on 1 April 2026",
            "the review opens on 1 January 2026, 90 days before",
            "must be gone by 30 June 2027",
        ],
    ),
    "the earliest of two, one of them unknown": (
        OURS | {"trigger": {"earliest": ["dsa-ended", "published"]}},
        [
            "Dsa ended: nobody has recorded it",
            *STARTS,
            "the earliest of these counts",
            *KEPT,
            "disposal may begin on 1 April 2026",
            "the review opens on 1 January 2026, 90 days before",
            "must be gone by 30 June 2026 at the latest: it may already be due",
        ],
    ),
    "the latest of two, one of them unknown": (
        OURS | {"trigger": {"latest": ["dsa-ended", "published"]}},
        [
            "Dsa ended: nobody has recorded it",
            *STARTS,
            "the latest of these counts",
            KEPT[2],
            "the review opens on 1 April 2026, 90 days before",
            "not to be kept past 30 June 2026 unless the event that is missing came later",
        ],
    ),
    "a second use": (
        OURS | {"recorded": [*OURS["recorded"], "returned-to-use 2022-02-01",
                             "use-ceased 2022-03-15"], "destroy_by": "P9Y"},
        [
            *STARTS,
            ("back in use from 1 February 2022, use ceased on 15 March 2022: "
            "the minimum counts from there"),
            "the financial year ends 31 March 2022",
            "kept five years (clause 9.2): through 31 March 2027",
            "at most nine years from 30 June 2020 (clause 9.2): through 30 June 2029",
            "disposal may begin on 1 April 2027",
            "the review opens on 1 January 2027, 90 days before",
            "must be gone by 30 June 2029",
        ],
    ),
    "a use that goes on": (
        OURS | {"recorded": [*OURS["recorded"], "returned-to-use 2022-02-01"]},
        [
            *STARTS,
            "back in use from 1 February 2022, still in use: the minimum counts from there",
            KEPT[2],
            "the review opens on 1 April 2026, 90 days before",
            "must be gone by 30 June 2026",
        ],
    ),
    "an extension that was signed late": (
        OURS | {"extensions": ["hqip until 2027-03-31 signed 2026-07-15 moving the maximum"]},
        [
            *STARTS,
            *KEPT,
            "extended through 31 March 2027 (signed by hqip on 15 July 2026, I-0)",
            "which moves the maximum from 30 June 2026 to 30 June 2027, as it says",
            "signed too late: over-retained from 1 July 2026 to 15 July 2026",
            "disposal may begin on 1 April 2027",
            "the review opens on 1 January 2027, 90 days before",
            "must be gone by 30 June 2027",
        ],
    ),
    "a birthday": (
        {"trigger": "born", "recorded": ["born 2001-05-14", "discharged 2019"], "on": ON,
         "keep_at_least": {"age": 25, "one_more_if_17_at": "discharged"}},
        [
            "Born on 14 May 2001",
            "Discharged between 1 January 2019 and 31 December 2019",
            ("kept through the 26th birthday, being 17 then or perhaps (clause 9.2): "
            "through 14 May 2027"),
            "disposal may begin on 15 May 2027",
            "the review opens on 14 February 2027, 90 days before",
        ],
    ),
    "a birthday of somebody who was older": (
        {"trigger": "born", "recorded": ["born 2001-05-14", "discharged 2019-07-01"], "on": ON,
         "keep_at_least": {"age": 25, "one_more_if_17_at": "discharged"}, "lead": "P1M"},
        [
            "Born on 14 May 2001",
            "Discharged on 1 July 2019",
            "kept through the 25th birthday, not being 17 then (clause 9.2): through 14 May 2026",
            "disposal may begin on 15 May 2026",
            "the review opens on 15 April 2026, one month before",
        ],
    ),
    "an exact period whose backup has to age out": (
        {"recorded": ["published 2025-06-30"], "keep_exactly": "P1Y", "dispose_within": "P60D",
         "destroy_by_covers": "all-copies", "backups": ["P7D", "P35D"], "on": ON},
        [
            "Published 2019 on 30 June 2025",
            "kept exactly one year (clause 9.2): through 30 June 2026",
            "disposed of within 60 days of 30 June 2026: through 29 August 2026",
            "live by 25 July 2026, so that a copy can age out within 35 days",
            "disposal may begin on 1 July 2026",
            "the review opens on 2 April 2026, 90 days before",
            "must be gone by 25 July 2026",
        ],
    ),
    "an end that nobody confirmed, beside an imprecise date": (
        {"agreement": ["2018-04-01 to 2027-03-31"], "recorded": ["published 2026"],
         "after_end": "dispose", "keep_at_least": "P6M", "destroy_by": "P2Y", "on": ON},
        [
            "Published between 1 January 2026 and 31 December 2026",
            "the end of the agreement on 31 March 2027 counts if it is earlier",
            "kept six months (clause 9.2): through 30 June 2027",
            "at most two years from 1 January 2026 (clause 9.2): through 1 January 2028",
            "disposal may begin on 1 July 2027",
            "the review opens on 2 April 2027, 90 days before",
            "must be gone by 1 January 2028",
        ],
    ),
    "an end recorded later than it was dated": (
        {"agreement": ["2018-04-01 to 2025-03-31"], "recorded": ["ended-not-renewed 2025-04-02"],
         "trigger": "ended-not-renewed", "keep_at_least": "P1Y", "destroy_by": "P2Y", "on": ON},
        [
            "Ended not renewed on 2 April 2025, dated 31 March 2025",
            "kept one year (clause 9.2): through 2 April 2026",
            "at most two years from 31 March 2025 (clause 9.2): through 31 March 2027",
            "disposal may begin on 3 April 2026",
            "the review opens on 3 January 2026, 90 days before",
            "must be gone by 31 March 2027",
        ],
    ),
    "supports of several nations": (
        {"recorded": ["support-ended 2026-03-31"], "trigger": "support-ended", "on": ON,
         "support": [{"until": date(2026, 3, 31), "nations": ["england"]},
                     {"until": date(2026, 9, 30), "nations": ["wales"]}], "destroy_by": "P1M"},
        [
            ("Support ended on 31 March 2026, perhaps of others, and dated 30 September 2026, "
            "not confirmed by anybody"),
            "at most one month from 31 March 2026 (clause 9.2): through 30 April 2026",
            "at most one month from 30 September 2026 (clause 9.2): through 30 October 2026",
            "the review opens on 30 January 2026, 90 days before",
            "not to be kept past 30 April 2026 unless the event that is missing came later",
        ],
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", WORKINGS)
def test_the_working_of(kind):
    row, sentences = WORKINGS[kind]
    assert list(assessment(row).working) == sentences


def test_nothing_is_concluded_from_what_nobody_has_recorded():
    found = assessment(OURS | {"recorded": []})
    assert found.working == ("Published: nobody has recorded it",)
    assert found.reasons == ("nobody has recorded the event published",)


def test_how_late_it_is_counts_from_what_is_certain():
    since = assessment(OURS | {"on": date(2026, 7, 3)}).overdue_since
    assert since == date(2026, 7, 1)
    assert assessment(OURS | {"on": date(2026, 6, 30)}).overdue_since is None
    late = OURS | {"extensions": ["hqip until 2027-03-31 signed 2026-07-15 moving the maximum"]}
    days = {
        date(2026, 6, 30): None,
        date(2026, 7, 1): date(2026, 7, 1),
        date(2026, 7, 15): date(2026, 7, 1),
        date(2026, 7, 16): None,
        date(2027, 7, 1): date(2027, 7, 1),
    }
    assert {day: assessment(late | {"on": day}).overdue_since for day in days} == days
