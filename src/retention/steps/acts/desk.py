"""The desk of one act: a form, the preview of what it would do, a yes to exactly that, the entry.

The loop is here and the letterbox outside.  A run that waits ends, and begins anew from its first
line when somebody answers: so everything is read again from the ledger, planned again, and what
would be written must be what was shown.  Whoever filled in the form confirms it; both answers are
worth what the gate signed.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from retention.domain.agreement import Person
from retention.domain.approval import ACT, pause_key
from retention.domain.canonical import Json, canonical, digest_of, sha256
from retention.domain.entry import Draft, Entry, Fact, Record
from retention.errors import AgreementError, AnswerError, RefusedError, StaleError, TooMuchError
from retention.ports.seal import Checks
from retention.steps.acts.choices import choices
from retention.steps.acts.kinds import Kind
from retention.steps.acts.typed import Typed, words
from retention.steps.record.planned import Planned, Recording, Why
from retention.steps.witnessed import Patience, is_signed, witnessed
from retention.views.act_pages import confirm_page, fault_words, form_page
from retention.views.preview import preview_json, standing

ATTEMPTS_MAX: Final = 10
LOOKS_MAX: Final = 2 * ATTEMPTS_MAX  # in one process, while others write at the same time
FORM, CONFIRM, CONFIRM_WIDE = "form", "confirm", "confirm-wide"  # the forms there are
YES, NO, ALL = "yes, record it", "no", "yes, all of it"
CHANGED: Final = "what it touches has changed since you looked: look again"
_FAULTS = (AgreementError, RefusedError)  # a person can mend these; nothing was written

Ask = Callable[[str, str, str], Typed]  # (form, page, key) → what was answered under that key


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended: *recorded* tells whether there is an entry; *why* if there is none."""

    recorded: bool
    result: str = ""
    entries: int = 0
    why: str = ""


