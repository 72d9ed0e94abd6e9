"""The agreements of this repository say what the fair processing notice says, and no more."""

import re
from datetime import date, timedelta

import pytest

from retention.agreements import read
from retention.domain.age import Age
from retention.domain.agreement import OurRole, Status
from retention.domain.clock import Days
from retention.domain.dataset import DatasetId
from retention.domain.eligibility import assess
from retention.domain.events import EventBook, TriggerEvent
from retention.domain.knowledge import Ground
from retention.domain.term import Term
from retention.domain.timeline import certain
from tests.support.policies import CONTRACT, DEMO, POLICIES, ROOT, contract, texts

NOTICE = (ROOT / "tests" / "golden" / "notice" / "fair-processing-notice.txt").read_text("utf-8")
SAID = " ".join(NOTICE.split()).casefold()
LIBRARY = read(texts(POLICIES))
DEMONSTRATION = read(texts(DEMO))

PROGRAMMES = {  # controllers and lawful basis as the notice gives them
    "NACEL": ({"hqip", "pha-ni"}, ("6(1)(e)", "9(2)(i)")),
    "CVDPREVENT": ({"hqip"}, ("6(1)(e)",)),
    "MWP": ({"mwp-members"}, ("6(1)(e)",)),
    "WORKFORCE": ({"nhse-wte"}, ("6(1)(e)",)),
    "INSIGHT": ({"insight-commissioners"}, ("6(1)(e)",)),
    "LDIS": ({"nhs-england"}, ("6(1)(e)", "9(2)(i)")),
    "MEMBERSHIP": ({"controller-to-confirm"}, ("6(1)(e)",)),
    "PLATFORM": ({"controller-to-confirm"}, ("6(1)(e)",)),
}


def words(text):
    return set(re.findall(r"[a-z]{4,}", text.casefold()))


def test_every_programme_and_category_of_the_notice_is_there():
    found = {a.reference: (set(a.controllers), a.lawful_basis) for a in LIBRARY.every}
    assert found == PROGRAMMES


def test_no_period_is_invented():
    kinds = [kind for agreement in LIBRARY.every for kind in agreement.classes]
    assert len(kinds) == 16
    assert {kind.status for kind in kinds} == {Status.PLACEHOLDER}
    for kind in kinds:
        assert (kind.rule, kind.then, kind.clause, kind.datasets) == (None, None, "", ()), kind.name
    for agreement in LIBRARY.every:
        dates = (agreement.in_force_from, agreement.in_force_until, agreement.disposal)
        assert dates == (None, None, None)


@pytest.mark.parametrize("agreement", LIBRARY.every, ids=lambda each: each.reference)
def test_titles_and_descriptions_are_in_the_words_of_the_notice(agreement):
    for text in (agreement.title, *(kind.describes for kind in agreement.classes)):
        assert words(text) <= words(SAID), text


def test_a_party_that_the_notice_does_not_name_is_to_confirm():
    for party in LIBRARY.parties.values():
        name = party.name.removesuffix(": to confirm").casefold()
        assert party.to_confirm or name in SAID or "(hqip)" in name, party.id
        assert party.email is None  # the notice gives no address of theirs
    assert "hqip" in SAID
    by_kind = {each.id for each in LIBRARY.parties.values() if each.to_confirm}
    assert by_kind == {"mwp-members", "insight-commissioners", "controller-to-confirm"}


QUOTES = [
    (name, quote)
    for name, text in texts(POLICIES).items()
    if name.endswith("v1.toml") and not name.startswith("demo/")
    for line in text.splitlines()
    if "#" in line
    for quote in re.findall(r'"([^"]+)"', line.partition("#")[2])
]


@pytest.mark.parametrize(("name", "quote"), QUOTES)
def test_what_a_comment_quotes_stands_in_the_notice(name, quote):
    said = re.sub(r"[·]\s*|\[bookmark: \w+\]", "", NOTICE)
    said = re.sub(r"\s+", " ", said).casefold()
    for part in quote.split("…"):
        wanted = re.sub(r"\s+", " ", part.strip(" ,.")).casefold()
        assert wanted in said, (name, quote)


def test_there_are_quotes_for_every_agreement():
    assert {name.split("/")[0] for name, _ in QUOTES} == set(PROGRAMMES)


def test_the_people_are_invented_and_marked_so():
    for library in (LIBRARY, DEMONSTRATION):
        for person in library.people():
            assert person.name.endswith("(invented)")
            assert person.email.endswith(".invalid")
    roles = {role for person in LIBRARY.people() for role in person.roles}
    assert roles >= {
        "records-manager",
        "information-asset-owner",
        "caldicott-guardian",
        "siro",
        "dpo",
        "audit-lead",
    }


def test_real_agreements_give_no_warning():
    assert LIBRARY.remarks == ()
    assert not LIBRARY.engine().demonstration


