"""What is wrong with a store, found from what it says of itself and what agreements want of it."""

from dataclasses import replace

import pytest

from retention.agreements import read
from retention.domain.agreement import CheckedBy, Copy
from retention.domain.finding import FindingKind as K
from retention.domain.finding import Severity
from retention.domain.pattern import Pattern
from retention.domain.store import Store
from retention.errors import StoreRefusedError
from retention.ports.probe import Capabilities
from retention.ports.progress import NoProgress
from retention.steps.stores import ask_stores, findings_of
from retention.views.stores import OF_FIELD, rows
from tests.support.cast import agreement
from tests.support.policies import changed, contract
from tests.support.stores import GOOD as ANY_GOOD

GOOD = replace(ANY_GOOD, object_lock=False, encryption="aws:kms key/1")
RECORDS = Store("records", "s3://records/")
LISTED = replace(RECORDS, inventory="s3://lists/records/")


def said(store=RECORDS, agreements=None, **changes):
    """Return the findings as (kind, about, detail)."""
    found = findings_of(store, replace(GOOD, **changes), agreements or [agreement()])
    return [(each.kind, each.about, each.detail) for each in found]


def test_of_a_store_that_is_as_it_should_be_nothing_is_found():
    assert said() == []
    assert said(agreements=[replace(agreement(), regions=("EU-West-2", "uksouth"))]) == []
    assert said(LISTED, inventories=("s3://lists/records/daily/",)) == []
    assert said(object_lock=True) == []


@pytest.mark.parametrize(
    ("changes", "kind", "detail"),
    [
        ({"versioning": "off"}, K.NOT_VERSIONED, ""),
        ({"versioning": "suspended"}, K.VERSIONING_SUSPENDED, ""),
        ({"mfa_delete": True}, K.MFA_DELETE, ""),
        ({"encryption": ""}, K.NOT_ENCRYPTED, "it encrypts nothing by itself"),
        ({"public": ("policy", "acl")}, K.PUBLIC, "by its policy and by its access list"),
        ({"expires": ("old: uploads", "x: markers")}, K.EXPIRES_BY_ITSELF,
         "old: uploads; x: markers"),
        ({"surveyor_can": ("delete",)}, K.SURVEYOR_COULD_DESTROY, "delete versions"),
        ({"surveyor_can": ("delete", "abort")}, K.SURVEYOR_COULD_DESTROY,
         "delete versions and abort uploads"),
        ({"lock_default": "GOVERNANCE P30D"}, K.LOCKED_BY_DEFAULT, "GOVERNANCE, for 30 days"),
        ({"lock_default": "COMPLIANCE P7Y"}, K.LOCKED_BY_DEFAULT, "COMPLIANCE, for seven years"),
        ({"lock_default": "WORM"}, K.LOCKED_BY_DEFAULT, "WORM"),
        ({"unknown": {"encryption": "AccessDenied", "lock_default": "NotSaid"}}, K.NOT_ANSWERED,
         "encryption (AccessDenied), lock default (NotSaid)"),
    ],
)  # fmt: skip
def test_what_is_wrong_whoever_has_data_there(changes, kind, detail):
    assert said(**changes) == [(kind, "", detail)]


@pytest.mark.parametrize("field", [f for f in Capabilities.__dataclass_fields__ if f != "unknown"])
def test_what_is_not_known_is_neither_right_nor_wrong(field):
    agreed = [replace(agreement(), regions=("eu-west-2",))]
    assert said(LISTED, agreed, **{"inventories": (LISTED.inventory,), field: None}) == []


def test_a_place_outside_the_regions_is_held_against_each_agreement_that_names_some():
    first = replace(agreement(), regions=("eu-west-2", "uksouth"))
    silent = replace(agreement(), reference="SILENT")
    elsewhere = replace(first, reference="ELSEWHERE", classes=())
    second = replace(first, reference="SECOND", regions=("eu-north-1",))
    found = said(agreements=[first, silent, elsewhere, second], region="us-east-1")
    assert found == [
        (K.OUT_OF_REGION, "INV", "it lies in us-east-1; agreed: eu-west-2, uksouth"),
        (K.OUT_OF_REGION, "SECOND", "it lies in us-east-1; agreed: eu-north-1"),
    ]
    assert said(agreements=[first], region="uksouth") == []


def test_the_regions_of_a_file_are_those_of_its_agreement():
    assert read(contract()).every[0].regions == ("eu-west-2", "uksouth")
    without = changed('regions      = ["eu-west-2", "uksouth"]', "")
    assert read(without).every[0].regions == ()


@pytest.mark.parametrize(
    ("store", "concerned"),
    [
        (RECORDS, True),
        (Store("a part", "s3://records/patient/"), True),
        (Store("a part of the datasets", "s3://records/patient/2019/"), True),
        (Store("another part", "s3://records/tmp/"), False),
        (Store("like it by name", "s3://records-of-others/"), False),
        (Store("a copy", "s3://backup/"), True),
    ],
)
def test_an_agreement_is_concerned_where_its_data_or_their_copies_lie(store, concerned):
    agreed = [replace(agreement(), regions=("eu-west-2",))]
    found = said(store, agreed, region="us-east-1")
    assert [kind for kind, _, _ in found] == [K.OUT_OF_REGION] * concerned


def with_copies(*copies):
    base = agreement()
    (kind,) = base.classes
    other = replace(kind, name="other", copies=())
    return [replace(base, classes=(replace(kind, copies=copies), other))]


