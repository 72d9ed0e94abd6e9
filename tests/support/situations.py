"""Situations for the laws of the clock: rows as the tables of worked examples have them, at random.

Years are few and close together, so that what can meet does meet.
"""

from datetime import date, timedelta

from hypothesis import strategies as st

FIRST, LAST = date(2019, 1, 1), date(2029, 12, 31)
DAYS = (LAST - FIRST).days
EVENTS = ("published", "dsa-ended", "report-issued", "support-ended", "ended-not-renewed")
PARTIES = ("hqip", "pha-ni", "nhs-england", "funder")

days = st.dates(FIRST, LAST)
periods = st.sampled_from(["P0D", "P14D", "P1M", "P6M", "P1Y", "P18M", "P2Y", "P1Y1M1D", "P5Y"])
cut_offs = st.sampled_from(["none", "month-end", "financial-year-end", "07-31", "02-29"])
imprecise = st.one_of(days.map(date.isoformat), days.map("{:%Y-%m}".format), days.map("{:%Y}".format))  # fmt: skip
names = st.sampled_from(EVENTS)
triggers = st.one_of(
    names,
    st.just("published"),
    st.builds(
        lambda which, some: {which: list(some)},
        st.sampled_from(["earliest", "latest"]),
        st.sets(names, min_size=2, max_size=3).map(sorted),
    ),
)


def _some(**optional):
    return st.fixed_dictionaries({}, optional=optional)


bounds = st.one_of(
    st.fixed_dictionaries({"keep_at_least": periods}),
    st.fixed_dictionaries(
        {"destroy_by": st.one_of(periods, periods.map(lambda p: {"period": p, "from": "cut-off"}))}
    ),
    st.fixed_dictionaries({"keep_at_least": periods, "destroy_by": periods}),
)
exact = st.fixed_dictionaries({"keep_exactly": periods, "dispose_within": periods})
by_age = st.fixed_dictionaries(
    {
        "keep_at_least": st.fixed_dictionaries(
            {"age": st.integers(1, 20)}, optional={"one_more_if_17_at": names}
        )
    },
    optional={"destroy_by": periods},
)
own_rules = st.builds(
    lambda trigger, cut, rule: {"trigger": trigger, "cut_off": cut} | rule,
    triggers,
    cut_offs,
    st.one_of(bounds, bounds, exact, by_age),
)
duties = st.builds(
    lambda owner, trigger, cut, rule: {"owner": owner, "trigger": trigger, "cut_off": cut} | rule,
    st.sampled_from(PARTIES),
    triggers,
    cut_offs,
    bounds,
)
early = st.dates(FIRST, date(2023, 12, 31))
most = st.permutations(EVENTS).flatmap(
    lambda order: st.tuples(*(early.map(f"{name} {{}}".format) for name in order[:4]))
)
further = st.lists(
    st.one_of(
        st.builds("{} {}".format, names, imprecise),
        st.builds("{} {}".format, names, days),
        st.builds("{} {}".format, st.sampled_from(["returned-to-use", "use-ceased"]), days),
        st.builds("retract {}".format, names),
    ),
    max_size=3,
)
recordings = st.one_of(
    further,
    most.map(list),
    st.builds(lambda some, more: [*some, *more], most, further),
)
extension = st.builds(
    lambda party, until, signed, moves: f"{party} until {until} signed {signed}{moves}",
    st.sampled_from(PARTIES),
    days,
    days,
    st.sampled_from(["", " moving the maximum", " moving the maximum"]),
)
extensions = st.lists(extension, max_size=2)


@st.composite
def agreements(draw):
    """Return the spans of one to three versions, in order, with or without gaps and ends."""
    begin, spans = FIRST - timedelta(days=400), []
    for _ in range(draw(st.integers(1, 3))):
        end = begin + timedelta(days=draw(st.integers(0, 2000)))
        spans.append(f"{begin} onwards" if draw(st.integers(0, 3)) == 0 else f"{begin} to {end}")
        begin = max(
            begin + timedelta(days=1), end + timedelta(days=draw(st.sampled_from([-30, 1, 2, 60])))
        )
    return spans


holds = st.lists(
    st.sampled_from(["court", "precaution", "precaution confirmed", "subject-request"]), max_size=2
)
supports = st.lists(
    _some(until=days, nations=st.sampled_from([["wales"], ["england"]])), max_size=2
)
around = _some(
    agreement=agreements(),
    after_end=st.sampled_from(["dispose", "keep-to-term"]),
    also=st.lists(duties, max_size=2),
    extensions=extensions,
    holds=holds,
    support=supports,
    backups=st.lists(st.sampled_from(["P7D", "P35D", "P1M", "P1M40D"]), max_size=2),
    destroy_by_covers=st.sampled_from(["live", "all-copies"]),
    lead=periods,
    review_at_latest=periods,
    expected=days.map(lambda day: {"published": day}),
    chase_after=periods,
    shorter_than=st.sampled_from(["", "", "the schedule's five years"]),
)
situations = st.builds(
    lambda rule, recorded, more, on: rule | more | {"recorded": recorded, "on": on},
    own_rules,
    recordings,
    around,
    days,
)
