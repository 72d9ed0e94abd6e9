"""due, explain, diff and status as people and programs read them, over an invented organisation."""

import json
from datetime import date

import pytest

from retention import wiring
from retention.domain.clock import Period
from retention.domain.disposition import State
from retention.errors import AgreementError, RefusedError
from retention.steps import due as due_step
from retention.steps.explain import explain, suppose
from retention.wiring import process
from tests.support.asked import GOLDEN, ask, same
from tests.support.foreseen import DAY, Foreseen, Versions

P = Period.parse
FIELDS = [
    "dataset", "agreement", "version", "class", "clause", "trigger", "cut_off_on",
    "retained_through", "due_on", "review_opens_on", "destroy_by", "destroy_by_is",
    "destroy_by_covers", "review_at_latest", "state", "eligible", "overdue", "raised", "reasons",
    "holds", "conflicts", "working", "as_at",
]  # fmt: skip


@pytest.fixture
def demo():
    return Foreseen.demo()


@pytest.fixture
def each():
    made = Foreseen.one_of_each()
    made.library.people = lambda: ()
    return made


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("explain-due.txt", "DEMO-NACEL/patient-level/england/2019"),
        ("explain-held.txt", "DEMO-MWP/service-data/mental-health/2020"),
        ("explain-awaiting.txt", "DEMO-INSIGHT/project-data/impact-modelling"),
    ],
)
def test_the_working_can_be_checked_with_a_pencil(demo, name, dataset, tmp_path):
    same(name, ask(demo, "explain", dataset), tmp_path)


def test_a_record_has_the_fields_that_are_documented(demo):
    record = json.loads(ask(demo, "explain", "DEMO-NACEL/patient-level/england/2019", "--json"))
    assert list(record) == FIELDS
    assert record["trigger"] == {
        "event": "audit-round-published",
        "on": "2021-03-18",
        "evidence": "",
    }
    assert record["cut_off_on"] == "2021-03-31"
    assert (record["retained_through"], record["due_on"]) == ("2026-03-31", "2026-04-01")
    assert (record["state"], record["eligible"], record["reasons"]) == ("due", True, [])
    documented = (GOLDEN.parents[1] / "docs/questions.md").read_text()
    assert [field for field in FIELDS if f"`{field}`" not in documented] == []


def test_the_review_of_a_dataset_opened_or_opens(demo):
    name = "DEMO-NACEL/patient-level/england/2019"
    assert "the review opened on 2 March 2026" in " ".join(ask(demo, "explain", name).split())
    before = ask(demo, "explain", name, "--as-at", "2026-03-01")
    assert "the review opens on 2 March 2026" in " ".join(before.split())
    assert "its review opens on 2 March 2026" in before


def test_what_holds_a_dataset_is_said_with_its_day(each):
    said = ask(each, "explain", "EACH/plain/2013")
    assert "held by H-0002 (court) since 2 November 2026: nothing moves" in said
    assert "held past its maximum" in said
    said = ask(each, "explain", "EACH/plain/2014")
    assert "It is over-retained by" in said, "a precaution of ours excuses nobody"
    assert said.index("It is over-retained by") < said.index("How its days follow")


def explained(here, name, given=(), on=DAY):
    ports = {"library": here.library, "catalogue": here.catalogue, "ledger": here.ledger}
    return explain(name, dict(given), on=on, **ports)


@pytest.mark.parametrize(
    ("name", "guess"),
    [
        ("DEMO-NACL/patient-level/england/2019", "DEMO-NACEL"),
        ("DEMO-NACEL/patient-level/england", "DEMO-NACEL/patient-level/england/2019"),
    ],
)
def test_a_mistyped_name_gets_a_guess(demo, name, guess):
    with pytest.raises(AgreementError) as refused:
        explained(demo, name)
    assert guess in refused.value.hint


def test_a_dataset_that_no_survey_saw_is_explained_and_said_to_be_unseen(demo):
    assert "No good survey has seen" in ask(demo, "explain", "DEMO-NACEL/patient-level/wales/2077")
    assert "No good survey" not in ask(demo, "explain", "DEMO-NACEL/patient-level/wales/2019")


def test_a_class_that_is_gone_is_unclassified_and_no_error(demo):
    found = explained(demo, "DEMO-NACEL/of-old/2019")
    assert found.found.reasons == ("no class of the agreement claims it",)


def test_a_dataset_that_does_not_exist_yet(demo):
    said = ask(demo, "explain", "DEMO-NACEL/patient-level", "--given",
               "audit-round-published=2020-06-30")  # fmt: skip
    assert "kept through   31 March 2026" in said
    assert "gone by        30 December 2026" in said
    assert "(supposed)" in said


def test_a_supposed_date_may_be_imprecise(demo):
    found = suppose("DEMO-NACEL/patient-level", {"audit-round-published": "2019"}, {},
                    library=demo.library, on=DAY)  # fmt: skip
    days = found.found.days
    # 31 December 2019 for the minimum, and so the financial year to March 2020; 1 January 2019
    # for the maximum.
    assert (days.retained_through, days.destroy_by) == (date(2025, 3, 31), date(2025, 7, 1))


def test_an_event_may_be_supposed_of_a_dataset_that_is_there(demo):
    name = "DEMO-INSIGHT/project-data/impact-modelling"
    assert not explained(demo, name).found.eligible
    found = explained(demo, name, {"project-closed": "2020-01-31"})
    assert found.found.trigger.on == date(2020, 1, 31)


