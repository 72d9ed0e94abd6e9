"""Ports meet adapters.  Those that are slow to load are imported where they are used."""

import json
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from retention.adapters import waiting
from retention.domain.calendar import london_day
from retention.domain.share import Share
from retention.ports.progress import NoProgress
from retention.settings import Settings
from retention.steps.review import Desk
from retention.wiring import acts, keys, mails, surveys
from retention.wiring.outside import Outside
from retention.wiring.unattended import Unattended

if TYPE_CHECKING:
    from retention.adapters.catalogue import SqlCatalogue
    from retention.adapters.evidence import FolderEvidence, KeyFolder
    from retention.adapters.identities import SqlIdentities
    from retention.adapters.ledger import SqlLedger
    from retention.adapters.prefect.runs import Run
    from retention.adapters.seal.ring import Keyring
    from retention.adapters.witness import FolderWitness
    from retention.domain.agreement import Agreement
    from retention.domain.finding import Finding
    from retention.domain.store import Store
    from retention.ports.clock import Clock
    from retention.ports.progress import Progress
    from retention.steps.advance import Next
    from retention.steps.classify import Dated
    from retention.steps.dark import Dark
    from retention.steps.survey import Surveyed
    from retention.steps.surveyed import Known
    from retention.wiring.fresh import FreshLibrary


class SystemClock:
    """The real time; fits ``ports.clock.Clock``."""

    def now(self) -> datetime:
        """Return the instant, in UTC."""
        return datetime.now(UTC)

    def today(self) -> date:
        """Return the civil day in London."""
        return london_day(self.now())


