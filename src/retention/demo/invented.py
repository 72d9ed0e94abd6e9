"""What the demonstration invents: which datasets there are, what happened, and what is held.

Nothing here is of anyone.  On the demonstration's day, Monday 2 November 2026, six datasets of
DEMO-NACEL are due under one pair of controllers; two elsewhere would be and are held; some wait
for an event that should have been recorded; the rest is retained.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import product
from types import MappingProxyType

from retention.domain.events import TriggerEvent
from retention.domain.hold import Hold

DEMO_DAY = date(2026, 11, 2)

Binding = Mapping[str, str]


def _all(**values: Sequence[str]) -> list[Binding]:
    """Return every combination of the *values* of each placeholder."""
    return [dict(zip(values, each, strict=True)) for each in product(*values.values())]


DATASETS: Mapping[tuple[str, str], Sequence[Binding]] = MappingProxyType(
    {  # agreement and class: the values of the placeholders of each dataset
        ("DEMO-NACEL", "patient-level"): (
            _all(nation=["england", "wales"], round=["2018", "2019"])
            + _all(nation=["england", "wales", "northern-ireland"], round=["2020", "2021"])
        ),
        ("DEMO-NACEL", "staff-survey"): _all(round=["2018", "2019", "2020", "2021"]),
        ("DEMO-NACEL", "analysis-final"): _all(round=["2020", "2021"]),
        ("DEMO-CVD", "audit-extract"): _all(extract=["2024-q3", "2024-q4", "2025-q1", "2025-q2"]),
        ("DEMO-MWP", "service-data"): (
            _all(project=["mental-health"], year=["2020"])
            + _all(project=["community-services", "mental-health"], year=["2024", "2025"])
        ),
        ("DEMO-WF", "workforce-returns"): _all(year=["2022", "2023", "2024", "2025"]),
        ("DEMO-INSIGHT", "project-data"): _all(
            project=["pathway-mapping", "service-redesign", "needs-assessment", "impact-modelling"]
        ),
        ("DEMO-LDIS", "patient-level"): _all(round=["2021", "2024"]),
        ("DEMO-LDIS", "organisational"): _all(round=["2021", "2024"]),
        ("DEMO-MEMBERS", "contacts"): _all(year=["2026"]),
        ("DEMO-PLATFORM", "access-logs"): _all(month=["2026-09", "2026-10"]),
    }
)

# A folder that nobody classified, beside one that is due: it is raised, and it must survive.
STRAYS = ("s3://demo-nacel-records/patient/england/2018-copy/",)

_PUBLISHED = MappingProxyType(
    {  # what happened: agreement, event and value of its placeholder
        ("DEMO-NACEL", "audit-round-published", "2018"): date(2020, 7, 9),
        ("DEMO-NACEL", "audit-round-published", "2019"): date(2021, 3, 18),
        ("DEMO-NACEL", "audit-round-published", "2020"): date(2022, 7, 14),
        ("DEMO-NACEL", "audit-round-published", "2021"): date(2023, 7, 13),
        ("DEMO-CVD", "extract-published", "2024-q3"): date(2024, 12, 12),
        ("DEMO-CVD", "extract-published", "2024-q4"): date(2025, 3, 20),
        ("DEMO-CVD", "extract-published", "2025-q1"): date(2025, 6, 19),
        ("DEMO-CVD", "extract-published", "2025-q2"): date(2025, 9, 18),
        ("DEMO-MWP", "project-reported", "2020"): date(2021, 6, 10),
        ("DEMO-MWP", "project-reported", "2024"): date(2025, 5, 22),
        ("DEMO-WF", "collection-closed", "2022"): date(2022, 10, 31),
        ("DEMO-WF", "collection-closed", "2023"): date(2023, 10, 31),
        ("DEMO-WF", "collection-closed", "2024"): date(2024, 10, 31),
        ("DEMO-WF", "collection-closed", "2025"): date(2025, 10, 31),
        ("DEMO-INSIGHT", "project-closed", "pathway-mapping"): date(2026, 4, 30),
        ("DEMO-INSIGHT", "project-closed", "service-redesign"): date(2026, 6, 30),
        ("DEMO-LDIS", "round-reported", "2021"): date(2022, 6, 30),
        ("DEMO-LDIS", "round-reported", "2024"): date(2025, 6, 26),
    }
)


def events() -> list[TriggerEvent]:
    """Return the events that the demonstration records, by someone who approves nothing."""
    return [
        TriggerEvent(reference, name, value, on, by="audit-01", evidence="")
        for (reference, name, value), on in _PUBLISHED.items()
    ]


def holds() -> list[Hold]:
    """Return the holds that the demonstration places: one on a class, one on a dataset."""
    return [
        Hold("HOLD-01", "statutory", "DEMO-LDIS", "patient-level", ""),
        Hold(
            "HOLD-02",
            "controller",
            "DEMO-MWP",
            "service-data",
            "DEMO-MWP/service-data/mental-health/2020",
        ),
    ]
