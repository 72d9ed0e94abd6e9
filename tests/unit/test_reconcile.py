"""What does not fit between stores and agreements, and what of it is raised."""

from dataclasses import replace

import pytest

from retention.cli.findings import page, require_none_of
from retention.domain.finding import TABLE, Finding, FindingKind, Severity
from retention.domain.pattern import Pattern
from retention.domain.store import spots_of
from retention.errors import RefusedError, StoreError
from retention.ports.progress import NoProgress
from retention.steps.dark import dark_folders
from retention.steps.incidents import every_incident
from retention.steps.reconcile import Reconciling, reconcile
from retention.steps.record.closing import plan_closing
from retention.steps.stores import ask_store
from tests.support.recording import change_class, surveyed_world
from tests.support.stores import GOOD
from tests.support.world import World

DARK = "dark/mary-example/"  # an invented name
IN_STORE = {"dr": "s3://dr/", "records": "s3://records/", "backup": "s3://backup/"}


@pytest.fixture
def world():
    return surveyed_world()


def found(world, **ports):
    """Survey once more, and return what does not fit."""
    world.clock.step(hours=1)
    world.survey()
    return reconciled(world, **ports)


def reconciled(world, **ports):
    agreements = [world.library.now]
    asked = Reconciling(
        catalogue=world.catalogue,
        ledger=world.ledger,
        evidence=world.evidence,
        lister=world.store,
        clock=world.clock,
        progress=NoProgress(),
        probed=lambda store: ask_store(store, agreements, probes=world.store).findings,
    )
    terms = world.library.terms(world.clock.today())
    return reconcile(terms, world.stores, replace(asked, **ports))


def kinds(findings):
    return [(each.kind.value, each.store, each.about) for each in findings]


def raised(world):
    return [(each.kind, each.dataset, each.is_personal) for each in every_incident(world.ledger)]


def test_an_estate_in_order_has_no_findings(world):
    assert found(world) == []
    assert raised(world) == []


# Dark


def test_dark_data_are_reported_after_two_surveys(world):
    world.put(f"{DARK}a", b"12345")
    world.put(f"{DARK}b", b"6789")
    assert found(world) == []
    (dark,) = found(world)
    assert kinds([dark]) == [("dark", "records", "")]
    assert (dark.rows, dark.size_bytes) == (2, 9)
    assert dark.detail == "1 folder below s3://records/"
    assert "mary" not in repr(dark)
    assert raised(world) == [("dark", "store:records", True)]


def test_dark_data_that_went_are_reported_no_more(world):
    world.put(f"{DARK}a")
    found(world)
    assert found(world)
    for each in [v for v in world.buckets["records"].held if v.key.startswith("dark")]:
        world.buckets["records"].held.discard(each)
    assert found(world) == []


def test_an_incident_that_was_closed_is_raised_for_later_dark_data_alone(world):
    world.put(f"{DARK}a")
    found(world)
    found(world)
    world.record(plan_closing, every_incident(world.ledger)[-1].number, ["nobody"], by="dpo-01")
    found(world)
    assert len(raised(world)) == 1
    world.clock.step(days=2)
    world.put("other/b")
    found(world)
    found(world)
    assert len(raised(world)) == 2


def test_a_folder_named_like_somebody_is_no_dataset_and_is_raised_at_once(world):
    place = Pattern.parse("s3://records/patient/{round}/")
    change_class(world, datasets=(place,), copies=())
    world.put("patient/943 476 5919/a")  # the number of the NHS's own examples
    findings = [f for f in found(world) if f.kind is FindingKind.NAMES_SOMEBODY]
    assert kinds(findings) == [("names-somebody", "records", "")]
    assert ("names-somebody", "store:records", True) in raised(world)
    everything = repr((findings, world.ledger.records, list(world.catalogue.strays())))
    assert "5919" not in everything
    assert "5919" not in repr(list(world.catalogue.holdings()))


def test_folders_are_named_to_whoever_asks_and_kept_nowhere(world):
    world.put(f"{DARK}a", b"12345")
    world.put("patient/2019x/b", b"67")
    world.put("loose", b"8")
    store = next(each for each in world.stores if each.name == "records")
    spots = spots_of([world.library.now])
    before = len(world.ledger.records)
    folders, rest = dark_folders(store, spots, sweeps=world.store, progress=NoProgress())
    assert [(each.folder, each.totals.rows, each.totals.size_bytes) for each in folders] == [
        ("", 1, 1),
        ("dark/", 1, 5),
        ("patient/2019x/", 1, 2),
    ]
    assert rest == 0
    assert len(world.ledger.records) == before
    assert list(world.catalogue.strays()) == []


