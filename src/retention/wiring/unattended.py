"""What a composition does so that nobody need watch: audits, reports, and the heartbeat."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retention.domain.timetable import Stale, Timed
from retention.errors import StoreUnavailableError
from retention.ports.progress import NoProgress

if TYPE_CHECKING:
    from retention.wiring.composition import Composition


@dataclass(frozen=True, slots=True)
class Unattended:
    """The verbs of a composition that concern itself."""

    work: "Composition"

    def note_ran(self, flow: str) -> None:
        """Write on the ledger that *flow* ran to its end today."""
        from retention.steps.heartbeat import note_ran  # noqa: PLC0415  # lazy

        note_ran(flow, self.work.ledger, self.work.clock.now())

    def audit(self) -> str:
        """Prove the ledger, note a checkpoint outside it, and return a page that says so."""
        from retention.steps.audit import Auditing, audit  # noqa: PLC0415  # lazy

        work = self.work
        today = work.clock.today()
        ports = Auditing(work.ledger, work.witness, work.library, lambda: work.courier, today)
        return audit(ports).page

    def report(self) -> str:
        """Write and send the report of the last whole month, and return its page."""
        from retention.steps.report import report  # noqa: PLC0415  # lazy
        from retention.steps.today import Asking  # noqa: PLC0415  # lazy

        work = self.work
        kept = work.library, work.catalogue, work.ledger, work.evidence
        asking = Asking(*kept, NoProgress(), work.clock.today())
        return report(asking, lambda: work.courier)

    def stale(self, crons: Mapping[str, str]) -> list[Stale]:
        """Return what should have happened by itself and has not; *crons* is flow to schedule."""
        from retention.steps.heartbeat import Watching, stale  # noqa: PLC0415  # lazy

        work = self.work
        watching = Watching(
            ledger=work.ledger,
            stores=[store.name for store in work.stores()],
            times={flow: Timed.parse(cron) for flow, cron in crons.items()},
            now=work.clock.now(),
            survey_within=work.settings.heartbeat.survey_within,
            grace=work.settings.heartbeat.grace,
        )
        return [*self._of_prefect(list(crons)), *stale(watching)]

    def start(self, flow: str) -> str:
        """Start *flow* and return the id of its run; StoreUnavailableError where nobody serves."""
        from retention.adapters.prefect.runs import upcoming  # noqa: PLC0415  # lazy

        settings, secret = self.work.settings, self._secret()
        try:
            upcoming(settings.api_url, f"planner:{secret}")
        except ConnectionError:
            raise StoreUnavailableError(
                "Prefect does not answer", hint="`retention up` serves it"
            ) from None
        from retention.adapters.prefect.access import Access  # noqa: PLC0415  # loads Prefect
        from retention.adapters.prefect.start import start  # noqa: PLC0415  # with it

        return start(Access(settings.api_url, "planner", secret), flow)

    def _secret(self) -> str:
        """Return the planner's secret, or "" before it was ever served."""
        file = self.work.settings.home / "keys" / "services.json"
        return str(json.loads(file.read_text("utf-8"))["planner"]) if file.is_file() else ""

    def _of_prefect(self, flows: list[str]) -> list[Stale]:
        from retention.adapters.prefect.pulse import Watched, no_answer, pulse  # noqa: PLC0415  # lazy
        from retention.wiring.process import POOLS  # noqa: PLC0415  # it composes what this is part of

        work = self.work
        if not (secret := self._secret()):
            return [no_answer()]
        pools = [pool for pool in POOLS if pool != "custodian" or work.has_custodian]
        auth = f"planner:{secret}"
        return pulse(work.settings.api_url, auth, Watched(pools, flows, work.clock.now()))