class Composition(Outside):
    """Everything that a process of ours can do, with the credentials that it was given."""

    def __init__(
        self, settings: Settings, clock: "Clock", progress: "Progress | None" = None
    ) -> None:
        """Compose; nothing is opened until it is used."""
        self.settings = settings
        self.clock = clock
        self.progress: Progress = progress or NoProgress()

    @property
    def has_begun(self) -> bool:
        """Whether there is a ledger: in a file that was made, or on a server."""
        path = Path(self.settings.databases["ledger"].removeprefix("sqlite:///"))
        return not self.settings.databases["ledger"].startswith("sqlite:") or path.is_file()

    # What is kept

    @cached_property
    def ledger(self) -> "SqlLedger":
        """The ledger, brought to date."""
        from retention.adapters.ledger import SqlLedger, migrate  # noqa: PLC0415  # lazy

        url = self._database("ledger", migrate)
        return SqlLedger(url, clock=self.clock, signer=self.keyring.ledger)

    @cached_property
    def catalogue(self) -> "SqlCatalogue":
        """The catalogue, brought to date."""
        from retention.adapters.catalogue import SqlCatalogue, migrate  # noqa: PLC0415  # lazy

        return SqlCatalogue(self._database("catalogue", migrate), secret=surveys.secret(self))

    @cached_property
    def identities(self) -> "SqlIdentities":
        """The identities, brought to date."""
        from retention.adapters.identities import SqlIdentities, migrate  # noqa: PLC0415  # lazy

        return SqlIdentities(self._database("identities", migrate))

    @cached_property
    def evidence(self) -> "FolderEvidence":
        """The evidence store, with the keys of sealed packs in a folder of their own."""
        from retention.adapters.evidence import FolderEvidence  # noqa: PLC0415  # lazy

        return FolderEvidence(self.settings.home / "evidence", keys=self.manifest_keys)

    @cached_property
    def manifest_keys(self) -> "KeyFolder":
        """The keys of sealed packs: who is given this can close them."""
        from retention.adapters.evidence import KeyFolder  # noqa: PLC0415  # lazy

        return KeyFolder(self.settings.home / "keys" / "manifests")

    @cached_property
    def witness(self) -> "FolderWitness":
        """The checkpoints that were noted outside the ledger."""
        from retention.adapters.witness import FolderWitness  # noqa: PLC0415  # lazy

        noted = self.settings.home / "checkpoints-noted"
        return FolderWitness(self.settings.checkpoints, noted)

    def bear_witness(self) -> None:
        """Note outside the ledger how far it is; LedgerBrokenError if it is an older one."""
        if (note := self.witness.newest()) is not None:
            self.ledger.require_continued(note)
        self.witness.note(self.ledger.checkpoint())

    @cached_property
    def keyring(self) -> "Keyring":
        """The keys of issuer, gate and ledger, made at first start."""
        from retention.adapters.seal.ring import Keyring  # noqa: PLC0415  # lazy

        name = self.library.engine().issuer["legal_name"]
        return Keyring(self.settings.home / "keys", legal_name=name, clock=self.clock)

    @cached_property
    def library(self) -> "FreshLibrary":
        """The agreements, parties and people; AgreementError lists every fault of every file."""
        from retention.wiring.fresh import FreshLibrary  # noqa: PLC0415  # lazy

        return FreshLibrary(self.settings.policies)

    def _database(self, name: str, migrate: Callable[[str], None]) -> str:
        self.settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        url = self.settings.databases[name]
        migrate(url)
        return url

    # The verbs

    def agreements(self) -> "Sequence[Agreement]":
        """Return what governs today, each version's digest on the ledger."""
        from retention.steps.record import record_agreement  # noqa: PLC0415  # lazy

        found = self.library.agreements(self.clock.today())
        for agreement in found:
            if agreement.in_force_on(self.clock.today()):
                record_agreement(agreement, ledger=self.ledger)
        return found

    def stores(self, names: "Sequence[str]" = ()) -> "list[Store]":
        """Return the stores of these *names*, or every one that an agreement or a setting names."""
        return surveys.stores(self, names)

    def survey_store(self, store: "Store", progress: "Progress | None" = None) -> "Surveyed":
        """Survey one store; what ended it, if something did, is in the answer."""
        return surveys.survey_store(self, store, progress or self.progress)

    def dark_folders(self, store: "Store", progress: "Progress") -> "tuple[list[Dark], int]":
        """Name the folders of *store* that nobody claims, and count the rows in others."""
        return surveys.dark(self, store, progress)

    def conclude_surveys(self) -> "list[Known]":
        """Write down what is known of every agreement, once its stores were surveyed."""
        return surveys.conclude(self)

    def reconcile(self, progress: "Progress | None" = None) -> "list[Finding]":
        """Return what does not fit, the worst first; raise what must be assessed."""
        return surveys.reconcile_all(self, progress or self.progress)

    def classify(self) -> "list[Dated]":
        """Bring every dataset to where the clock says it is."""
        from retention.steps.classify import classify  # noqa: PLC0415  # lazy

        self.agreements()
        return classify(
            self.library.terms(self.clock.today()),
            catalogue=self.catalogue,
            ledger=self.ledger,
            on=self.clock.today(),
        )

    def advance(self) -> None:
        """Settle, spend what lapsed or was superseded, reopen what was left, and classify."""
        from retention.steps.advance import bring_up_to_date  # noqa: PLC0415  # lazy

        bring_up_to_date(self.ledger, self.evidence, self.library, self.clock)
        keys.note_needed(self)
        self.classify()

    def close_manifests(self) -> list[str]:
        """Destroy the keys of manifests whose day has passed; return the roots closed now."""
        from retention.steps.close_manifests import (  # noqa: PLC0415  # lazy
            Closing,
            close_manifests,
            close_strays,
        )

        ports = Closing(self.ledger, self.evidence, self.library, self.clock, self.manifest_keys)
        closed = close_manifests(ports)
        close_strays(ports)
        return closed

    def notify(self) -> list[str]:
        """Tell controllers of what became eligible, and ask what only parties may instruct.

        Return whom a notice reached now.
        """
        from retention.steps.asking import ask_parties  # noqa: PLC0415  # lazy
        from retention.steps.notify import notify  # noqa: PLC0415  # lazy

        told = notify(
            self.classify(),
            library=self.library,
            courier=self.courier,
            ledger=self.ledger,
            evidence=self.evidence,
        )
        ask_parties(self.ledger, self.evidence, self.library, self.courier)
        return told

    def propose(self) -> list[str]:
        """Freeze what controllers were told of in time; return the digests.

        Raises UnverifiedError where the catalogue is older than the ledger says.
        """
        from retention.steps.freshness import require_newest_catalogue  # noqa: PLC0415  # lazy
        from retention.steps.propose import Freezing, propose  # noqa: PLC0415  # lazy

        ports = Freezing(
            store=self.lists(),
            probes=self.probes("surveyor"),
            ledger=self.ledger,
            evidence=self.evidence,
            clock=self.clock,
            progress=self.progress,
            secret=lambda: secrets.token_bytes(32),
            library=self.library,
        )
        require_newest_catalogue(self.catalogue, self.ledger)
        return propose(self.classify(), ports)

    def desk(self, proposal: str) -> Desk:
        """Return the desk at which people answer about *proposal*."""
        return Desk(
            proposal,
            self.ledger,
            self.evidence,
            self.library,
            self.keyring.trusted_gate,
            self.clock,
            waiting.for_the_gate,
            self.catalogue,
            lambda: secrets.token_bytes(32),
        )

    act = acts.desk  # what people do in the browser beside reviews, in one run of Prefect
    questions = acts.questions

    def shares(self, argument: str) -> list[str]:
        """Return the tasks of one run of a disposal, each an argument of :meth:`dispose`."""
        tasks = self.settings.disposal_tasks
        return [str(each) for each in Share.parse(argument).parts(tasks)]

    def dispose(self, share: str, run: str = "") -> None:
        """Destroy a share of what was approved, in a *run* of Prefect; see ``steps.dispose``."""
        from retention.wiring.disposals import dispose  # noqa: PLC0415  # lazy

        dispose(self, Share.parse(share), run)

    def settle_access(self, proposal: str) -> None:
        """Withdraw access for cooling-off, or give it back; see ``steps.withdraw_access``."""
        from retention.steps.withdraw_access import Custody, settle_access  # noqa: PLC0415  # lazy

        custody = Custody(
            self.withdraws_access(),
            self.ledger,
            self.evidence,
            self.clock,
            by=self.label("custodian"),
        )
        settle_access(proposal, custody)

    def check_gone(self, proposal: str) -> None:
        """Look at what became of each version, and at residual copies whose window closed."""
        from retention.steps.verify import Verification, check_gone  # noqa: PLC0415  # lazy

        ports = Verification(
            self.verifies(),
            self.probes("verifier"),
            self.ledger,
            self.evidence,
            self.clock,
            by=self.label("verifier"),
        )
        check_gone(proposal, ports)
        keys.look_at_keys(self, proposal)

    def certify(self, proposal: str) -> list[str]:
        """Issue what is owed; return the numbers."""
        from retention.adapters.seal.pades import PadesSeals  # noqa: PLC0415  # lazy
        from retention.adapters.typeset import Typst  # noqa: PLC0415  # lazy
        from retention.steps.certify import Issuing, certify  # noqa: PLC0415  # lazy

        ports = Issuing(
            ledger=self.ledger,
            evidence=self.evidence,
            library=self.library,
            clock=self.clock,
            signer=self.keyring.issuer.signer,
            typesetter=Typst(),
            seals=PadesSeals(
                self.keyring.issuer,
                self.clock,
                legal_name=self.library.engine().issuer["legal_name"],
            ),
            origin=self.keyring.ledger.origin,
            tool_version=version("retention"),
            issuer_pem=self.keyring.issuer.certificate_pem,
        )
        return certify(proposal, ports)

    def deliver(self, proposal: str) -> list[str]:
        """Send every sealed certificate to whom it has not reached."""
        from retention.steps.deliver import Delivery, deliver  # noqa: PLC0415  # lazy

        return deliver(proposal, Delivery(self.ledger, self.evidence, self.library, self.courier))

    def remind(self) -> list[str]:
        """Remind, escalate, and write to everybody for whom something waits; return their ids."""
        return mails.remind(self, self.classify())

    def tell_approvers(self, proposal: str) -> None:
        """Tell whoever may answer next about *proposal* that it awaits them."""
        mails.tell_approvers(self, proposal)

    @property
    def unattended(self) -> Unattended:
        """The verbs that concern itself: audits, reports, the heartbeat."""
        return Unattended(self)

    def next_steps(self) -> "list[Next]":
        """Return every flow that may run now: a disposal once for each of its shares."""
        from retention.steps.advance import Next, next_steps  # noqa: PLC0415  # lazy

        today, withdraws = self.clock.today(), self.has_custodian
        steps = next_steps(self.ledger, self.evidence, today, withdraws=withdraws)
        runs = self.settings.disposal_runs
        return [
            Next(step.flow, str(share))
            for step in steps
            for share in Share(step.argument).parts(runs if step.flow == "dispose" else 1)
        ]

    def runs(self) -> "tuple[list[Run], list[Run]]":
        """Return what Prefect runs next, and what failed there in the last week.

        Raises ConnectionError if it does not answer, or was never served from here.
        """
        from retention.adapters.prefect.runs import failed, upcoming  # noqa: PLC0415  # lazy

        secrets_file = self.settings.home / "keys" / "services.json"
        if not secrets_file.is_file():
            raise ConnectionError("no service has a secret yet")
        auth = f"planner:{json.loads(secrets_file.read_text('utf-8'))['planner']}"
        since = self.clock.now() - timedelta(days=7)
        ended = [run for run in failed(self.settings.api_url, auth) if run.at >= since]
        return upcoming(self.settings.api_url, auth), ended

    def hand_on(self) -> None:
        """Start what may run now, is not at work, and follows on this pool; note how far we are.

        The rest is left to the planner's daily flow: the gate refuses it to this pool.
        """
        self.bear_witness()
        from retention.adapters.prefect.pools import may_start  # noqa: PLC0415  # lazy
        from retention.adapters.prefect.start import hand_on  # noqa: PLC0415  # lazy

        service = self.access.service
        steps = [step for step in self.next_steps() if may_start(service, step.flow)]
        runs = hand_on(self.access, [(step.flow, step.argument) for step in steps])
        for step, run in zip(steps, runs, strict=True):
            if step.flow == "dispose":
                self.note_run(step.argument, run)

    def note_run(self, share: str, run: str) -> None:
        """Write which *run* of Prefect disposes of a share: it may be cancelled while it waits."""
        from retention.steps.dispose import note_run  # noqa: PLC0415  # lazy

        note_run(Share.parse(share).proposal, run, self.ledger)