def test_folders_beyond_a_thousand_are_counted_and_not_named(world, monkeypatch):
    monkeypatch.setattr("retention.steps.dark.FOLDERS_MAX", 3)
    for number in range(9):
        world.put(f"dark-{number}/a")
    store = next(each for each in world.stores if each.name == "records")
    spots = spots_of([world.library.now])
    folders, rest = dark_folders(store, spots, sweeps=world.store, progress=NoProgress())
    assert (len(folders), rest) == (3, 6)


def test_a_list_of_findings_says_what_mends_them_once_for_each_kind(world):
    for copy in ("records", "dr"):
        world.put(f"{DARK}a", b"x" * 1234, copy=copy)
    found(world)
    shown = list(page(found(world)))
    assert sum("What to do:" in line for line in shown) == 1
    assert [line.split()[:4] for line in shown if "folder below" in line] == [
        ["dr", "1", "1.23", "kB"],
        ["records", "1", "1.23", "kB"],
    ]
    assert shown[-1] == "2 warning"


@pytest.mark.parametrize(
    ("fail_on", "fails"), [("severe", False), ("warning", True), ("note", True)]
)
def test_a_monitor_learns_of_findings_as_bad_as_it_asks(fail_on, fails):
    findings = [Finding(FindingKind.DARK, "records")]
    if fails:
        with pytest.raises(RefusedError, match=f"1 finding as bad as {fail_on}"):
            require_none_of(findings, fail_on)
    else:
        require_none_of(findings, fail_on)
    require_none_of(findings, None)
    require_none_of([], fail_on)


# Copies


def test_a_copy_that_nobody_declared_is_known_by_its_content(world):
    for number in range(8):
        world.put(f"patient/2019/{number}", b"content %d" % number)
        world.put(f"tmp/copy/{number}", b"content %d" % number)
    (copy,) = found(world)
    assert kinds([copy]) == [("undeclared-copy", "records", "INV/patient/2019")]
    assert copy.rows == 8
    assert raised(world) == [("undeclared-copy", "INV/patient/2019", True)]


def test_a_copy_in_another_store_is_known_too(world):
    for number in range(8):
        world.put(f"patient/2019/{number}", b"content %d" % number)
        world.put(f"old/{number}", b"content %d" % number, copy="dr")
    assert kinds(found(world)) == [("undeclared-copy", "dr", "INV/patient/2019")]


# Agreements


def test_an_agreement_without_data_is_found_once_its_stores_were_surveyed():
    world = World()
    world.put("readme")
    world.survey()
    assert ("no-data", "records", "INV/patient/") in kinds(reconciled(world))
    world.store.denied.add("dr")
    world.catalogue = type(world.catalogue)()
    with pytest.raises(StoreError):
        world.survey()
    assert "no-data" not in {each.kind.value for each in reconciled(world)}


def test_what_is_kept_too_long_is_summed_up_by_class(world):
    world.clock.step(days=365 * 9)
    late = [f for f in found(world) if f.kind is FindingKind.PAST_DESTROY_BY]
    assert kinds(late) == [("past-destroy-by", "", "INV/patient/")]
    assert late[0].datasets >= 1
    assert late[0].severity is Severity.SEVERE


# After a disposal


@pytest.fixture
def disposed():
    world = surveyed_world(("2019",))
    proposal = world.propose_all()
    before = sorted(world.buckets["records"].held)
    world.approve(proposal)
    world.clock.step(days=8)
    world.survey()
    world.dispose(proposal)
    world.check_gone(proposal)
    world.backups_age_out()
    world.survey()
    assert reconciled(world) == [Finding(FindingKind.NO_DATA, "records", "INV/patient/",
                                         "below s3://records/patient/")]  # fmt: skip
    return world, before


def test_what_was_seen_before_the_disposal_has_not_come_back():
    world = surveyed_world(("2019",))
    proposal = world.propose_all()
    world.approve(proposal)
    world.clock.step(days=8)
    world.survey()
    world.dispose(proposal)
    world.check_gone(proposal)
    known = [h.dataset for h in world.catalogue.holdings() if h.kind == "primary"]
    assert known == ["INV/patient/2019"], "the last survey is older than the disposal"
    findings = reconciled(world)
    assert not [f for f in findings if f.about == "INV/patient/2019"]


def after(world):
    world.clock.step(days=1)
    findings = [f for f in found(world) if f.about == "INV/patient/2019"]
    return [(f.kind.value, f.detail) for f in findings]


def test_something_else_in_its_place_is_listed_after_disposal(disposed):
    world, _ = disposed
    world.put("patient/2019/new", b"nothing like it")
    assert after(world) == [("listed-after-disposal", "nothing of the manifest is among it")]
    assert raised(world) == [("listed-after-disposal", "INV/patient/2019", True)]