@pytest.mark.parametrize(
    ("given", "where", "words"),
    [
        ({"audit-round-publishd": "2020-06-30"}, {}, "audit-round-published"),
        ({"audit-round-published": "30 June"}, {}, "--given"),
        ({"audit-round-published": "2999-01-01"}, {}, "--given"),
        ({}, {"natoin": "wales"}, "nation"),
        ({}, {"round": "20x9"}, "[0-9]{4}"),
    ],
)
def test_what_cannot_be_supposed_is_refused_with_a_guess(demo, given, where, words):
    with pytest.raises(AgreementError) as refused:
        suppose("DEMO-NACEL/patient-level", given, where, library=demo.library, on=DAY)
    assert words in refused.value.hint


@pytest.mark.parametrize("given", ["x", "=2020", "x=", ""])
def test_what_is_no_pair_is_a_matter_of_usage(demo, given):
    ask(demo, "explain", "DEMO-NACEL/patient-level", "--given", given, exit_code=2)


def test_due_lists_the_open_reviews_first_and_counts_the_rest(demo, tmp_path):
    same("due.txt", ask(demo, "due"), tmp_path)


def test_due_accounts_for_every_dataset(each):
    records = json.loads(ask(each, "due", "--json"))
    known = [h.dataset for r in ("EACH", "OVER") for h in each.catalogue.holdings(r)]
    # A dataset of a class that the version in force does not have is for the next survey to say.
    claimed = [name for name in known if "/unheard-of/" not in name]
    assert sorted(record["dataset"] for record in records) == sorted(claimed)
    extras = ["size_bytes", "locked_until", "inventories"]
    assert all(list(record) == [*FIELDS, *extras] for record in records)


def test_no_truncated_list_is_shown_as_the_list(demo, monkeypatch):
    monkeypatch.setattr(due_step, "LISTED_MAX", 2)
    found = due_step.due_list(everything(demo), DAY)
    assert len(found.most) == 2
    assert found.eligible == 6
    said = ask(demo, "due")
    assert "May be reviewed: 6" in said
    assert "most urgent of them; the rest" in said


def everything(here):
    from retention.steps.classify import assess_all

    terms = here.library.terms(DAY)
    return assess_all(terms, catalogue=here.catalogue, ledger=here.ledger, on=DAY)


def test_what_is_late_comes_before_what_is_soon(each):
    listed = due_step.due_list(everything(each), DAY).most
    late = [each.assessment.overdue for each in listed]
    assert late == sorted(late, reverse=True)


def test_due_with_no_dataset_says_what_to_do():
    assert "run `retention survey` first" in ask(Foreseen(Versions()), "due")
    assert json.loads(ask(Foreseen(Versions()), "due", "--json")) == []


def test_under_no_agreement_in_force_nothing_is_known_and_a_survey_would_not_help(each):
    assert "under an agreement that is in force" in ask(each, "due", "--as-at", "0001-01-01")


def test_due_may_be_asked_of_another_day(demo):
    on = {r["dataset"]: r for r in json.loads(ask(demo, "due", "--json", "--as-at", "2018-01-01"))}
    assert not any(record["eligible"] for record in on.values())


def status(here, *arguments):
    lines = json.loads(ask(here, "status", "--json", *arguments))
    return {line["what"]: line for line in lines}


def test_status_shows_what_waits_every_day(each):
    found = status(each)
    urgent = {what for what, line in found.items() if line["urgent"]}
    assert urgent >= {
        "overdue",
        "awaiting an event",
        "rows in the stores that no class claims",
        "expired, unconfirmed",
        "surveys that failed",
    }
    assert found["rows in the stores that no class claims"]["how_many"] == 57
    assert found["expired, unconfirmed"]["which"] == ["OVER"]
    assert found["surveys that failed"]["which"] == ["OVER"]
    assert found["in force"]["how_many"] == 3
    assert found["next runs"]["which"] == ["Prefect does not answer: `retention up` serves it"]
    assert status(each, "--as-at", "2026-03-31")["expired, unconfirmed"]["how_many"] == 0


def test_status_counts_what_due_counts(each):
    found = status(each)
    records = json.loads(ask(each, "due", "--json"))
    gone = {"residual", "closed", "disposed"}
    eligible = [r for r in records if r["eligible"] and r["state"] not in gone]
    assert found["may be reviewed"]["how_many"] == len(eligible)
    held = [r for r in records if r["holds"] and r["state"] not in gone]
    assert found["held"]["how_many"] == len(held)


def test_a_quiet_day_is_a_short_screen():
    calm = Foreseen(Versions())
    calm.library.people = lambda: ()
    said = ask(calm, "status")
    assert "!" not in said
    assert len(said.splitlines()) < 12
    assert "overdue" in ask(calm, "status", "--all")


def test_a_failed_survey_that_was_made_good_is_no_longer_failed(each):
    each.survey("OVER")
    assert status(each)["surveys that failed"]["how_many"] == 0


def test_a_dataset_that_was_disposed_of_asks_for_nothing(each):
    each.stands("EACH/plain/2015", State.CLOSED)
    names = {str(d.assessment.dataset) for d in due_step.due_list(everything(each), DAY).most}
    assert "EACH/plain/2015" not in names


def test_a_question_under_other_agreements_keeps_the_registers(tmp_path, monkeypatch):
    work = wiring.Composition(
        process.Settings.read({"RETENTION_HOME": str(tmp_path / "var")}, tmp_path),
        wiring.SystemClock(),
    )
    monkeypatch.setattr(process, "_installed", [work])
    with pytest.raises(RefusedError) as refused:
        wiring.asking(None)
    assert "retention init" in refused.value.hint
    assert list(tmp_path.iterdir()) == [], "a question makes no files"
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "ledger.db").touch()
    other = wiring.asking(tmp_path / "elsewhere")
    assert other.settings.policies == tmp_path / "elsewhere"
    assert other.settings.home == work.settings.home
    assert other.settings.databases == work.settings.databases
    assert wiring.asking(None) is work
