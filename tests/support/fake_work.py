"""A composition small enough to read: a ledger in a file, two people, one invented proposal.

Every process of a test composes it from the same folder, as real ones do from their databases.
"""

import fcntl
import json
import os
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from retention.adapters.evidence import FolderEvidence, KeyFolder
from retention.adapters.identities import SqlIdentities
from retention.domain.agreement import Person
from retention.domain.approval import SignedAnswer, input_digest
from retention.domain.canonical import Json, sha256
from retention.domain.entry import Draft, Entry, Record
from retention.domain.finding import Finding
from retention.domain.proposal import mark_of
from retention.domain.store import Store
from retention.domain.totals import Totals
from retention.errors import AnswerError, LedgerBrokenError, StaleError
from retention.steps.survey import Surveyed
from tests.support.identities import cheap
from tests.support.memory_catalogue import MemoryCatalogue

FOLDER = "RETENTION_FAKE_FOLDER"
AHEAD = "ahead"  # a file with the seconds by which sessions have grown older
PROPOSAL = sha256(b"an invented proposal")
STEPS = ("information-asset-owner", "records-manager")
PASSWORDS = {"ada-invented": "a long enough one", "bob-invented": "another long: one"}
PEOPLE = (
    Person("ada-invented", "Ada Example (invented)", (STEPS[0],), "ada@example.invalid"),
    Person("bob-invented", "Bob Example (invented)", (STEPS[1],), "bob@example.invalid"),
    Person("cy-invented", "Cy Example (invented)", (), "cy@example.invalid"),
    Person("ida-invented", "Ida Example (invented)", (), "ida@example.invalid"),
)
# Each is locked, disabled or told a code in one test alone.
SPARE = {f"{name}-invented": f"the password of {name}" for name in ("fay", "gus", "hal", "ida")}
ONLOOKER = ("dee-invented", "looks and decides nothing")  # has an account, stands on no list
POOLS = ("planner", "surveyor", "destroyer", "verifier", "custodian", "issuer")
SERVICES = {name: f"{name}-secret-of-high-entropy" for name in (*POOLS, "deployer")}


PAGE = """**DEMONSTRATION.** Asked of the {step}.

### Destroy 2 datasets of EXAMPLE (invented), agreement version 1

| no. | dataset | due | object versions |
|---|---|---|---|
| 1 | EXAMPLE/patient-level/england/2019 | 2026-09-30 | 120 |
| 2 | EXAMPLE/patient-level/wales/2019 | 2026-09-30 | 80 |

The mark of this list: **`{mark}`**
"""


class FileLedger:
    """One line per entry; an append holds a lock on the file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, draft: Draft, *, expect: int | None = None) -> Record:
        with self._open("a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            records = self._read()
            position = sum(r.stream == draft.stream for r in records)
            if expect not in (None, position):
                raise StaleError("the stream has grown", hint="read it again")
            file.write(
                json.dumps([len(records), draft.stream, position, draft.kind, dict(draft.facts)])
                + "\n"
            )
            file.flush()
        return self._read()[len(records)]

    def of_kind(self, *kinds: Entry) -> Iterator[Record]:
        return (r for r in self._read() if r.kind in kinds)

    def stream(self, stream: str) -> Sequence[Record]:
        return [r for r in self._read() if r.stream == stream]

    def size(self) -> int:
        self._open("a+").close()
        return len(self._read())

    def _open(self, mode: str):
        try:
            return self.path.open(mode)
        except OSError:
            raise LedgerBrokenError("the ledger is not there", hint="look at its disk") from None

    def _read(self) -> list[Record]:
        if not self.path.exists():
            return []
        rows = [json.loads(line) for line in self.path.read_text().splitlines()]
        at = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
        return [Record(i, s, p, at, Entry(kind), facts) for i, s, p, kind, facts in rows]


class Signer:
    """An Ed25519 key that is the same in every process of the tests."""

    def __init__(self) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(b"only for the tests, 32 bytes....")
        self.key_id = sha256(self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def holds(self, key_id: str, message: bytes, signature: bytes) -> bool:
        try:
            self._key.public_key().verify(signature, message)
        except InvalidSignature:
            return False
        return key_id == self.key_id


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 11, 23, 9, 30, tzinfo=UTC)

    def today(self) -> date:
        return date(2026, 11, 23)


@dataclass(frozen=True)
class FakeDesk:
    """Asks each step's person for the mark, and believes only what the gate signed."""

    work: "FakeWork"
    proposal: str
    answer_within_s: float = 3600.0

    @property
    def stream(self) -> str:
        return "proposal:" + self.proposal.removeprefix("sha256:")

    def unanswered(self) -> str | None:
        records = self.work.ledger.stream(self.stream)
        decided = {r.text("step") for r in records if r.kind is Entry.DECIDED}
        return next((step for step in STEPS if step not in decided), None)

    asks_code = False

    def pack(self) -> tuple[str, list[dict[str, str]]]:
        return f"# Review {mark_of(self.proposal)}", [{"no.": "1"}, {"no.": "2"}]

    def afterwards(self) -> str:
        return f"# What follows from review {mark_of(self.proposal)}"

    def page(self, step: str, fault: str) -> str:
        head = f"**Please answer again:** {fault}.\n\n---\n\n" if fault else ""
        return head + PAGE.format(step=step, mark=mark_of(self.proposal))

    def record(self, step: str, key: str, answer: Mapping[str, Json]) -> None:
        signed = signed_for(self.work.ledger, key)
        if signed is None or not is_of(signed, answer, self.work.evidence):
            raise AnswerError("the gate did not witness this answer", hint="log in, answer again")
        person = next(p for p in PEOPLE if p.id == signed.text("person"))
        if step not in person.roles:
            raise AnswerError(f"this question is for the {step}", hint="let that person answer")
        if answer["mark"] != mark_of(self.proposal):
            raise AnswerError(
                "the mark is not that of this list", hint="copy the mark at the head of the list"
            )
        facts = {"proposal": self.proposal, "step": step, "person": person.id}
        facts |= {"decision": "approve-all", "roots": self.proposal, "kept": 2}
        facts |= {"signed": str(signed.index), "input": signed.text("input")}
        facts |= {"reason": self.proposal}
        self.work.ledger.append(Draft(self.stream, Entry.DECIDED, facts))


