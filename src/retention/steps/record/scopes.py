"""What a hold is about: everything that is said must fit, and what is said must exist.

Source: design, section 5, rule 4; ``clock.md``, ruling 12.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from retention.domain.agreement import Agreement, OurRole, RetentionClass
from retention.domain.dataset import DatasetId
from retention.domain.hold import Hold, HoldBook, covered_by
from retention.domain.term import Term
from retention.errors import AgreementError, RefusedError, TooMuchError
from retention.steps.effects import Effect, effects
from retention.steps.record import naming
from retention.steps.record.planned import Recording
from retention.steps.registers import Registers

NATIONS = ("england", "northern-ireland", "scotland", "wales")


@dataclass(frozen=True, slots=True)
class Scope:
    """The criteria of a hold; an empty one does not limit it."""

    reference: str = ""
    class_name: str = ""
    dataset: str = ""
    controller: str = ""
    nation: str = ""
    covers_from: date | None = None
    covers_through: date | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is said: such a hold would hold everything there is."""
        names = (self.reference, self.class_name, self.dataset, self.controller, self.nation)
        return not any(names) and self.covers_from is None and self.covers_through is None


@dataclass(frozen=True, slots=True)
class Reach:
    """What a hold would hold today: the datasets, of how many, and whose they are.

    *blindly* counts those that it holds only because nobody can tell whether they are in scope.
    *people* says of how many datasets single people cannot be told apart from the rest.
    """

    frozen: tuple[Effect, ...]
    known: Counter[str]  # datasets that a survey saw, by agreement
    controllers: tuple[str, ...]
    ours: bool  # whether we are the controller ourselves
    blindly: int
    not_by_person: int

    @property
    def by_agreement(self) -> Counter[str]:
        """How many datasets it would hold, by agreement."""
        return Counter(each.dataset.reference for each in self.frozen)


def require_scope(scope: Scope, ports: Recording) -> Scope:
    """Return *scope* with its agreement.

    Raises RefusedError if it says nothing, and AgreementError if what it says does not exist.
    """
    if scope.is_empty:
        raise RefusedError(
            "that hold says nothing of what it is about, and would hold everything",
            hint="limit it: --agreement, --class, --dataset, --controller, --nation or --covers-…",
        )
    first, last = scope.covers_from, scope.covers_through
    if first is not None and last is not None and first > last:
        raise AgreementError("its first day is after its last", hint="put them the other way round")
    if scope.dataset:
        _, kind, dataset = naming.dataset_named(ports, scope.dataset)
        said = (scope.reference or dataset.reference, scope.class_name or kind.name)
        if said != (dataset.reference, kind.name):
            raise AgreementError(
                "that dataset is not of the agreement and class that were named",
                hint="a dataset alone is enough: its id says of which it is",
            )
        scope = replace(scope, reference=dataset.reference)
    if scope.class_name and not scope.reference:
        raise AgreementError(
            "a class is one of an agreement, and no agreement is named",
            hint="say --agreement too: classes of other agreements may have the same name",
        )
    agreements = _agreements(scope, ports)
    if scope.class_name:
        _require_class(scope.class_name, agreements)
    if scope.controller:
        known = {c for each in agreements for c in each.every_controller}
        naming.party_named(ports, scope.controller, known, "that is no controller of these data")
    if scope.nation:
        _require_nation(scope.nation, agreements, ports)
    return scope


def reach_of(hold: Hold, ports: Recording) -> Reach:
    """Return what *hold* would hold if it were placed now."""
    frozen: list[Effect] = []
    known: Counter[str] = Counter()
    controllers: dict[str, None] = {}
    blindly = not_by_person = 0
    ours = []
    registers = Registers.read(ports.ledger)
    for term, agreement in concerned(hold, ports):
        ground = registers.ground(term)
        after = replace(ground, holds=ground.holds.supposing(hold))
        for effect in effects(ground, after, catalogue=ports.catalogue, on=ports.today):
            known[term.reference] += 1
            if hold.id not in {each.id for each in effect.after.holds}:
                continue
            frozen.append(effect)
            ours.append(agreement.our_role is OurRole.CONTROLLER)
            kind = _kind(agreement, effect.dataset.class_name)
            whose = _whose(agreement, kind, effect.dataset)
            controllers |= dict.fromkeys(c for c in whose if hold.controller in {"", c})
            blindly += _is_blind(hold, kind, effect.dataset, whose)
            not_by_person += kind is not None and kind.identifiability != "identifiable"
    return Reach(
        tuple(frozen),
        known,
        tuple(controllers),
        bool(ours) and all(ours),
        blindly,
        not_by_person,
    )


def concerned(hold: Hold, ports: Recording) -> Iterator[tuple[Term, Agreement]]:
    """Yield each agreement of which a hold may concern anything."""
    for term in naming.terms_of(ports).values():
        if hold.reference in {"", term.reference} and term.governing is not None:
            yield term, term.governing