THERE = Pattern.parse("s3://offsite/patient/{round:[0-9]{4}}/")


def test_a_place_that_it_copies_to_is_a_declared_copy_or_a_finding():
    to = ("s3://offsite/",)
    declared = Copy("replica", CheckedBy.ENGINE, THERE)
    by_provider = Copy("backup", CheckedBy.PROVIDER, THERE)
    for copy in (declared, by_provider):
        assert said(agreements=with_copies(copy), replicates_to=to) == [
            (K.REPLICATES_ELSEWHERE, "INV", "to s3://offsite/, which is no copy of other")
        ]
    in_words = Copy("replica", CheckedBy.PROVIDER, where="offsite")
    assert said(agreements=with_copies(in_words), replicates_to=to) == [
        (K.REPLICATES_ELSEWHERE, "INV", "to s3://offsite/, which is no copy of patient, other")
    ]
    first = with_copies(declared)[0]
    only = replace(first, classes=first.classes[:1])
    assert said(agreements=[only], replicates_to=to) == []
    # The copy of a class whose data lie elsewhere makes no copy of what lies here.
    away = Pattern.parse("s3://elsewhere/{round:[0-9]{4}}/")
    elsewhere = replace(first.classes[0], name="elsewhere", datasets=(away,))
    both = replace(first, classes=(elsewhere, first.classes[1]))
    assert said(agreements=[both], replicates_to=to) == [
        (K.REPLICATES_ELSEWHERE, "INV", "to s3://offsite/, which is no copy of other")
    ]


def test_a_store_of_nobody_that_copies_itself_is_a_finding_too():
    found = said(Store("spare", "s3://spare/"), replicates_to=("s3://offsite/",))
    assert found == [(K.REPLICATES_ELSEWHERE, "", "to s3://offsite/")]


@pytest.mark.parametrize(
    ("made", "detail"),
    [((), ""), (("s3://lists/of/records/daily/",), "it makes s3://lists/of/records/daily/")],
)
def test_an_inventory_that_is_to_be_read_and_is_not_made_there(made, detail):
    assert said(LISTED, inventories=made) == [(K.NO_INVENTORY, "", detail)]
    assert said(RECORDS, inventories=made) == []


def test_the_worst_comes_first():
    found = findings_of(
        LISTED,
        Capabilities(versioning="off", lock_default="GOVERNANCE P1D", inventories=(), public=("acl",),
                     unknown={"region": "NotSaid"}),
        [agreement()],
    )  # fmt: skip
    assert [each.severity for each in found] == sorted(
        (each.severity for each in found), key=list(Severity).index
    )
    assert [each.kind for each in found] == [
        K.NOT_VERSIONED, K.PUBLIC, K.NO_INVENTORY, K.LOCKED_BY_DEFAULT, K.NOT_ANSWERED,
    ]  # fmt: skip


class Probed:
    """Stores that say what a test gives them; a place without words is missing."""

    def __init__(self, says):
        self.says = says

    def capabilities(self, place):
        if place not in self.says:
            raise StoreRefusedError("the store refused: NoSuchBucket", hint="compare the place")
        return self.says[place]


def test_a_store_that_fails_is_a_finding_and_the_others_are_asked():
    other = Store("spare", "s3://spare/")
    probes = Probed({"s3://spare/": GOOD})
    stores = [RECORDS, other]
    failed, good = ask_stores(stores, [agreement()], probes=probes, progress=NoProgress())
    (finding,) = failed.findings
    assert (finding.kind, finding.store) == (K.STORE_FAILED, "records")
    assert finding.detail == "the store refused: NoSuchBucket"
    assert (failed.says, failed.agreements) == (None, ("INV",))
    assert (good.says, good.findings, good.agreements) == (GOOD, (), ())


def test_every_answer_is_told_in_words_and_what_is_not_known_as_such():
    told = {row.field: row.answer for row in rows(GOOD)}
    assert told.keys() == Capabilities.__dataclass_fields__.keys() - {"unknown"}
    assert told == {
        "versioning": "kept",
        "mfa_delete": "not needed",
        "object_lock": "off",
        "lock_default": "nothing",
        "encryption": "aws:kms key/1",
        "region": "eu-west-2",
        "public": "no",
        "replicates_to": "nowhere",
        "expires": "nothing",
        "inventories": "none of all versions",
        "surveyor_can": "destroy nothing",
    }
    unknown = dict.fromkeys(told, "AccessDenied")
    for row in rows(Capabilities(unknown=unknown)):
        assert (row.answer, row.known) == ("not known (AccessDenied)", False)
    partly = replace(GOOD, public=("policy",), unknown={"public": "AccessDenied"})
    row = next(row for row in rows(partly) if row.field == "public")
    assert row.answer == "by its policy; the rest is not known (AccessDenied)"
    assert not row.known


def test_every_finding_about_an_answer_marks_that_answer():
    of_itself = {
        *(K.NOT_VERSIONED, K.VERSIONING_SUSPENDED, K.MFA_DELETE, K.NOT_ENCRYPTED, K.OUT_OF_REGION),
        *(K.PUBLIC, K.REPLICATES_ELSEWHERE, K.EXPIRES_BY_ITSELF, K.SURVEYOR_COULD_DESTROY),
        *(K.LOCKED_BY_DEFAULT, K.NO_INVENTORY),
    }
    assert OF_FIELD.keys() == of_itself
    assert set(OF_FIELD.values()) <= Capabilities.__dataclass_fields__.keys()
