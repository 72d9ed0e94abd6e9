"""What an act would do to each dataset, from the ground as it is and as it would be."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from retention.domain.eligibility import Assessment, Phase
from retention.domain.knowledge import Ground
from retention.ports.catalogue import Catalogue, Holding
from retention.steps.effects import Effect, effects
from retention.views.preview import NOT_KNOWN, Change, Row, Value
from retention.views.surveyed import inventories

_PHASES = {
    Phase.UNCLASSIFIED: "unclassified",
    Phase.PLACEHOLDER: "placeholder: no period is agreed",
    Phase.AWAITING_TRIGGER: "awaiting its trigger",
    Phase.CONFLICT: "in conflict: people must decide",
    Phase.RETAINED: "retained",
    Phase.REVIEW_OPEN: "review open",
    Phase.DUE: "due",
}


@dataclass(frozen=True, slots=True)
class Supposed:
    """One agreement's ground as it is, and as an act would leave it."""

    before: Ground
    after: Ground

    def effects(self, catalogue: Catalogue, on: date) -> Iterator[Effect]:
        """Yield every known dataset of the agreement, touched or not."""
        return effects(self.before, self.after, catalogue=catalogue, on=on)


def changed(found: Iterable[Effect]) -> Iterator[Change]:
    """Yield each dataset of which something would change that people decide by."""
    for effect in found:
        rows = tuple(_differences(effect.before, effect.after))
        if rows:
            yield touched(str(effect.dataset), effect.holdings, rows)


def shown(effect: Effect) -> Change:
    """Return one dataset with what would change of it, or else with how it stands."""
    rows = tuple(_differences(effect.before, effect.after)) or tuple(_stands(effect.after))
    return touched(str(effect.dataset), effect.holdings, rows)


def touched(dataset: str, holdings: Iterable[Holding], rows: tuple[Row, ...]) -> Change:
    """Return one touched dataset with the totals of all its copies."""
    known = tuple(holdings)
    objects = sum(each.versions + each.markers + each.uploads for each in known)
    made = tuple(inventories(known).items())
    return Change(dataset, sum(each.size_bytes for each in known), objects, rows, made)


def _stands(found: Assessment) -> Iterator[Row]:
    yield from (Row(what, value, value) for what, value in _said(found).items() if value)


def _differences(before: Assessment, after: Assessment) -> Iterator[Row]:
    was, would = _said(before), _said(after)
    rows = [Row(what, value, would[what]) for what, value in was.items() if value != would[what]]
    if not rows and before.reasons != after.reasons:
        rows = [Row("not eligible, for", before.reasons, after.reasons)]
    yield from rows


def _said(found: Assessment) -> dict[str, Value]:
    days = found.days
    unknown: Value = NOT_KNOWN if days is None else None
    past: Value = None
    if found.overdue:
        past = "held past it" if found.held_past_maximum else "over-retention"
    return {
        "stands at": _PHASES[found.phase],
        "counts from": None if found.trigger is None else found.trigger.on,
        "kept through": unknown if days is None else days.retained_through,
        "review opens": unknown if days is None else days.review_opens_on,
        "may go from": unknown if days is None else days.due_on,
        "gone by": unknown if days is None else days.destroy_by,
        "past its maximum": past,
        "may be reviewed": "yes" if found.eligible else "no",
        "held by": tuple(hold.id for hold in found.holds),
    }
