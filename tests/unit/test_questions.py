"""due, explain, diff and status as people and programs read them, over an invented organisation."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from retention import wiring
from retention.cli.main import cli
from retention.domain.agreement import Status
from retention.domain.changes import changes_between
from retention.domain.clock import Period
from retention.domain.disposition import State
from retention.errors import AgreementError, RefusedError
from retention.steps import due as due_step
from retention.steps.diff import Consequence, differences
from retention.steps.explain import explain, suppose
from retention.wiring import process
from tests.support.foreseen import DAY, Foreseen, Versions, each_kind
from tests.support.memory import MemoryEvidence

P = Period.parse
GOLDEN = Path(__file__).parents[1] / "golden"
FIELDS = [
    "dataset", "agreement", "version", "class", "clause", "trigger", "cut_off_on",
    "retained_through", "due_on", "review_opens_on", "destroy_by", "destroy_by_is",
    "destroy_by_covers", "review_at_latest", "state", "eligible", "overdue", "raised", "reasons",
    "holds", "conflicts", "working", "as_at",
]  # fmt: skip


class Work:
    """What the questions take from a composition."""

    has_begun = True

    def __init__(self, here):
        self.library, self.catalogue, self.ledger = here.library, here.catalogue, here.ledger
        self.clock, self.evidence = here.clock, MemoryEvidence()

    def runs(self):
        raise ConnectionError("nobody serves")


@pytest.fixture
def demo():
    return Foreseen.demo()


@pytest.fixture
def each():
    made = Foreseen.one_of_each()
    made.library.people = lambda: ()
    return made


@pytest.fixture
def ask(monkeypatch):
    """Ask the command about an organisation, and return what it printed."""

    def asked(here, *arguments, exit_code=0):
        monkeypatch.setattr(process, "_installed", [Work(here)])
        done = CliRunner().invoke(cli, list(arguments), env={"COLUMNS": "100"})
        assert done.exit_code == exit_code, done.output
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done.stdout

    return asked


def same(name, found, tmp_path):
    kept = GOLDEN / name
    if not kept.exists() or kept.read_text() != found:
        (tmp_path / name).write_text(found)
        pytest.fail(f"look at it, then: cp {tmp_path / name} {kept}")


@pytest.mark.parametrize(
    ("name", "dataset"),
    [
        ("explain-due.txt", "DEMO-NACEL/patient-level/england/2019"),
        ("explain-held.txt", "DEMO-MWP/service-data/mental-health/2020"),
        ("explain-awaiting.txt", "DEMO-INSIGHT/project-data/impact-modelling"),
    ],
)
def test_the_working_can_be_checked_with_a_pencil(demo, ask, name, dataset, tmp_path):
    same(name, ask(demo, "explain", dataset), tmp_path)


def test_a_record_has_the_fields_that_are_documented(demo, ask):
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


def test_the_review_of_a_dataset_opened_or_opens(demo, ask):
    name = "DEMO-NACEL/patient-level/england/2019"
    assert "the review opened on 2 March 2026" in " ".join(ask(demo, "explain", name).split())
    before = ask(demo, "explain", name, "--as-at", "2026-03-01")
    assert "the review opens on 2 March 2026" in " ".join(before.split())
    assert "its review opens on 2 March 2026" in before


def test_what_holds_a_dataset_is_said_with_its_day(each, ask):
    said = ask(each, "explain", "EACH/plain/2013")
    assert "held by H-0002 (court) since 2 November 2026: nothing moves" in said
    assert "held past its maximum" in said
    said = ask(each, "explain", "EACH/plain/2014")
    assert "It is over-retained by" in said, "a precaution of ours excuses nobody"


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


def test_a_dataset_that_no_survey_saw_is_explained_and_said_to_be_unseen(demo, ask):
    assert "No good survey has seen" in ask(demo, "explain", "DEMO-NACEL/patient-level/wales/2077")
    assert "No good survey" not in ask(demo, "explain", "DEMO-NACEL/patient-level/wales/2019")


def test_a_class_that_is_gone_is_unclassified_and_no_error(demo):
    found = explained(demo, "DEMO-NACEL/of-old/2019")
    assert found.found.reasons == ("no class of the agreement claims it",)


def test_a_dataset_that_does_not_exist_yet(demo, ask):
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
    ],
)
def test_what_cannot_be_supposed_is_refused_with_a_guess(demo, given, where, words):
    with pytest.raises(AgreementError) as refused:
        suppose("DEMO-NACEL/patient-level", given, where, library=demo.library, on=DAY)
    assert words in refused.value.hint


@pytest.mark.parametrize("given", ["x", "=2020", "x=", ""])
def test_what_is_no_pair_is_a_matter_of_usage(demo, ask, given):
    ask(demo, "explain", "DEMO-NACEL/patient-level", "--given", given, exit_code=2)


def test_due_lists_the_open_reviews_first_and_counts_the_rest(demo, ask, tmp_path):
    same("due.txt", ask(demo, "due"), tmp_path)


def test_due_accounts_for_every_dataset(each, ask):
    records = json.loads(ask(each, "due", "--json"))
    known = [h.dataset for r in ("EACH", "OVER") for h in each.catalogue.holdings(r)]
    # A dataset of a class that the version in force does not have is for the next survey to say.
    claimed = [name for name in known if "/unheard-of/" not in name]
    assert sorted(record["dataset"] for record in records) == sorted(claimed)
    assert all(list(record) == [*FIELDS, "size_bytes"] for record in records)


def test_no_truncated_list_is_shown_as_the_list(demo, ask, monkeypatch):
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


def test_due_with_no_dataset_says_what_to_do(ask):
    assert "run `retention survey` first" in ask(Foreseen(Versions()), "due")
    assert json.loads(ask(Foreseen(Versions()), "due", "--json")) == []


def test_due_may_be_asked_of_another_day(demo, ask):
    on = {r["dataset"]: r for r in json.loads(ask(demo, "due", "--json", "--as-at", "2018-01-01"))}
    assert not any(record["eligible"] for record in on.values())


OLD = each_kind()
PLAIN = OLD.classes[0]


def changed(**rule):
    kind = replace(PLAIN, rule=replace(PLAIN.rule, **rule))
    return replace(OLD, version=2, classes=(kind, *OLD.classes[1:]))


@pytest.fixture
def known():
    made = Foreseen(Versions(OLD))
    for year in range(2012, 2025):
        made.happened("EACH", "published", str(year), date(year, 6, 30))
        made.know("EACH", "plain", [{"round": str(year)}], placeholders=["round"], size=1000)
    return made


def consequences(here, new, on=DAY):
    found = differences(OLD, new, catalogue=here.catalogue, ledger=here.ledger, on=on)
    return {d.effect.dataset.values["round"]: d.consequence for d in found}


def test_five_years_become_three(known):
    new = changed(keep_at_least=P("P3Y"))
    assert [str(each) for each in changes_between(OLD, new)] == [
        "class plain, clause 9.2: kept at least: five years becomes three years"
    ]
    # Due before: rounds to 2021 (30 June 2021 + five years).  With three: to 2023.
    found = consequences(known, new)
    assert found["2022"] is found["2023"] is Consequence.DUE
    assert found["2024"] is Consequence.EARLIER
    assert {found[str(year)] for year in range(2012, 2022)} == {Consequence.EARLIER}


def test_a_shorter_maximum_makes_overdue_and_conflicts(known):
    found = consequences(known, changed(destroy_by=P("P6Y")))
    assert found["2020"] is Consequence.OVERDUE  # by 30 June 2026
    found = consequences(known, changed(destroy_by=P("P4Y")))
    assert found["2024"] is Consequence.CONFLICT


def test_a_longer_minimum_comes_later_and_closes_reviews(known):
    found = consequences(known, changed(keep_at_least=P("P9Y")))
    assert found["2021"] is Consequence.STOPS
    assert found["2023"] is Consequence.LATER
    assert found["2012"] is Consequence.LATER, "due before and due after, from a later day"


def test_a_class_that_goes_leaves_its_datasets_unclaimed(known):
    new = replace(OLD, version=2, classes=OLD.classes[1:])
    assert set(consequences(known, new).values()) == {Consequence.UNCLASSIFIED}
    assert "class plain: the class: there becomes gone" in map(str, changes_between(OLD, new))


def test_nothing_that_is_alike_differs(known):
    assert consequences(known, replace(OLD, version=2, title="another title")) == {}


def test_every_kind_of_term_is_told_in_words():
    kind = replace(PLAIN, status=Status.PLACEHOLDER, controllers=("north",), clause="9.9",
                   rule=replace(PLAIN.rule, cut_off=((3, 31),), destroy_by=None))  # fmt: skip
    new = replace(OLD, version=2, in_force_until=None, classes=(kind, *OLD.classes[1:]),
                  disposal=replace(OLD.disposal, lead=P("P6M")), events=OLD.events[:1])  # fmt: skip
    assert [str(each) for each in changes_between(OLD, new)] == [
        "agreement: in force until: 30 June 2027 becomes nothing",
        "disposal: lead: 90 days becomes six months",
        "event licence-ended: the event: there becomes gone",
        "class plain, clause 9.2 → 9.9: status: signed becomes placeholder",
        "class plain, clause 9.2 → 9.9: controllers: nothing becomes north",
        "class plain, clause 9.2 → 9.9: cut off: none becomes the end of the financial year",
        "class plain, clause 9.2 → 9.9: destroyed by: eleven years becomes nothing",
    ]


def test_diff_says_what_differs_and_what_it_does(known, ask, tmp_path):
    new = replace(changed(keep_at_least=P("P3Y")), in_force_from=date(2027, 7, 1))
    library = {1: OLD, 2: new}
    known.library.agreement = lambda reference, version: library[version]
    same("diff.txt", ask(known, "diff", "EACH/v1", "EACH/v2"), tmp_path)
    found = json.loads(ask(known, "diff", "EACH/v1", "EACH/v2", "--json"))
    assert list(found) == ["old", "new", "as_at", "terms", "datasets"]
    row = next(r for r in found["datasets"] if r["dataset"] == "EACH/plain/2022")
    assert row["becomes"] == "due at once"
    assert row["due_on"] == ["2027-07-01", "2025-07-01"]
    assert sum(r["size_bytes"] for r in found["datasets"]) == 13_000


def test_versions_are_named_as_their_files_are(known, ask):
    with pytest.raises(AgreementError):
        ask(known, "diff", "EACH/1", "EACH/v2", exit_code=1)


def status(here, ask, *arguments):
    lines = json.loads(ask(here, "status", "--json", *arguments))
    return {line["what"]: line for line in lines}


def test_status_shows_what_waits_every_day(each, ask):
    found = status(each, ask)
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
    assert status(each, ask, "--as-at", "2026-03-31")["expired, unconfirmed"]["how_many"] == 0


def test_status_counts_what_due_counts(each, ask):
    found = status(each, ask)
    records = json.loads(ask(each, "due", "--json"))
    gone = {"residual", "closed", "disposed"}
    eligible = [r for r in records if r["eligible"] and r["state"] not in gone]
    assert found["may be reviewed"]["how_many"] == len(eligible)
    held = [r for r in records if r["holds"] and r["state"] not in gone]
    assert found["held"]["how_many"] == len(held)


def test_a_quiet_day_is_a_short_screen(ask):
    calm = Foreseen(Versions())
    calm.library.people = lambda: ()
    said = ask(calm, "status")
    assert "!" not in said
    assert len(said.splitlines()) < 12
    assert "overdue" in ask(calm, "status", "--all")


def test_a_failed_survey_that_was_made_good_is_no_longer_failed(each, ask):
    each.survey("OVER")
    assert status(each, ask)["surveys that failed"]["how_many"] == 0


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
