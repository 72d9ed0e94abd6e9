"""Whether roles can be filled is what trying everything says, and an early yes closes no door."""

from datetime import date, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from retention.domain.agreement import Person
from retention.domain.approvers import Given, Matter, staffing, who_may_answer
from retention.domain.people import Conflict, Days, Deputy

DAY = date(2026, 11, 2)
IDS = ("ann", "ben", "cat", "dan", "eve")
ROLES = ("r1", "r2", "r3", "dpo")
spells = st.builds(
    Days,
    st.sampled_from([None, DAY - timedelta(2), DAY, DAY + timedelta(1)]),
    st.sampled_from([None, DAY - timedelta(1), DAY, DAY + timedelta(2)]),
)


@st.composite
def somebody(draw, person_id):
    others = [each for each in IDS if each != person_id]
    deputies = st.builds(
        Deputy,
        st.sampled_from(others),
        spells,
        st.lists(st.sampled_from(ROLES), max_size=1).map(tuple),
    )
    conflicts = st.builds(Conflict, st.sampled_from([*others, "north", "INV", "INV/x"]), spells)
    return Person(
        person_id,
        "Invented",
        tuple(draw(st.lists(st.sampled_from(ROLES), max_size=2, unique=True))),
        None,
        tuple(draw(st.lists(deputies, max_size=2))),
        tuple(draw(st.lists(conflicts, max_size=2))),
    )


everybody = st.tuples(*(somebody(each) for each in IDS))
matters = st.builds(
    Matter,
    st.lists(st.sampled_from(ROLES[:3]), min_size=1, max_size=3).map(tuple),
    st.just(frozenset({"north", "INV", "INV/patient"})),
    st.frozensets(st.sampled_from(IDS)),
)


def stands_in(deputy, role, day):
    first, last = deputy.days.first, deputy.days.last
    dated = (first is None or day >= first) and (last is None or day <= last)
    return dated and (deputy.roles == () or role in deputy.roles)


def may(person, office, role, matter, day):
    """Tell whether *person* may take *role*, counted as *office*, by the words of the law."""
    if "dpo" in person.roles or role not in office.roles:
        return False
    if any(
        c.about in matter.about
        and (c.days.first is None or c.days.first <= day)
        and (c.days.last is None or day <= c.days.last)
        for c in person.conflicts
    ):
        return False
    if person == office:
        return True
    deputies = [d for d in office.deputies if d.id == person.id and stands_in(d, role, day)]
    return role not in person.roles and bool(deputies)


def together(pairs, days):
    """Tell whether (person, office) pairs are the eyes of so many people."""
    for n, (person, office) in enumerate(pairs):
        for m, (other, their_office) in enumerate(pairs):
            if n == m:
                continue
            if other in {person, office} or their_office in {person, office}:
                return False
            for c in person.conflicts:
                if c.about == other.id and (c.days.have(days[n]) or c.days.have(days[m])):
                    return False
    return True


def by_trying(matter, people, answers):
    """Try every way to fill the roles."""
    days = [a.on for a in answers] + [DAY] * (len(matter.roles) - len(answers))
    seats = [
        [
            (p, o)
            for p, o in product(people, people)
            if may(p, o, role, matter, day) and (n >= len(answers) or answers[n].person == p.id)
        ]
        for n, (role, day) in enumerate(zip(matter.roles, days, strict=True))
    ]
    return any(
        together(chosen, days) and any(p.id not in matter.recorders for p, _ in chosen)
        for chosen in product(*seats)
    )


@given(matters, everybody)
def test_it_is_filled_exactly_where_trying_everything_fills_it(matter, people):
    found = staffing(matter, people, DAY)
    assert (found.filled is not None) == by_trying(matter, people, [])
    if found.filled is not None:
        assert [s.person for s in found.filled] == list(
            dict.fromkeys(s.person for s in found.filled)
        )
        assert not {s.person for s in found.filled} <= matter.recorders


@given(matters, everybody, st.data())
def test_whoever_may_answer_next_leaves_the_rest_possible_and_nobody_else_does(
    matter, people, data
):
    answers = []
    for number in range(len(matter.roles)):
        able = who_may_answer(matter, people, DAY, answers)
        for each in people:
            after = [*answers, Given(each.id, DAY)]
            assert (each.id in able) == by_trying(matter, people, after), each.id
        if not able:
            assert number == 0, "an answer that was let through closed the door for the rest"
            return
        answers.append(Given(data.draw(st.sampled_from(able)), DAY))
    assert staffing(matter, people, DAY + timedelta(400), answers).filled is not None


@given(matters, everybody)
def test_the_reasons_name_every_role_and_nobody_twice_under_one(matter, people):
    told = staffing(matter, people, DAY).reasons()
    assert [each.split(":")[0] for each in told] == list(matter.roles)
    assert all(each.split(": ", 1)[1] for each in told)