def test_the_demonstration_models_every_programme_and_says_that_it_is_invented():
    assert [each.reference for each in DEMONSTRATION.every] == [
        "DEMO-CVD",
        "DEMO-INSIGHT",
        "DEMO-LDIS",
        "DEMO-MEMBERS",
        "DEMO-MWP",
        "DEMO-NACEL",
        "DEMO-PLATFORM",
        "DEMO-WF",
    ]
    for name, text in texts(DEMO).items():
        assert text.startswith("# INVENTED, for the demonstration"), name
        assert set(re.findall(r"[\w.-]+@[\w.-]+", text)) == set(
            re.findall(r"[\w.-]+@[\w.-]+\.invalid", text)
        ), name
    assert DEMONSTRATION.engine().demonstration
    assert DEMONSTRATION.remarks == ()


def test_the_demonstration_waits_for_one_backup_and_for_nothing_else():
    for agreement in DEMONSTRATION.every:
        if agreement.disposal is not None:
            assert str(agreement.disposal.notice) == "P0D"
            assert str(agreement.disposal.cooling_off) == "P0D"
    waits = {
        (each.reference, str(copy.gone_within))
        for each in DEMONSTRATION.every
        for kind in each.classes
        for copy in kind.copies
        if copy.gone_within is not None
    }
    assert waits == {("DEMO-NACEL", "P1D")}


def readme():
    return (POLICIES / "README.md").read_text("utf-8")


def example(*, more=False):
    text, rarer = re.findall(r"```toml\n(.*?)```", readme(), re.DOTALL)
    if more:
        text += "\n" + rarer
    (beside,) = re.findall(r"```\n(# parties.toml\n.*?)```", readme(), re.DOTALL)
    party, person, engine = re.split(r"# (?:people|engine).toml\n", beside)
    people = texts(POLICIES)["people.toml"] + person
    files = contract(parties=party, people=people, engine=engine)
    del files["NACEL/v3.toml"]
    library = read({**files, "EXAMPLE/v1.toml": text})
    return library.agreement("EXAMPLE", 1)


def test_the_worked_example_of_the_readme_reads_and_its_days_are_right():
    agreement = example()
    kind = agreement.class_named("questionnaires")
    days = certain(kind, date(2020, 6, 30), lead=agreement.disposal.lead)
    assert days == Days(date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 30), date(2026, 1, 1))
    for day in (days.retained_through, days.due_on, days.destroy_by, days.review_opens_on):
        assert f"| {day.day} {day:%B %Y} |" in readme()


def test_the_rarer_terms_of_the_readme_can_be_added_to_the_example():
    kind = example(more=True).class_named("children")
    assert kind.rule.keep_at_least == Age(25, "treatment-ended")
    assert kind.event_names == ("born", "treatment-ended", "contract-ended", "support-ended")
    assert [duty.clause for duty in kind.also] == ["11.2"]


def test_the_readme_names_what_is_not_followed_and_nothing_that_is():
    """The terms that the contract can have are asked of the builder, and each stands in the list."""
    text = contract()[CONTRACT].replace('"standing"  ', '"each-time"')
    text = text.replace(
        'name            = "staff-survey"', 'name = "staff-survey"\nour_role = "processor"'
    )
    text = text.replace('then             = "destroy"               # by', 'then = "transfer"\ntransfer_to = { party = "hqip", instructed_by = ["hqip"] } #')  # fmt: skip
    kinds = read(contract(text)).agreement("NACEL", 3).classes
    terms = {term for kind in kinds for term in kind.not_followed}
    words = {
        re.sub(r"^(then|instruction) = ", "", term).removesuffix(" of a class") for term in terms
    }
    (listed,) = re.findall(
        r"\*\*Not followed yet\.\*\*.*?carry them out: (.*?)\. A class", readme(), re.DOTALL
    )
    assert set(re.findall(r"`([^`]+)`", listed)) == words


def test_the_readme_says_how_to_name_the_schema():
    assert "#:schema ../agreement.schema.json" in readme()
    for name in ("ended-not-renewed", "support-ended", "returned-to-use", "use-ceased"):
        assert f"`{name}`" in readme()


def test_the_example_is_eligible_from_the_day_that_its_review_opens():
    agreement = example()
    dataset = DatasetId("EXAMPLE", "questionnaires", (("round", "2019"),))
    event = TriggerEvent("EXAMPLE", "report-published", "2019", date(2020, 6, 30), "audit-01", "")
    opens = date(2026, 1, 1)
    found = [
        assess(
            dataset,
            Ground(Term.of([agreement], opens), EventBook.of("EXAMPLE", [event])),
            on=opens + timedelta(days=n),
        ).eligible
        for n in (-1, 0)
    ]
    assert found == [False, True]
    assert agreement.our_role is OurRole.PROCESSOR