TOO_OFTEN: Final = Ended(recorded=False, why=f"it was asked {ATTEMPTS_MAX} times")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A form as it was given: by whom, in which signed record."""

    typed: Typed
    signed: Record
    by: Person


@dataclass(frozen=True, slots=True)
class _Shown:
    """What would be written, and why it is over-wide, if it is."""

    planned: Planned
    ports: Recording
    wide: str
    step: str  # of the question: it names what was shown, so that a yes is to nothing else


@dataclass(frozen=True, slots=True)
class ActDesk:
    """One act of one run.  *ports* are read afresh; *ready* writes what governs today.

    Laws: nothing is written without a yes that the gate signed, by the person who filled in the
    form, under a question that names the digest of what is written; and nothing is written twice.
    """

    kind: Kind
    run: str
    ports: Callable[[], Recording]
    gate: Checks
    patience: Patience
    ready: Callable[[], object]

    @property
    def about(self) -> str:
        """What the gate signs that an answer is about; also the name of its stream."""
        return f"{ACT}{self.run}"

    def carry_out(self, ask: Ask, run_count: int) -> Ended:
        """Ask until it is recorded, called off, or asked too often.

        Safe to run again: what is on the ledger is not recorded twice.
        """
        if (ended := self._ended()) is not None:
            return ended
        fault = ""
        for attempt in self._attempts(FORM, run_count):
            key = pause_key(self.about, FORM, run_count, attempt)
            page = form_page(self.kind.name, choices(self.ports(), self.kind.name), fault)
            try:
                asked = self._asked(key, ask(FORM, page, key))
                return self._confirmed(asked, ask, run_count)
            except _FAULTS as error:
                fault = fault_words(str(error), error.hint)
        return TOO_OFTEN

    def _asked(self, key: str, typed: Typed) -> _Asked:
        signed = self._signed(key, typed)
        people = {each.id: each for each in self.ports().library.people()}
        if signed.text("person") not in people:
            raise AnswerError("you are not among the people", hint="ask whoever keeps people.toml")
        return _Asked(typed, signed, people[signed.text("person")])

    def _confirmed(self, asked: _Asked, ask: Ask, run_count: int) -> Ended:
        """Show what would be written and write it on a yes; a bad yes is asked for again."""
        fault, least = "", 1
        for _ in range(LOOKS_MAX):
            shown = self._shown(asked)
            last = self._newest(CONFIRM, run_count, since=asked.signed.index)
            attempt = least
            if last is not None:
                is_same = last.text("step") == shown.step
                attempt = max(least, _attempt_of(last) + (not is_same))
                fault = fault or ("" if is_same else CHANGED)
            if attempt > ATTEMPTS_MAX:
                break
            key = pause_key(self.about, shown.step, run_count, attempt)
            form = CONFIRM_WIDE if shown.wide else CONFIRM
            page = confirm_page(
                shown.planned.preview,
                fault,
                by_reference=bool(self.kind.require_reference(asked.typed)),
                wide=shown.wide,
            )
            try:
                answer = ask(form, page, key)
                signed = self._signed(key, answer)
                if not _says_yes(answer, signed, asked, shown):
                    return Ended(recorded=False, why="whoever filled in the form said no")
                return self._write(asked, shown, signed)
            except StaleError:
                fault, least = "", attempt  # planned anew: if it is the same, the yes stands
            except AnswerError as error:
                fault, least = fault_words(str(error), error.hint), attempt + 1
        return TOO_OFTEN

    def _shown(self, asked: _Asked) -> _Shown:
        """Plan what was asked for, from what is known now."""
        if self.kind.on_agreements:
            self.ready()
        ports = self.ports()
        why = self._why(asked, ports)
        why.require()
        wide = ""
        try:
            planned = self.kind.plan(asked.typed, why, ports)
        except TooMuchError as error:
            if self.kind.plan_wide is None:
                raise
            wide = str(error)
            planned = self.kind.plan_wide(asked.typed, why, ports)
        seen = digest_of(
            {
                "form": asked.signed.text("input"),
                "entry": asked.signed.index,
                "shown": preview_json(standing(planned.preview)),  # type: ignore[dict-item]  # plain values
                "wide": wide,
            }
        )
        return _Shown(planned, ports, wide, f"{CONFIRM}-{seen.removeprefix('sha256:')}")

    def _why(self, asked: _Asked, ports: Recording) -> Why:
        """Return who, why, and as evidence what was typed: no file comes with a form."""
        document: dict[str, Json] = {
            "about": self.about,
            "act": self.kind.name,
            "brought": "a reference, no file",
            "by": asked.by.id,
            "reference": self.kind.require_reference(asked.typed),
            "salt": ports.secret().hex(),
            "signed": asked.signed.index,
            "typed": dict(asked.typed),
        }
        return Why(asked.by, words(asked.typed, "reason", "Reason"), canonical(document))

    def _write(self, asked: _Asked, shown: _Shown, signed: Record) -> Ended:
        """Write the act, and with it that this run has done it."""
        length = len(shown.ports.ledger.stream(self.about))
        if (ended := self._ended()) is not None:
            return ended
        facts: dict[str, Fact] = {
            "about": self.about,
            "act": self.kind.name,
            "by": asked.by.id,
            "result": shown.planned.result,
            "entries": len(shown.planned.acts) + len(shown.planned.follows),
            "evidence": sha256(shown.planned.acts[0].why.content),
            "form": str(asked.signed.index),
            "confirmed": str(signed.index),
        }
        acted = Draft(self.about, Entry.ACTED, facts)
        replace(
            shown.planned,
            follows=(*shown.planned.follows, acted),
            expect={**shown.planned.expect, self.about: length},
        ).write(shown.ports)
        ended = self._ended()
        assert ended is not None
        return ended

    def _ended(self) -> Ended | None:
        for r in self.ports().ledger.stream(self.about):
            if r.kind is Entry.ACTED:
                return Ended(recorded=True, result=r.text("result"), entries=r.number("entries"))
        return None

    def _signed(self, key: str, answer: Typed) -> Record:
        return witnessed(
            self.about,
            key,
            answer,
            ledger=self.ports().ledger,
            evidence=self.ports().evidence,
            gate=self.gate,
            patience=self.patience,
        )

    def _attempts(self, step: str, run_count: int) -> Iterator[int]:
        """Yield the numbers of the askings, from the newest that somebody answered."""
        last = self._newest(step, run_count)
        yield from range(1 if last is None else _attempt_of(last), ATTEMPTS_MAX + 1)

    def _newest(self, step: str, run_count: int, since: int = -1) -> Record | None:
        """Return the newest answer to a step in this count of the run: an older one counts no more.

        A row that the gate did not sign is none.
        """
        found = [
            r
            for r in self.ports().ledger.stream(self.about)
            if r.kind is Entry.SIGNED
            and r.index > since
            and is_signed(r, self.about, self.gate)
            and r.text("step").partition("-")[0] == step
            and _counted(r.text("pause_key"))[0] == run_count
        ]
        return found[-1] if found else None


def _says_yes(answer: Typed, signed: Record, asked: _Asked, shown: _Shown) -> bool:
    """Tell whether it is confirmed; raise AnswerError for another person, or half a yes."""
    if signed.text("person") != asked.by.id:
        raise AnswerError(
            "somebody else filled in the form",
            hint=f"{asked.by.id} confirms it; whoever wants something else starts it anew",
        )
    said = answer.get("confirm")
    if said == NO:
        return False
    if said != YES:
        raise AnswerError("that is neither yes nor no", hint=f"choose '{YES}' or '{NO}'")
    if shown.wide and answer.get("whole") != ALL:
        raise AnswerError(
            "it is over-wide, and you did not say that you mean all of it",
            hint=f"choose '{ALL}', or '{NO}' and narrow it",
        )
    return True


def _attempt_of(signed: Record) -> int:
    return _counted(signed.text("pause_key"))[1]


def _counted(key: str) -> tuple[int, int]:
    """Return the count of the run and of the asking that end a pause key; zeros for no such key."""
    parts = key.rsplit("-", 2)[1:]
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() for part in parts):  # noqa: PLR2004  # the sentence above
        return 0, 0
    return int(parts[0]), int(parts[1])
