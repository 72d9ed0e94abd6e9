"""Survey a bucket of the stub into a catalogue: ENDPOINT, BUCKET and URL are its arguments.

The real step, engine and catalogue; there is only nothing to look closer at.
"""

import json
import sys
from datetime import date

from retention.adapters.catalogue import SqlCatalogue, migrate
from retention.adapters.s3.fast import FastLists, Login
from retention.domain.agreement import Agreement, OurRole, RetentionClass, Route, Status
from retention.domain.pattern import Pattern
from retention.domain.store import spots_of, stores_of
from retention.ports.probe import Capabilities, Looked
from retention.ports.progress import NoProgress
from retention.steps.survey import Surveying, survey
from retention.wiring.composition import SystemClock


def agreement(place: Pattern) -> Agreement:
    """Return an invented agreement of one class, whose datasets lie in *place*."""
    kind = RetentionClass(
        name="patient",
        status=Status.SIGNED,
        describes="Invented",
        identifiability="pseudonymised",
        special_category=False,
        datasets=(place,),
        controllers=("invented",),
    )
    begins = date(2020, 1, 1)
    said = ("MADE", 1, "Invented", OurRole.PROCESSOR, (), Route.DIRECT, ("invented",), "invented")
    return Agreement(*said, begins, None, ("6(1)(e)",), None, (), (kind,), "sha256:0")


class Ledger:
    """Takes what a survey writes, which is one entry."""

    def append(self, draft: object) -> object:
        return draft

    def stream(self, _stream: str) -> list[object]:
        return []


class Probes:
    """Answers nothing: the stub has only listings."""

    def capabilities(self, _place: str, **_: object) -> Capabilities:
        return Capabilities()

    def look(self, *_: object, **__: object) -> Looked:
        return Looked()


def main() -> None:
    endpoint, bucket, url = sys.argv[1:]
    migrate(url)
    text = f"s3://{bucket}/patient/{{nation:[a-z-]+}}/{{year:[0-9]{{4}}}}/{{site:site-[0-9]+}}/"
    ours = agreement(Pattern.parse(text))
    login = Login("made", "made-secret")
    with SqlCatalogue(url) as catalogue:
        ports = Surveying(
            sweeps=FastLists(endpoint_url=endpoint, region="us-east-1", credentials=lambda: login),
            probes=Probes(),
            inventories=None,
            catalogue=catalogue,
            ledger=Ledger(),
            clock=SystemClock(),
            progress=NoProgress(),
            secret=b"made",
        )
        found = survey(stores_of([ours])[0], spots_of([ours]), ports)
        assert found.fault is None, found.fault
        datasets = sum(1 for _ in catalogue.holdings())
    print(json.dumps({"rows": found.rows, "datasets": datasets}))


if __name__ == "__main__":
    main()
