"""Who may answer about one list, for which role, and whether its roles can be filled at all.

A deputy answers in a role of whom they stand in for, on the days that people.toml says, and for
nobody further: deputies have no deputies.  Two answers for one and the same person are the eyes of
one: whoever stands in for somebody is never counted beside them, nor beside another who does.
A conflict is a person's own, and no deputy inherits it: that is what deputies are for.

Source: NHS Records Management Code of Practice (2021, updated 2023), s. 5.2 and 5.3; UK GDPR,
article 38(6), and Court of Justice, C-453/21 (X-FAB Dresden), 9 February 2023: whoever advises on
the processing as data protection officer may not, under another title, determine it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from retention.domain.agreement import Person
from retention.domain.roles import DPO

Options = Sequence[Sequence["Seat"]]  # by role, in order: who could take it


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be decided: by which roles, in order, and what a conflict may be with.

    *about* has its controllers, its agreement as ``REF`` and its classes as ``REF/class``;
    *recorders* are those who recorded an event that its dates follow from.
    """

    roles: tuple[str, ...]
    about: frozenset[str]
    recorders: frozenset[str]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer that was given: by whom, and on which day in London."""

    person: str
    on: date


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody who may take a role on a day: in their own right, or in the place of another."""

    person: str
    on: date
    instead_of: str = ""

    @property
    def office(self) -> str:
        """The person whose answer it counts as."""
        return self.instead_of or self.person


@dataclass(frozen=True, slots=True)
class Staffing:
    """Who may take each role of a matter, who may not and why, and one way to fill them all."""

    matter: Matter
    options: Options
    excluded: Sequence[Sequence[tuple[str, str]]]  # by role: person, and why
    filled: tuple[Seat, ...] | None  # None: they cannot be filled

    def reasons(self) -> tuple[str, ...]:
        """Return for each role who could answer and who could not, and why, in ids and words."""
        roles = enumerate(self.matter.roles)
        return tuple(f"{role}: {'; '.join(self._said_of(number))}" for number, role in roles)

    def _said_of(self, number: int) -> list[str]:
        seats, excluded = self.options[number], self.excluded[number]
        said = [f"{person} {why}" for person, why in excluded]
        for seat in seats:
            stands_in = f" (for {seat.instead_of})" if seat.instead_of else ""
            what = "recorded a trigger" if seat.person in self.matter.recorders else "could answer"
            said.append(f"{seat.person}{stands_in} {what}")
        if not said:
            return ["nobody has the role"]
        if not any(seat.instead_of for seat in seats):
            said.append("nobody deputises")
        return said


def staffing(
    matter: Matter, people: Sequence[Person], today: date, given: Sequence[Given] = ()
) -> Staffing:
    """Return who may answer *matter* on the day *today*.

    *given* are the answers to its first roles: each counts as its own day had it.
    """
    by_id = {person.id: person for person in people}
    options: list[list[Seat]] = []
    excluded: list[list[tuple[str, str]]] = []
    for number, role in enumerate(matter.roles):
        answered = given[number] if number < len(given) else None
        day = today if answered is None else answered.on
        seats = [s for s in _seats(role, people, day) if answered in {None, Given(s.person, day)}]
        why = {seat.person: why_not(by_id[seat.person], matter, day) for seat in seats}
        if answered is not None and answered.person not in why:
            why[answered.person] = "answered, and had not the role on that day"
        options.append([seat for seat in seats if not why[seat.person]])
        excluded.append([(person, said) for person, said in why.items() if said])
    return Staffing(matter, options, excluded, _fill(matter, options, by_id))


def who_may_answer(
    matter: Matter, people: Sequence[Person], today: date, given: Sequence[Given]
) -> tuple[str, ...]:
    """Return who may answer next, so that the roles after it can still be filled; by id."""
    number = len(given)
    if number >= len(matter.roles):
        return ()
    found = staffing(matter, people, today, given)
    by_id = {person.id: person for person in people}
    able: dict[str, None] = {}
    for seat in found.options[number]:
        options = [[seat] if n == number else each for n, each in enumerate(found.options)]
        if seat.person not in able and _fill(matter, options, by_id) is not None:
            able[seat.person] = None
    return tuple(able)


def why_not(person: Person, matter: Matter, day: date) -> str:
    """Return why *person* decides nothing about *matter* on that day, or ""."""
    if DPO in person.roles:
        return "is data protection officer, who advises and decides nothing"
    for conflict in person.conflicts:
        if conflict.about in matter.about and conflict.days.have(day):
            return f"is in conflict with {conflict.about}"
    return ""


def _seats(role: str, people: Sequence[Person], day: date) -> list[Seat]:
    """Return everybody who has *role* on a day, and then their deputies who have not."""
    own = [Seat(person.id, day) for person in people if role in person.roles]
    known, has_it = {person.id for person in people}, {seat.person for seat in own}
    deputies = [
        Seat(deputy.id, day, person.id)
        for person in people
        if role in person.roles
        for deputy in person.deputies
        if deputy.id in known - has_it and deputy.stands_in(role, day)
    ]
    return own + list(dict.fromkeys(deputies))


def _beside(seat: Seat, other: Seat, people: Mapping[str, Person]) -> bool:
    """Tell whether two seats count as two people who may decide together."""
    if {seat.person, seat.office} & {other.person, other.office}:
        return False
    days = (seat.on, other.on)
    return not any(
        conflict.about == there.person and any(map(conflict.days.have, days))
        for here, there in ((seat, other), (other, seat))
        for conflict in people[here.person].conflicts
    )


def _fill(
    matter: Matter, options: Options, people: Mapping[str, Person]
) -> tuple[Seat, ...] | None:
    """Return one seat for each role, such that all count and one recorded no trigger, or None."""
    for number, seats in enumerate(options):
        for seat in seats:
            if seat.person in matter.recorders:
                continue
            chosen = _complete({number: seat}, options, people)
            if chosen is not None:
                return tuple(chosen[n] for n in range(len(options)))
    return None


def _complete(
    chosen: dict[int, Seat], options: Options, people: Mapping[str, Person]
) -> dict[int, Seat] | None:
    """Add a seat for every role that has none, those with the fewest left first; None if none fit.

    Agreements name six roles at most, which bounds the search.
    """
    if len(chosen) == len(options):
        return chosen
    left = {
        number: [s for s in seats if all(_beside(s, c, people) for c in chosen.values())]
        for number, seats in enumerate(options)
        if number not in chosen
    }
    number = min(left, key=lambda each: len(left[each]))
    for seat in left[number]:
        found = _complete({**chosen, number: seat}, options, people)
        if found is not None:
            return found
    return None