def tallies(holds: Sequence[Hold], ports: Recording) -> Counter[str]:
    """Return how many datasets each hold holds, by its id."""
    counted: Counter[str] = Counter()
    book, registers = HoldBook.of(holds), Registers.read(ports.ledger)
    for term in naming.terms_of(ports).values():
        if term.governing is None or not book.concerning(term.reference):
            continue
        ground = replace(registers.ground(term), holds=book)
        for each in effects(ground, ground, catalogue=ports.catalogue, on=ports.today):
            counted.update(hold.id for hold in each.after.holds)
    return counted


def require_reach(reach: Reach, *, whole: bool, even_if_none: bool) -> None:
    """Raise RefusedError for a hold that holds nothing, and TooMuchError for one that is over-wide.

    Over-wide is every dataset of an agreement that has several, or more than one agreement.
    """
    count = len(reach.frozen)
    if not count and not even_if_none:
        raise RefusedError(
            "that hold would hold nothing that a survey has seen",
            hint="look at `retention due` for what there is; --even-if-none holds what comes later",
        )
    by_agreement = reach.by_agreement
    whole_of = [r for r, n in by_agreement.items() if n > 1 and n == reach.known[r]]
    if whole or (len(by_agreement) <= 1 and not whole_of):
        return
    wide = f"all {by_agreement[whole_of[0]]:,} datasets of {whole_of[0]}" if whole_of else ""
    if len(by_agreement) > 1:
        wide = f"{count:,} datasets of {len(by_agreement)} agreements"
    if reach.blindly:
        wide += f", {reach.blindly:,} because nobody can tell whether they are in scope"
    raise TooMuchError(
        f"that hold would freeze {wide}",
        hint="limit it to what the letter is about, or say --whole if it is about all of them",
    )


def answering(hold: Hold, reach: Reach, ports: Recording) -> tuple[str, ...]:
    """Return the controllers who may have to answer a request about what *hold* holds.

    Where it holds nothing yet, those of its scope.
    """
    if reach.frozen:
        return reach.controllers
    found: dict[str, None] = {}
    for _, agreement in concerned(hold, ports):
        if hold.class_name:
            kind = _kind(agreement, hold.class_name)
            if kind is None:
                continue
            values = {"nation": hold.nation} if hold.nation else {}
            found |= dict.fromkeys(kind.controllers_of(values) or agreement.controllers)
        else:
            found |= dict.fromkeys(agreement.every_controller)
    return tuple(c for c in found if hold.controller in {"", c})


def scope_words(hold: Hold) -> str:
    """Return what a hold is about, as people read it."""
    parts = [
        hold.dataset or "/".join(each for each in (hold.reference, hold.class_name) if each),
        f"controller {hold.controller}" if hold.controller else "",
        f"nation {hold.nation}" if hold.nation else "",
        _covers_words(hold.covers),
    ]
    return ", ".join(part for part in parts if part)


def _covers_words(covers: tuple[date | None, date | None]) -> str:
    first, last = covers
    if first is None and last is None:
        return ""
    since = "" if first is None else f" from {first}"
    until = "" if last is None else f" through {last}"
    return f"data covering{since}{until}"


def _agreements(scope: Scope, ports: Recording) -> list[Agreement]:
    if scope.reference:
        return [naming.term_named(ports, scope.reference)[1]]
    terms = naming.terms_of(ports).values()
    return [term.governing for term in terms if term.governing is not None]


def _require_class(name: str, agreements: Sequence[Agreement]) -> None:
    names = {kind.name for each in agreements for kind in each.classes}
    if name not in names:
        raise AgreementError(
            "there is no class of that name here", hint=naming.guess(name, names, "there is none")
        )


def _require_nation(nation: str, agreements: Sequence[Agreement], ports: Recording) -> None:
    known = {n for each in agreements for kind in each.classes for n in kind.controllers_by_nation}
    surveyed = naming.Known(ports)
    known |= {v for each in agreements for v in surveyed.values(each.reference, "nation")}
    if nation not in known | set(NATIONS):
        raise AgreementError(
            "there is no nation of that name here",
            hint=naming.guess(nation, known, "none is named"),
        )


def _kind(agreement: Agreement, name: str) -> RetentionClass | None:
    return next((each for each in agreement.classes if each.name == name), None)


def _whose(
    agreement: Agreement, kind: RetentionClass | None, dataset: DatasetId
) -> tuple[str, ...]:
    own = () if kind is None else kind.controllers_of(dataset.values)
    return own or agreement.controllers


def _is_blind(
    hold: Hold, kind: RetentionClass | None, dataset: DatasetId, whose: Sequence[str]
) -> bool:
    """Tell whether the dataset is held only because something about it is not known."""
    period = "" if kind is None else kind.period_covered
    return (
        (bool(hold.nation) and "nation" not in dataset.values)
        or (hold.covers != (None, None) and covered_by(period, dataset.values) is None)
        or (bool(hold.controller) and not whose)
    )