class FakeWork:
    """Writes down which verb was called, and on what."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = FileLedger(folder / "ledger.jsonl")
        self.evidence = FolderEvidence(folder / "evidence", keys=KeyFolder(folder / "keys"))
        self.progress = self
        self.settings = SimpleNamespace(disposal_tasks=1, disposal_runner="threads")
        self.failures: list[Exception] = []

    @cached_property
    def identities(self) -> SqlIdentities:
        return cheap(self.folder, {**PASSWORDS, **SPARE, ONLOOKER[0]: ONLOOKER[1]})

    def at(self, what: str, done: int, of: int | None = None) -> None:
        self._note("progress", what)

    def desk(self, proposal: str) -> FakeDesk:
        return FakeDesk(self, proposal)

    def act(self, kind: str, run: str):
        from tests.support import fake_acts

        return fake_acts.desk(self, kind, run)

    def questions(self, run: str):
        from tests.support import fake_acts

        return fake_acts.questions(self, run)

    def advance(self) -> None:
        self._note("advance", "all")

    def close_manifests(self) -> None:
        self._note("close_manifests", "all")

    def notify(self) -> None:
        self._note("notify", "all")

    def stores(self, names: Sequence[str] = ()) -> list[Store]:
        return [Store(name, f"s3://{name}/") for name in names or ("records",)]

    def survey_store(self, store: Store, progress: object) -> Surveyed:
        self._note("survey", store.name)
        return Surveyed(store.name, Totals(), Totals())

    def conclude_surveys(self) -> None:
        self._note("conclude", "all")

    @property
    def catalogue(self) -> MemoryCatalogue:
        return MemoryCatalogue()

    def reconcile(self, progress: object) -> list[Finding]:
        self._note("reconcile", "all")
        return []

    def propose(self) -> None:
        self._note("propose", "all")

    def tell_approvers(self, proposal: str) -> None:
        self._note("tell_approvers", proposal)

    def remind(self) -> None:
        self._note("remind", "all")

    @property
    def unattended(self) -> "FakeWork":
        return self

    def note_ran(self, flow: str) -> None:
        self._note("ran", flow)

    def audit(self) -> str:
        self._note("audit", "all")
        return "# The ledger proves itself"

    def report(self) -> str:
        self._note("report", "all")
        return "# Retention in October 2026"

    def shares(self, argument: str) -> list[str]:
        return [argument]

    def dispose(self, proposal: str, run: str) -> None:
        assert run, "whoever cancels it stops the disposal"
        self._note("dispose", proposal)

    def settle_access(self, proposal: str) -> None:
        self._note("access", proposal)

    def check_gone(self, proposal: str) -> None:
        self._note("check_gone", proposal)

    def certify(self, proposal: str) -> None:
        self._note("certify", proposal)

    def deliver(self, proposal: str) -> None:
        self._note("deliver", proposal)

    def hand_on(self) -> None:
        self._note("hand_on", "all")

    def next_steps(self) -> Sequence[tuple[str, str]]:
        return ()

    def say(self, verb: str, about: str) -> None:
        self._note(verb, about)

    def notes(self) -> list[str]:
        path = self.folder / "notes"
        return path.read_text().splitlines() if path.exists() else []

    def _note(self, verb: str, about: str) -> None:
        if self.failures:
            raise self.failures.pop()
        with (self.folder / "notes").open("a") as file:
            file.write(f"{verb} {about}\n")


def signed_for(ledger: FileLedger, key: str) -> Record | None:
    """Return the gate's last record for a pause key, if its signature holds."""
    found = [r for r in ledger.of_kind(Entry.SIGNED) if r.text("pause_key") == key]
    return found[-1] if found and signature_holds(found[-1]) else None


def is_of(record: Record, answer: Mapping[str, Json], evidence) -> bool:
    """Tell whether what the gate signed is *answer*."""
    return record.text("input") == input_digest(answer, evidence.read(record.text("salt")).decode())


def signature_holds(record: Record) -> bool:
    """Tell whether the gate signed exactly this record."""
    answer = SignedAnswer(**{name: record.text(name) for name in SignedAnswer.__slots__})
    signature = urlsafe_b64decode(record.text("signature"))
    return Signer().holds(record.text("key_id"), answer.message(), signature)


def ahead(folder: Path) -> float:
    """Return by how many seconds the clock of sessions was stepped."""
    file = folder / AHEAD
    return float(file.read_text() or 0) if file.exists() else 0.0


def step(folder: Path, seconds: float) -> None:
    """Step the clock of sessions."""
    stepped = folder / f"{AHEAD}.new"
    stepped.write_text(str(ahead(folder) + seconds))
    stepped.replace(folder / AHEAD)


def from_environment() -> FakeWork:
    """Return the composition of this process."""
    return FakeWork(Path(os.environ[FOLDER]))