def test_the_same_version_is_a_resurrection(disposed):
    world, before = disposed
    world.buckets["records"].held.add(before[0])
    assert after(world) == [("resurrection", "the same versions")]
    assert ("resurrection", "INV/patient/2019", True) in raised(world)


def test_the_same_content_under_another_name_is_a_resurrection(disposed):
    world, _ = disposed
    world.put("patient/2019/restored", b"second")  # as World.fill wrote it
    assert after(world) == [("resurrection", "the same checksums")]


def test_the_same_key_is_a_resurrection(disposed):
    world, before = disposed
    world.put(before[0].key, b"written anew")
    assert after(world) == [("resurrection", "the same keys")]


def test_without_its_key_a_manifest_compares_nothing_and_it_is_said(disposed):
    world, before = disposed
    for digest in list(world.evidence.sealed):
        world.evidence.lose_key(digest)
    world.buckets["records"].held.add(before[0])
    assert after(world) == [
        (
            "listed-after-disposal",
            "the manifest can no longer be read, so nothing can be compared",
        )
    ]


# Stores


def test_data_that_lie_there_unencrypted_are_found_by_class_whatever_the_default(world):
    class Bare(type(world.store)):
        def look(self, place, version, *, locks):
            return replace(super().look(place, version, locks=locks), encryption="")

    world.store.__class__ = Bare
    assert ("not-encrypted", "records", "INV/patient/") in kinds(found(world))
    assert ("not-encrypted", "store:records", True) in raised(world)


def test_data_outside_the_agreed_regions_are_raised(world):
    world.library.now = replace(world.library.now, regions=("eu-west-1",))
    assert ("out-of-region", "records", "INV") in kinds(found(world))
    assert ("out-of-region", "store:records", True) in raised(world)


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ({"versioning": "off"}, "not-versioned"),
        ({"encryption": ""}, "not-encrypted"),
        ({"public": ("policy",)}, "public"),
        ({"replicates_to": ("s3://elsewhere/",)}, "replicates-elsewhere"),
        ({"expires": ("current versions",)}, "expires-by-itself"),
        ({"surveyor_can": ("delete",)}, "surveyor-could-destroy"),
    ],
)
def test_what_a_store_says_of_itself_is_among_the_findings(world, said, kind):
    world.store.said = replace(GOOD, **said)
    assert {each.kind.value for each in found(world)} == {kind}
    assert len(raised(world)) == (3 if kind in INCIDENTS else 0)
    found(world)
    assert len(raised(world)) == (3 if kind in INCIDENTS else 0), "an incident is raised once"


INCIDENTS = {"not-encrypted", "public", "replicates-elsewhere"}


def test_a_store_that_fails_says_how_old_its_last_good_survey_is(world):
    world.store.denied.add("dr")
    world.clock.step(days=1)
    with pytest.raises(StoreError):
        world.survey()
    findings = reconciled(world, probed=lambda _store: [])
    assert kinds(findings) == [("store-failed", "dr", "")]
    assert findings[0].detail == "last good survey: of 2 November 2026, listing"


def test_a_store_that_nobody_surveyed_for_days_is_found(world):
    world.clock.step(days=2)
    assert reconciled(world) == []
    world.clock.step(days=1)
    assert {each.kind.value for each in reconciled(world)} == {"not-surveyed"}


def test_a_store_that_looks_empty_is_found_until_somebody_says_it_is(world):
    world.buckets["dr"].held.clear()
    world.clock.step(hours=1)
    with pytest.raises(StoreError):
        world.survey()
    assert kinds(reconciled(world)) == [("looks-empty", "dr", "")]
    world.clock.step(hours=1)
    world.record(plan_closing, every_incident(world.ledger)[-1].number, ["nobody"], by="dpo-01")
    assert found(world) == []


# The list


def test_every_kind_has_words_and_a_remedy():
    assert set(TABLE) == set(FindingKind)
    for kind in FindingKind:
        said = Finding(kind, "records")
        assert said.words
        assert said.remedy
        assert said.words[-1] != "."


def test_the_worst_come_first(world):
    world.put(f"{DARK}a")
    world.store.said = replace(GOOD, public=("policy",), lock_default="GOVERNANCE P30D")
    found(world)
    findings = found(world)
    order = list(Severity)
    ranks = [order.index(each.severity) for each in findings]
    assert ranks == sorted(ranks)
    assert {each.severity for each in findings} == set(Severity)


def test_asking_twice_changes_nothing(world):
    world.put(f"{DARK}a")
    found(world)
    found(world)
    before = len(world.ledger.records)
    assert reconciled(world) == reconciled(world)
    assert len(world.ledger.records) == before
