"""An act between being shown and being written: exactly what was shown is written, or nothing.

The file that shows it and the reason in people's words go to the evidence store; the ledger has
the digest of each.  A reason is short and could be guessed, so what is digested is salted.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from retention.domain.agreement import Person
from retention.domain.canonical import canonical
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.errors import RefusedError, StaleError
from retention.ports.catalogue import Catalogue
from retention.ports.evidence import Evidence
from retention.ports.ledger import Ledger
from retention.ports.library import Library
from retention.steps.registers import HOLDS, events_stream
from retention.views.preview import Preview

REASON_LETTERS_MIN = 10
REASON_LETTERS_MAX = 4_000
EVIDENCE_BYTES_MAX = 100_000_000


@dataclass(frozen=True, slots=True)
class Recording:
    """The ports that recording takes, and the day; *secret* yields fresh bytes for the salts."""

    ledger: Ledger
    evidence: Evidence
    catalogue: Catalogue
    library: Library
    today: date
    secret: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Why:
    """Who acts, the reason in their own words, and the content of the file that shows it."""

    by: Person
    reason: str = field(default="", repr=False)
    content: bytes = field(default=b"", repr=False)

    def require(self) -> None:
        """Raise RefusedError unless there is a reason and something that shows it."""
        self.require_content(self.content)
        self.require_reason()

    @staticmethod
    def require_content(content: bytes) -> None:
        """Raise RefusedError for evidence that is empty, or too large to be looked at."""
        if not content.strip():
            raise RefusedError("nothing was brought as evidence", hint="name a file that shows it")
        if len(content) > EVIDENCE_BYTES_MAX:
            raise RefusedError(
                f"the evidence has more than {EVIDENCE_BYTES_MAX:,} bytes",
                hint="bring the page that shows it",
            )

    def require_reason(self) -> None:
        """Raise RefusedError unless the reason is a sentence."""
        letters = len(self.reason.strip())
        if not REASON_LETTERS_MIN <= letters <= REASON_LETTERS_MAX:
            what = "is too long" if letters > REASON_LETTERS_MAX else "is too short"
            raise RefusedError(
                f"the reason {what if letters else 'is missing'}",
                hint="say in a sentence why, and on whose authority",
            )


def words_alone(reason: str, ports: Recording) -> bytes:
    """Return a reason as what shows an act that no file shows: salted, for it could be guessed."""
    return canonical({"reason": reason.strip(), "salt": ports.secret().hex()})


@dataclass(frozen=True, slots=True)
class Bare:
    """An entry but for the digests of what was brought: they follow when it is written."""

    stream: str
    kind: Entry
    facts: Mapping[str, Fact]
    why: Why


@dataclass(frozen=True, slots=True)
class Planned:
    """One act, checked and shown.  *follows* are the entries that it entails.

    *expect* is how many entries each stream held when the preview was made: what it shows follows
    from those.  *result* is what the act is called afterwards, such as ``H-0001``.
    """

    preview: Preview
    acts: tuple[Bare, ...]
    expect: Mapping[str, int]
    follows: tuple[Draft, ...] = ()
    result: str = ""

    def drafts(self, ports: Recording) -> list[Draft]:
        """Keep what was brought, and return the entries: those of the acts, then what follows.

        Raises RefusedError without evidence or reason.
        """
        for each in self.acts:
            each.why.require()
        digests: dict[bytes, str] = {}
        return [*(_draft(each, digests, ports) for each in self.acts), *self.follows]

    def write(self, ports: Recording) -> Sequence[Record]:
        """Write what was shown, all of it or nothing, and return the entries.

        Raises RefusedError without evidence or reason, and StaleError if anything that the
        preview follows from was changed since: then nothing is written.
        """
        drafts = self.drafts(ports)
        try:
            return ports.ledger.append_all(drafts, expect=self.expect)
        except StaleError:
            raise StaleError(
                "something was recorded or surveyed since the preview; nothing was written",
                hint="give the command again, and look at the new preview",
            ) from None


def _draft(bare: Bare, digests: dict[bytes, str], ports: Recording) -> Draft:
    content = bare.why.content
    if content not in digests:  # a table may name one file many times
        digests[content] = ports.evidence.keep(content)
    said = canonical(
        {
            "by": bare.why.by.id,
            "reason": bare.why.reason.strip(),
            "salt": ports.secret().hex(),
        }
    )
    return Draft(
        bare.stream,
        bare.kind,
        {
            **bare.facts,
            "by": bare.why.by.id,
            "evidence": digests[content],
            "reason": ports.evidence.keep(said),
        },
    )


def seen(ports: Recording, references: Iterable[str]) -> dict[str, int]:
    """Return how many entries there are in every stream that a preview follows from.

    Holds, and for each agreement what was recorded of it and its surveys.  Ask before reading
    anything: what is written after the asking is then noticed.
    """
    streams = [HOLDS]
    for reference in sorted(set(references)):
        streams += [events_stream(reference), f"survey:{reference}"]
    return {stream: len(ports.ledger.stream(stream)) for stream in streams}
